"""Comparing voices: the tray, the cost, the page, and what a blind comparison reveals."""

import re
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.jobs.comparisons.anonymize import disguise_clip
from catalog.models import Budget, Comparison, Synthesis, Voice
from tests import factories
from tests.views.conftest import PARTIAL, Page

TEXT = "Hello there."


@pytest.fixture
def voices(cast) -> list[Voice]:
    return [factories.make_voice(cast.account, name) for name in ("Ann", "Bea", "Cem", "Dag")]


@pytest.fixture
def made(cast, voices, wav) -> Comparison:
    """A blind comparison of two voices whose clips are done, waiting for two votes."""
    comparison = factories.make_comparison(
        cast.mia, voices[:2], TEXT, is_blind=True, votes_wanted=2
    )
    for entry in comparison.entries.all():
        clip = factories.make_spoken_clip(entry.voice, wav, TEXT, loudness=-20.0 - entry.place * 6)
        Synthesis.objects.filter(pk=entry.speech_id).update(state="done", clip=clip)
        disguise_clip(str(entry.pk), factories.NOW)
    return comparison


def posted(voices: list[Voice], **changes) -> dict:
    return {"voice": [voice.pk for voice in voices], "text": TEXT, "agreed": "1000", **changes}


def test_the_tray_takes_eight_voices_and_says_why_not_nine(mia, cast, voices):
    many = [*voices, *(factories.make_voice(cast.account, name) for name in "EFGH")]
    for voice in many:
        mia.post(f"/tray/{voice.pk}/")
    ninth = factories.make_voice(cast.account, "Ida")

    part = Page(mia.post(f"/tray/{ninth.pk}/", headers=PARTIAL))
    page = Page(mia.get("/voices/"))

    assert "You can compare at most 8 voices" in part.text
    assert "Compare 8" in page.text
    assert page.find("button", id=f"cmp-{voices[0].pk}", aria_pressed="true")
    assert page.find("button", id=f"cmp-{ninth.pk}", aria_pressed="false")


def test_what_a_limit_forbids_is_said_once_and_turns_the_button_off(mia, cast, voices):
    Budget.objects.create(team=cast.aurora, scope="each", unit="characters", most=10)
    words = "your limit leaves 10 characters until"

    before = Page(mia.post("/compare/estimate/", posted(voices[:2]), headers=PARTIAL))
    pressed = Page(mia.post("/compare/", posted(voices[:2])))
    short = Page(mia.post("/compare/estimate/", posted(voices[:2], text="Hi!"), headers=PARTIAL))

    for page in (before, pressed):
        assert page.text.count(words) == 1
        assert page.find("button", aria_describedby="cost-limit", disabled="")
    assert not short.find("button", disabled="")
    assert not Comparison.objects.exists()


def test_several_texts_are_rounds_on_one_page(mia, voices, wakes):
    texts = {"text": "One.", "text_2": " ", "text_3": "Two."}
    cost = Page(mia.post("/compare/estimate/", posted(voices[:2], **texts), headers=PARTIAL))
    made = mia.post("/compare/", posted(voices[:2], **texts))["Location"]
    other = Comparison.objects.get(text="Two.")

    page = Page(mia.get(made))
    assert "2 texts, about 8 characters, charged by ElevenLabs." in cost.text
    assert "About 16 characters, charged for 2 voices." in cost.text
    assert "Text 2 of 2" in page.text
    assert len(page.ids) == len(set(page.ids))
    assert mia.get(f"/compare/{other.pk}/")["Location"] == f"{made}#text-2"
    assert Page(mia.get("/compare/")).find("a", href=made)
    assert "2 texts" in Page(mia.get("/compare/")).text
    assert not Page(mia.get("/compare/")).find("a", href=f"/compare/{other.pk}/")


def test_a_voice_can_be_removed_from_the_form_which_keeps_the_text(mia, voices):
    for voice in voices[:3]:
        mia.post(f"/tray/{voice.pk}/")
    form = Page(mia.get("/compare/"))
    assert form.find("button", name="without", value=str(voices[0].pk))

    posted_without = posted(voices[:3], text="Kept text.", without=str(voices[0].pk))
    page = Page(mia.post("/compare/estimate/", posted_without, headers=PARTIAL))

    left = [field["value"] for field in page.find("input", name="voice")]
    assert left == [str(voice.pk) for voice in voices[1:3]]
    assert "Kept text." in page.text
    assert "Compare 2" in Page(mia.get("/voices/")).text


def test_another_round_starts_with_the_same_voices_and_texts(cast, mia, voices):
    made = factories.make_comparison(cast.mia, voices[:2], "Up & down/1")
    factories.make_comparison(cast.mia, voices[:2], "Two.", first=made, place=1)

    page = Page(mia.get(f"/compare/{made.pk}/"))
    again = next(link["href"] for link in page.find("a") if "?v=" in link.get("href", ""))
    form = Page(mia.get(again))

    assert "Text for all voices Up & down/1" in " ".join(form.text.split())
    assert "Text 2 optional Two." in " ".join(form.text.split())
    assert form.find("details", open="")


