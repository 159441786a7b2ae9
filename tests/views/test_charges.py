"""The spending page: what was spent, which limit applies, and the export."""

from typing import Any

import pytest

from catalog.models import AuditEntry, Budget, Charge, Synthesis, Voice
from catalog.queries.syntheses.sample_texts import find_sentences
from tests import factories
from tests.views.conftest import PARTIAL, Page

FIRST = len(find_sentences("en")[0])


@pytest.fixture
def voice(cast: Any) -> Voice:
    return factories.make_voice(cast.account, "Rachel")


def test_admin_sees_everyones_spending_by_provider_person_and_voice(ana, cast, voice):
    factories.make_charge(cast.mia, voice)
    factories.make_charge(cast.ana, voice, quantity=300, state="unclear")
    factories.make_charge(cast.ana, voice, quantity=50, state="none")
    priced = {"kind": "clone", "unit": "voices", "currency": "USD", "voice_name": "Our Ada"}
    priced |= {"quantity": 1, "estimated": "1.5"}
    factories.make_charge(cast.ana, voice, provider="stepfun", **priced)
    factories.make_charge(cast.mia, voice, provider="noiz", quantity=5, price=None, estimated=None)

    page = Page(ana.get("/team/spending/"))

    total = "405 characters and 1 clone were used. Known prices come to $1.50 and 400 credits."
    assert f"{total} The price of the rest isn't stated." in page.text
    assert "1 call had no answer" in page.text
    text = " ".join(page.text.split())
    assert "ElevenLabs 400 0 400 credits" in text
    assert "Mia 105 0 100 credits. The rest isn't stated." in text
    assert "Noiz 5 0 Not stated" in text
    assert "StepFun · Our Ada 0 1 $1.50" in text


def test_admin_settles_an_unclear_call_by_hand_with_a_reason_in_the_log(ana, mia, cast, voice):
    lost = [factories.make_charge(cast.mia, voice, state="unclear") for _ in range(2)]
    address = "/team/spending/{}/settle/".format

    page = Page(ana.get("/team/spending/"))
    nameless = ana.post(address(lost[0].pk), {"decision": "none", "reason": ""})
    for charge, decision in zip(lost, ("charged", "none"), strict=True):
        ana.post(address(charge.pk), {"decision": decision, "reason": "Not on the invoice."})
    again = ana.post(address(lost[0].pk), {"decision": "none", "reason": "Or was it?"}, follow=True)

    assert "ElevenLabs · Rachel" in page.text
    assert "Mia · Speech · 100 characters" in page.text
    assert not Page(mia.get("/team/spending/")).find("form", action=address(lost[0].pk))
    assert nameless.status_code == 422
    assert Page(nameless).find("input", id=f"reason-{lost[0].pk}", aria_invalid="true")
    assert [Charge.objects.get(pk=each.pk).state for each in lost] == ["charged", "none"]
    assert "This call is settled already." in Page(again).text
    assert "100 characters and 0 clones were used." in Page(again).text
    assert "Unclear calls" not in Page(again).text
    entries = AuditEntry.objects.filter(action="charge settled").order_by("number")
    assert [each.reason for each in entries] == ["Not on the invoice."] * 2


def test_member_sees_only_their_own_spending(mia, cast, voice):
    factories.make_charge(cast.mia, voice)
    factories.make_charge(cast.ana, voice, quantity=300)

    page = Page(mia.get("/team/spending/"))

    assert "100 characters and 0 clones were used." in " ".join(page.text.split())
    assert "By person" not in page.text
    assert not page.find("select", name="whose")
    export = mia.post("/team/spending/export/", {}).getvalue().decode()
    assert len(export.splitlines()) == 2
    assert "https://example.com, read on 2026-11-21" in export
    assert ",100,characters,1,credits," in export
    assert ",100,,,Charged" in export


