"""What a speaker's pages say, in the language of the sentence that the speaker reads."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as format_date

from catalog.core.locales import current_locale
from catalog.models import ConsentRequest
from catalog.queries.consents.phrases import say_last_day, say_use

_ENGLISH = "en"
# "recorder" has the words of the recorder; English ones are in its template and its script.
_WORDING: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
)
# Isolated, because they may be right-to-left.
_NAMES = {"team", "asker", "speaker", "reason"}
_CHECKS = ("recording", "words", "speaker")


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language; ``other`` is the language that a link offers, if any."""

    language: str
    other: str = ""

    @property
    def other_name(self) -> str:
        """The name of the other language, in that language."""
        return str(_WORDING[self.other]["language"])

    @property
    def recorder(self) -> dict[str, str]:
        """The words of the recorder, as far as they aren't English."""
        words: dict[str, str] = _WORDING[self.language].get("recorder", {})
        return words

    def say(self, name: str, /, **values: object) -> str:
        """Return a sentence with these values."""
        marked = {
            each: f"\u2068{value}\u2069" if each in _NAMES else value
            for each, value in values.items()
        }
        return str(_WORDING[self.language][name]).format(**marked)

    def say_at(self, name: str, moment: datetime, /, **values: object) -> str:
        """Return a sentence with a moment, in the reader's time zone."""
        local = timezone.localtime(moment)
        clock = current_locale().clock if self.language == _ENGLISH else "H:i"
        zone = timezone.get_current_timezone_name()
        day, time = self.say_day(local.date()), format_date(local, clock)
        return self.say(name, day=day, time=time, zone=zone, **values)

    def say_day(self, day: date) -> str:
        """Return a day as the sentence does that the speaker reads."""
        return say_last_day(self.language, day)

    def say_use(self, request: ConsentRequest) -> str:
        """Return the allowed use as the sentence does, as a line of a list."""
        use = say_use(self.language, request.allowed_use, request.use_note).rstrip("、")
        return use[:1].upper() + use[1:]

    def say_state(self, request: ConsentRequest) -> str:
        """Return what became of the request."""
        is_withdrawn = request.withdrawal_asked_at is not None
        return self.say("state_withdrawn" if is_withdrawn else f"state_{request.state}")

    def say_problem(self, request: ConsentRequest) -> str:
        """Return why the recording wasn't accepted, "" if there is no such reason."""
        for name in _CHECKS:
            if request.problem and request.checks.get(name, {}).get("outcome") == "failed":
                return self.say(f"problem_{name}")
        return self.say("problem_reason", reason=request.problem) if request.problem else ""


def choose_wording(language: str, asked: str = "") -> Wording:
    """Return the wording for a request in this language, or English if that was asked for."""
    own = language.partition("-")[0]
    if own not in _WORDING or own == _ENGLISH:
        return Wording(_ENGLISH)
    return Wording(_ENGLISH, own) if asked == _ENGLISH else Wording(own, _ENGLISH)


def find_wording(accepted: str) -> Wording:
    """Return the wording for an Accept-Language header, English by default."""
    tags = (part.partition(";")[0].strip() for part in accepted[:400].lower().split(","))
    known = (tag.partition("-")[0] for tag in tags)
    return Wording(next((language for language in known if language in _WORDING), _ENGLISH))
