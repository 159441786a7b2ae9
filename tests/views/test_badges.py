"""Badges and labels on cards and pages show their reason or the provider's own word."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from catalog.models import Credential, VoiceLabel
from tests import factories
from tests.views.conftest import Page


def badge(voice, *values: str) -> None:
    for value in values:
        VoiceLabel.objects.create(voice=voice, facet="badge", value=value)


@pytest.mark.parametrize(
    ("days", "words"),
    [(40, "Ends in 40 days"), (1, "Ends tomorrow"), (0, "Ends today"), (-3, "Ended ")],
)
def test_a_voice_with_an_end_date_shows_how_many_days_are_left(mia, cast, days, words):
    ends_at = datetime.now(UTC).replace(hour=12) + timedelta(days=days)
    voice = factories.make_voice(cast.account, ends_at=ends_at, end_note="its owner takes it out.")
    badge(voice, "leaving", "expires")

    for path in ("/voices/?badge=leaving", f"/voices/{voice.pk}/"):
        page = Page(mia.get(path))
        (item,) = page.find("li", title="ElevenLabs: its owner takes it out.")
        assert words in page.text
        assert "warn" in item["class"]


@pytest.mark.parametrize(
    ("value", "values", "words"),
    [
        ("verified", {}, "Verified"),
        ("needs_plan", {"plan_note": "a paid plan"}, "Requires a paid plan at ElevenLabs."),
        ("key_missing", {}, "Key missing"),
        ("expires", {"end_note": "the clone has expired."}, "ElevenLabs: the clone has expired."),
        ("clone", {"kind": "clone"}, "Made in your ElevenLabs account."),
    ],
)
def test_every_badge_shows_its_reason_as_text_without_hovering(mia, cast, value, values, words):
    voice = factories.make_voice(cast.account, **values)
    badge(voice, value)

    assert words in Page(mia.get("/voices/")).text
    assert words in Page(mia.get(f"/voices/{voice.pk}/")).text


def test_a_label_shows_the_provider_s_original_word(mia, cast):
    voice = factories.make_voice(
        cast.account, gender="male", raw_labels={"gender": "masculine"}, age="unknown"
    )
    origin = "ElevenLabs lists gender as “masculine”."

    card, page = Page(mia.get("/voices/")), Page(mia.get(f"/voices/{voice.pk}/"))

    assert card.find("li", title=origin)
    assert origin in card.text
    assert page.find("span", title=origin)
    assert "No age from ElevenLabs." in page.text


def test_provider_words_with_one_meaning_are_one_filter_value(mia, cast):
    factories.make_voice(cast.account, "A", gender="male", raw_labels={"gender": "masculine"})
    factories.make_voice(cast.account, "B", gender="male", raw_labels={"gender": "male"})
    factories.make_voice(cast.account, "C", gender="unknown")

    male, unknown = (Page(mia.get(f"/voices/?gender={each}")) for each in ("male", "unknown"))

    assert [link in male.text for link in ("A", "B")] == [True, True]
    assert len(male.find("li", **{"class": "card"})) == 2
    assert len(unknown.find("li", **{"class": "card"})) == 1


def test_the_page_shows_the_end_date_its_reason_and_the_required_plan(mia, cast):
    voice = factories.make_voice(
        cast.account,
        ends_at=datetime(2027, 1, 31, 12, tzinfo=UTC),
        end_note="its owner takes it out.",
        plan_note="a paid plan",
    )

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert "Jan 31, 2027: its owner takes it out." in page.text
    assert "Requires a paid plan." in page.text


def test_the_page_says_what_a_rename_does_not_change_at_the_provider(mia, cast):
    voice = factories.make_clone(factories.make_account(cast.aurora, provider="telnyx"))

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert "Telnyx can't change a clone's description." in page.text


def test_the_list_names_an_account_without_a_working_key(mia, cast):
    factories.make_voice(cast.account)
    Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")

    page = Page(mia.get("/voices/"))

    assert "No working key for ElevenLabs" in page.text


def test_accounts_without_a_working_key_share_one_notice_with_the_oldest_sync(mia, cast):
    now = datetime.now(UTC)
    for provider, hours in (("noiz", 1), ("inworld", 5)):
        synced = now - timedelta(hours=hours, minutes=1)
        account = factories.make_account(cast.aurora, provider=provider, synced_at=synced)
        factories.make_voice(account)

    page = Page(mia.get("/voices/"))

    named = re.search(r"No working key for (Inworld, Noiz|Noiz, Inworld)\.", page.text)
    assert named, page.text
    assert page.text.count("No working key") == 1
    assert re.search(r"Last synced 5.hours ago or later\.", page.text)


def test_a_voice_without_a_working_key_does_not_offer_to_generate_a_preview(mia, cast):
    voice = factories.make_voice(cast.account)
    badge(voice, "key_missing")

    for path in ("/voices/?badge=key_missing", f"/voices/{voice.pk}/"):
        page = Page(mia.get(path))
        assert "Generate (about" not in page.text
        assert "No preview, and no key to generate one" in page.text


def test_a_clone_with_our_marker_but_no_job_is_shown_as_made_here(mia, cast):
    ours = factories.make_clone(cast.account, "Ada", marker="vb1:abc:123")
    other = factories.make_clone(cast.account, "Bo")
    for voice in (ours, other):
        badge(voice, "clone", "no_source")

    assert "This voice was made with Voiceboard" in Page(mia.get(f"/voices/{ours.pk}/")).text
    assert "This voice wasn't cloned in Voiceboard" in Page(mia.get(f"/voices/{other.pk}/")).text