def test_the_list_says_which_comparisons_wait_for_ones_vote(mia, ana, made):
    mia.post(f"/compare/{made.pk}/vote/", {"place": "0"})

    assert "Waiting for your vote" in Page(ana.get("/compare/")).text
    listed = Page(mia.get("/compare/")).text
    assert "Votes open" in listed
    assert "Waiting for your vote" not in listed


def test_a_text_that_is_too_long_is_named_wherever_it_is(mia, voices):
    response = mia.post("/compare/", posted(voices[:2], text_3="x" * 10_001))

    assert response.status_code == 422
    assert "at most 10,000 characters" in Page(response).text
    assert not Comparison.objects.exists()


def test_pressing_compare_again_removes_the_voice_and_clear_empties_the_tray(mia, voices):
    mia.post(f"/tray/{voices[0].pk}/")
    mia.post(f"/tray/{voices[1].pk}/")

    mia.post(f"/tray/{voices[0].pk}/")
    assert "Compare 1" in Page(mia.get("/voices/")).text

    part = Page(mia.post("/tray/clear/", headers=PARTIAL))
    assert part.find("section", id="tray", hidden="")


def test_the_cost_is_shown_per_voice_and_in_total(mia, voices, wav):
    factories.make_spoken_clip(voices[0], wav)

    response = mia.post("/compare/estimate/", posted(voices[:3]), headers=PARTIAL)

    page = Page(response)
    assert page.text.count("about 12 credits at ElevenLabs") == 2
    assert "Already generated, so this is free." in page.text
    assert "About 24 characters, charged for 2 voices." in page.text
    assert page.find("input", name="agreed", value="24")
    assert not Synthesis.objects.exists()


def test_starting_a_comparison_redirects_to_its_page(mia, voices, wakes):
    response = mia.post("/compare/", posted(voices[:3]))

    made = Comparison.objects.get()
    assert response["Location"] == f"/compare/{made.pk}/"
    assert [entry.voice.name for entry in made.entries.order_by("place")] == ["Ann", "Bea", "Cem"]
    page = Page(mia.get(f"/compare/{made.pk}/"))
    assert page.find("div", id="rounds", hx_get=f"/compare/{made.pk}/")
    assert "Cancel the rest" in page.text


def test_only_a_comparison_of_its_own_voices_empties_the_tray(mia, voices, wakes):
    for voice in voices[:2]:
        mia.post(f"/tray/{voice.pk}/")

    mia.post("/compare/", posted(voices[2:]))
    assert "Compare 2" in Page(mia.get("/voices/")).text

    mia.post("/compare/", posted(voices[:2]))
    assert Page(mia.get("/voices/")).find("section", id="tray", hidden="")


def test_a_cost_increase_is_shown_again_before_it_is_spent(mia, voices):
    response = mia.post("/compare/", posted(voices[:2], agreed="10"))

    page = Page(response)
    assert response.status_code == 422
    assert "The cost has gone up." in page.text
    assert page.find("input", name="agreed", value="24")


@pytest.mark.parametrize("text", ["", " ", "x" * 10_001])
def test_an_empty_or_too_long_text_is_rejected(mia, voices, text):
    response = mia.post("/compare/", posted(voices[:2], text=text))

    assert response.status_code == 422
    assert not Comparison.objects.exists()


def test_another_team_s_voices_cannot_be_compared(mia, cast, voices):
    foreign = factories.make_voice(cast.other_account, "Foreign")

    response = mia.post("/compare/", posted([voices[0], foreign]))

    assert response.status_code == 422
    assert "Foreign" not in Page(response).text


def test_a_blind_comparison_reveals_neither_voices_nor_providers(mia, ana, made, voices):
    pages = [mia.get(f"/compare/{made.pk}/"), mia.get(f"/compare/{made.pk}/", headers=PARTIAL)]
    pages += [mia.get("/compare/")]

    for response in pages:
        body = response.content.decode()
        # Form tokens are random letters, and a sample text can contain any name.
        shown = re.sub(r'<option.*?</option>|name="csrf\w+" value="\w+"', "", body)
        for revealing in ("Ann", "Bea", "ElevenLabs", "EL<", *(f"/voices/{v.pk}/" for v in voices)):
            assert revealing not in shown, revealing
        for speech in Synthesis.objects.all():
            assert str(speech.pk) not in body
    sound = mia.get(f"/compare/{made.pk}/0/audio/")
    assert sound["Content-Type"] == "audio/mpeg"
    assert unquote(sound["Content-Disposition"]).endswith("Voice A – comparison.mp3")
    assert b"".join(sound.streaming_content)[:4] != b"RIFF"
    for voice in voices[:2]:
        assert TEXT not in Page(mia.get(f"/voices/{voice.pk}/")).text.replace("Text", "")