def test_admin_sets_a_limit_and_the_page_says_which_applies(ana, cast, voice):
    factories.make_charge(cast.ana, voice, quantity=40)
    form = {"whose": "each", "unit": "characters", "warn_at": "", "most": "50"}

    assert ana.post("/team/limits/", form).status_code == 302

    page = Page(ana.get("/team/spending/"))
    assert "Your limit applies now: 40 of 50 characters used. It resets on" in page.text
    wrong = Page(ana.post("/team/limits/", form | {"warn_at": "60"}))
    assert "at most the number at which spending stops" in wrong.text


def test_at_the_limit_generating_is_off_with_the_reason_and_clips_still_play(mia, cast, voice):
    clip = factories.make_spoken_clip(voice, b"RIFF")
    factories.make_speech(cast.mia, voice, state="done", step="confirmed", clip=clip)
    Budget.objects.create(team=cast.aurora, scope="each", unit="characters", most=10)
    factories.make_charge(cast.mia, voice, quantity=10)

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert "Your limit of 10 characters a month is reached. It resets on" in page.text
    assert page.find("button", **{"class": "btn primary"})[0].keys() >= {"disabled"}
    assert any("data-src" in attrs or "play" in attrs.get("class", "") for _, attrs in page.tags)
    assert mia.post(f"/voices/{voice.pk}/speak/", {"text": "Hello there."}).status_code == 302


def test_text_beyond_what_is_left_is_refused_with_one_sentence_before_and_after(mia, cast, voice):
    Budget.objects.create(team=cast.aurora, scope="each", unit="characters", most=20)
    address, words = f"/voices/{voice.pk}/speak/", "your limit leaves 20 characters until"
    long, short = {"text": "x" * 21}, {"text": "x" * 20}

    first = Page(mia.get(f"/voices/{voice.pk}/"))
    before = Page(mia.post(f"{address}estimate/", long, headers=PARTIAL))
    pressed = Page(mia.post(address, long, headers=PARTIAL))
    without_script = Page(mia.post(address, long))
    fitting = Page(mia.post(f"{address}estimate/", short, headers=PARTIAL))

    pages = {before: True, pressed: True, without_script: False, fitting: False}
    for page, is_off in pages.items():
        [button] = page.find("button", id="speak")
        assert ("disabled" in button) == is_off
        assert button["aria-describedby"] == "estimate"
        assert page.text.count(words) == (page is not fitting)
    # With script, the page asks at once whether its sentence fits. Without, the button stays on.
    assert first.find("button", id="speak", disabled="") == []
    assert ", load" in first.find("button", formaction=f"{address}estimate/")[0]["hx-trigger"]
    # The generated preview and the text below it say the same of the same sentence.
    assert f"No preview. This needs {FIRST} characters, but {words}" in first.text
    assert not Synthesis.objects.exists()


def test_preview_whose_clip_exists_is_free_at_a_limit(mia, cast, voice):
    Budget.objects.create(team=cast.aurora, scope="each", unit="characters", most=0)
    sentence, path = find_sentences("en")[0], f"/voices/{voice.pk}/speak/preview/"

    assert not Page(mia.get(f"/voices/{voice.pk}/")).find("button", formaction=path)
    factories.make_spoken_clip(voice, b"RIFF", sentence)
    assert Page(mia.get(f"/voices/{voice.pk}/")).find("button", formaction=path)


def test_voices_of_a_blind_comparison_are_not_named(ana, cast, voice, wakes):
    other = factories.make_voice(cast.account, "Domi")
    comparison = factories.make_comparison(cast.ana, [voice, other], "Hello.", is_blind=True)
    speech = comparison.entries.get(voice=voice).speech
    factories.make_charge(cast.ana, voice, work=speech.pk)
    factories.make_charge(cast.ana, other)

    factories.make_charge(cast.ana, voice, work=speech.pk, fence=2, state="unclear")
    page = Page(ana.get("/team/spending/"))

    assert page.find("h3", id="unclear")
    export = ana.post("/team/spending/export/", {}).getvalue().decode().splitlines()
    assert sum(",ElevenLabs," in line for line in export) == 1
    assert "Voices in blind comparisons" in page.text
    assert "Rachel" not in page.text
    assert "Domi" in page.text
