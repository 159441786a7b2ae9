"""The page of one voice: its order, its comparisons, its uses, and its history."""

from catalog.models import Membership
from catalog.services.comparisons import cast_vote, close_votes
from catalog.services.voices.edit import rename_voice
from tests import factories
from tests.factories import NOW
from tests.views.conftest import Page


def test_a_voice_page_starts_with_its_sound_and_ends_with_its_history(cast, ana):
    voice = factories.make_voice(cast.account, name="Rachel")

    page = ana.get(f"/voices/{voice.pk}/").content.decode()

    wanted = ["Generate speech", "About", "Your team", "Comparisons", "Where it's used", "History"]
    places = [page.index('id="voice-head"'), *(page.index(f"{word}</h2>") for word in wanted)]
    assert places == sorted(places)


def test_a_voice_of_another_own_team_leads_to_that_team(cast, mia):
    voice = factories.make_voice(factories.make_account(cast.borealis), name="Rachel")
    unshared = factories.make_voice(cast.other_account, name="Closed")
    stranger, missing = (Page(mia.get(f"/voices/{pk}/")) for pk in (voice.pk, 987_654))
    Membership.objects.create(user=cast.mia, team=cast.borealis, role="member")
    mia.post(f"/teams/{cast.aurora.pk}/choose/")

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert stranger.text == missing.text
    assert "This page belongs to Borealis" in page.text
    assert "Rachel" not in page.text
    assert page.find("form", action=f"/teams/{cast.borealis.pk}/choose/")
    assert "belongs to" not in Page(mia.get(f"/voices/{unshared.pk}/")).text


def test_a_voice_page_lists_its_comparisons_once_their_names_are_shown(cast, mia):
    voices = [factories.make_voice(cast.account, name=name) for name in ("Ann", "Bea")]
    made = factories.make_comparison(cast.mia, voices, "Good evening.", is_blind=True)
    place = made.entries.get(voice=voices[0]).place
    made.votes_wanted = 3
    made.save()
    cast_vote(cast.mia, comparison=made, place=place, now=NOW)

    blind = mia.get(f"/voices/{voices[0].pk}/").content.decode()
    close_votes(cast.mia, comparison=made, now=NOW)
    shown = Page(mia.get(f"/voices/{voices[0].pk}/"))

    assert "Good evening." not in blind
    assert f"/compare/{made.pk}/" not in blind
    assert shown.find("a", href=f"/compare/{made.pk}/")
    assert "2 voices · 1 of 1 vote Most votes" in " ".join(shown.text.split())
    loser = Page(mia.get(f"/voices/{voices[1].pk}/")).text
    assert "0 of 1 vote" in loser
    assert "Most votes" not in loser


def test_a_voice_page_says_where_the_voice_is_used(cast, ana, mia):
    voice = factories.make_voice(cast.account, name="Rachel")
    shared = factories.make_collection(cast.ana, cast.aurora, voice, name="Ads", is_shared=True)
    kim = factories.make_user("Kim", cast.aurora)
    factories.make_collection(kim, cast.aurora, voice, name="Kim's own")
    plan = factories.make_plan(cast.ana, cast.aurora, [voice])

    for_admin = Page(ana.get(f"/voices/{voice.pk}/"))
    for_member = Page(mia.get(f"/voices/{voice.pk}/"))

    assert for_admin.find("a", href=f"/cleanup/plans/{plan.pk}/")
    assert not for_member.find("a", href=f"/cleanup/plans/{plan.pk}/")
    for page in (for_admin, for_member):
        assert page.find("a", href=f"/collections/{shared.pk}/")
        assert "1 private collection of other people" in page.text
        assert "Kim's own" not in page.text


def test_a_history_is_for_everyone_and_the_log_for_admins(cast, ana, mia):
    voice = factories.make_voice(cast.account, name="Rachel")
    rename_voice(cast.ana, voice=voice, name="Warm Rachel", now=NOW)

    for client in (ana, mia):
        page = Page(client.get(f"/voices/{voice.pk}/"))
        assert "Ana renamed this voice from “Rachel” to “Warm Rachel”." in page.text
        link = page.find("a", href=f"/team/log/?target=Voice+{voice.pk}")
        assert bool(link) == (client is ana)


def test_a_professional_clone_shows_its_verification_and_when_to_try_again(cast, ana):
    details = {
        "verification": {"required": True, "failures": ["noise"], "attempts": 3},
        "fine_tuning": {"most_attempts": 3, "attempts_again_at": "2040-01-05T10:00:00+00:00"},
    }
    voice = factories.make_voice(cast.account, kind="professional", details=details)

    page = Page(ana.get(f"/voices/{voice.pk}/"))

    for words in ("Verification of the speaker", "Failed", "3 of 3", "noise", "from Jan 5, 2040"):
        assert words in page.text