def test_a_blind_clip_cannot_be_played_before_it_is_anonymized(mia, made):
    made.entries.filter(place=1).update(disguised_path="")

    page = Page(mia.get(f"/compare/{made.pk}/"))

    assert "Not ready yet" in page.text
    assert page.find("div", id="rounds", hx_trigger="every 1s")
    assert not page.find("button", aria_label="Vote for Voice B")
    assert mia.get(f"/compare/{made.pk}/1/audio/").status_code == 404


def test_after_the_reveal_the_provider_s_original_clip_is_served(mia, made):
    mia.post(f"/compare/{made.pk}/close/")

    sound = mia.get(f"/compare/{made.pk}/0/audio/")

    assert b"".join(sound.streaming_content)[:4] == b"RIFF"


def test_removing_a_clip_keeps_its_voice_and_votes_in_the_comparison(mia, made):
    mia.post(f"/compare/{made.pk}/vote/", {"place": 0})
    mia.post(f"/compare/{made.pk}/close/")
    speech = made.entries.get(place=0).speech

    mia.post(f"/syntheses/{speech.pk}/remove/")

    page = Page(mia.get(f"/compare/{made.pk}/"))
    assert "This clip was removed." in page.text
    assert "1 vote" in page.text
    assert mia.get(f"/compare/{made.pk}/0/audio/").status_code == 404


def test_names_and_votes_are_shown_when_all_votes_are_in(mia, ana, made):
    mia.post(f"/compare/{made.pk}/vote/", {"place": 1})

    after = Page(ana.post(f"/compare/{made.pk}/vote/", {"place": 1}, headers=PARTIAL))

    assert {"Ann", "Bea"} <= set(after.text.split())
    assert "2 votes" in after.text
    assert "Everyone in Aurora can listen." in after.text
    winner = made.entries.get(place=1).voice
    page = Page(mia.get(f"/voices/{winner.pk}/"))
    assert "2 of 2 votes in" in page.text


def test_louder_clips_are_turned_down_to_the_quietest(mia, made):
    page = Page(mia.get(f"/compare/{made.pk}/"))

    gains = [attrs["data-gain"] for tag, attrs in page.tags if "data-gain" in attrs]
    assert gains == ["0.501", "1.0"]


def test_a_viewer_can_listen_and_vote_but_not_start_a_comparison(cast, sign_in, made, voices):
    viewer = sign_in(factories.make_user("Vic", cast.aurora, "viewer"))

    assert viewer.post(f"/compare/{made.pk}/vote/", {"place": 0}).status_code == 302
    assert made.votes.count() == 1
    assert viewer.post("/compare/", posted(voices[:2])).status_code == 403
    assert not Page(viewer.get("/compare/")).find("form", id="compare-form")


@pytest.mark.parametrize("place", ["", "7", "x", "3"])
def test_a_vote_for_an_unknown_clip_does_not_count(mia, made, place):
    mia.post(f"/compare/{made.pk}/vote/", {"place": place})

    assert made.votes.count() == 0


def test_comparing_again_starts_with_the_same_voices_and_text(mia, made, voices):
    mia.post(f"/compare/{made.pk}/close/")

    [again] = [
        attrs["href"]
        for tag, attrs in Page(mia.get(f"/compare/{made.pk}/")).tags
        if tag == "a" and "?v=" in attrs.get("href", "")
    ]
    page = Page(mia.get(again))

    assert {int(field["value"]) for field in page.find("input", name="voice")} == {
        voice.pk for voice in voices[:2]
    }
    assert "This is free." in page.text


def test_voting_that_was_closed_early_does_not_claim_all_votes(mia, made):
    closed = Page(mia.post(f"/compare/{made.pk}/close/", headers=PARTIAL))
    listed = Page(mia.get("/compare/"))

    assert "Voting has ended" in closed.text
    assert "Votes are in" not in listed.text
    assert "0 of 2 votes" in listed.text


def test_more_voices_and_votes_need_no_more_queries(mia, cast, voices, made, wav):
    def count(pk: object) -> int:
        with CaptureQueriesContext(connection) as queries:
            mia.get(f"/compare/{pk}/")
        return len(queries)

    larger = factories.make_comparison(cast.mia, voices, "Other text.", votes_wanted=9)
    for entry in larger.entries.all():
        clip = factories.make_spoken_clip(entry.voice, wav, "Other text.")
        Synthesis.objects.filter(pk=entry.speech_id).update(state="done", clip=clip)
    count(made.pk)

    assert count(larger.pk) == count(made.pk)
