"""A speaker's pages say in the speaker's language what the sentence says that they read."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Consent, ConsentRequest
from catalog.queries.consents import wording
from catalog.queries.consents.phrases import LANGUAGE_CHOICES, make_phrase
from catalog.queries.consents.wording import choose_wording, find_wording

ROOT = Path(__file__).resolve().parents[2]
WORDING = json.loads(Path(wording.__file__).with_suffix(".json").read_text(encoding="utf-8"))
LANGUAGES = [language for language, _ in LANGUAGE_CHOICES]
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def list_places(sentences: dict[str, Any]) -> dict[str, list[str]]:
    """Return the placeholders of each sentence."""
    return {
        name: sorted(re.findall(r"{(\w*)}", words))
        for name, words in sentences.items()
        if isinstance(words, str)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_placeholders(language):
    assert list_places(WORDING[language]) == list_places(WORDING["en"])
    assert all(WORDING[language].values())


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_language_has_all_words_of_the_recorder(language):
    script = (ROOT / "static/js/recorder.js").read_text()
    template = (ROOT / "templates/parts/recorder.html").read_text()
    english = dict(re.findall(r'^  (\w+): "(.+)",$', script, re.MULTILINE))
    english |= dict(re.findall(r'words\.(\w+)\|default\("?([^")]+)', template))
    english |= dict(re.findall(r'\("(\w+)", "([\w ]+)", ', template))

    assert list_places(WORDING[language]["recorder"]) == list_places(english)


@pytest.mark.parametrize("use", Consent.Use.values)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_and_sentence_name_the_same_use_and_the_same_day(language, use):
    facts = {"allowed_use": use, "use_note": "Atlas", "ends_on": date(2027, 3, 4)}
    phrase = make_phrase(language, name="Ada", team="Aurora", **facts).text
    request, words = ConsentRequest(language=language, **facts), choose_wording(language)

    assert words.language == language
    assert words.say_use(request).casefold() in phrase.casefold()
    assert words.say_day(request.ends_on) in phrase


@pytest.mark.parametrize("state", ConsentRequest.State.values)
def test_every_state_has_words(state):
    request = ConsentRequest(state=state, withdrawal_asked_at=None)

    assert choose_wording("fr").say_state(request) == WORDING["fr"][f"state_{state}"]


def test_english_is_offered_beside_the_language_and_the_language_beside_english():
    assert (choose_wording("ja").language, choose_wording("ja").other) == ("ja", "en")
    assert (choose_wording("ja", "en").language, choose_wording("ja", "en").other_name) == (
        "en",
        "日本語",
    )
    assert choose_wording("en", "en").other == ""
    # A provider's own text may be in another language.
    assert choose_wording("ko").language == "en"


@pytest.mark.parametrize(
    ("accepted", "language"), [("ko, pt-BR;q=0.8, en", "pt"), ("*", "en"), ("", "en")]
)
def test_dead_link_is_explained_in_a_language_of_the_browser(accepted, language):
    assert find_wording(accepted).language == language
