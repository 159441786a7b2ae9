"""Voice settings on a voice's page."""

import pytest

from catalog.models import Membership, Voice, VoiceSettings
from tests import factories
from tests.factories import NOW
from tests.views.conftest import PARTIAL, Page

GOOD = {"stability": "0.4", "similarity_boost": "0.8", "style": "0", "speed": "1.1"}


def keep(voice: Voice, **values) -> VoiceSettings:
    plain = {"state": "ready", "read_at": NOW, "asked_at": NOW, "not_before": NOW}
    return VoiceSettings.objects.create(voice=voice, **{**plain, **values})


@pytest.fixture
def voice(cast):
    return factories.make_voice(cast.account)


def test_every_provider_setting_has_an_input_with_its_range(mia, voice):
    keep(voice, values={"speed": 1.1, "use_speaker_boost": False}, defaults={"speed": 1.0})

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    (speed,) = page.find("input", type="number", name="speed")
    (boost,) = page.find("input", name="use_speaker_boost")
    assert (speed["value"], speed["min"], speed["max"]) == ("1.1", "0.7", "1.2")
    assert "checked" not in boost
    assert "default at ElevenLabs: 1." in page.text
    assert "Loaded from ElevenLabs" in page.text


def test_settings_from_the_list_are_shown_until_a_worker_reads_the_current_ones(mia, cast):
    listed = factories.make_voice(cast.account, details={"settings": {"speed": 0.8}})
    bare = factories.make_voice(cast.account)

    page, nothing = (Page(mia.get(f"/voices/{each.pk}/")) for each in (listed, bare))

    assert page.find("input", type="number", name="speed")[0]["value"] == "0.8"
    assert "Loaded with the list" in page.text
    assert "Not loaded yet." in nothing.text
    assert not nothing.find("input", type="number", name="speed")


def test_a_provider_without_settings_says_so(mia, cast):
    voice = factories.make_voice(factories.make_account(cast.aurora, provider="stepfun"))

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert "StepFun has no settings for this voice." in page.text


@pytest.mark.parametrize(
    ("values", "words", "asks_again"),
    [
        ({"state": "saving", "wanted": {"speed": 0.9}}, "Saving at ElevenLabs", True),
        ({"state": "reading"}, "Loading from ElevenLabs", True),
        (
            {"state": "saving", "wanted": {"speed": 0.9}, "message": "Busy."},
            "Retrying: Busy.",
            True,
        ),
        (
            {"state": "failed", "wanted": {"speed": 0.9}, "message": "No."},
            "Not saved: No.",
            False,
        ),
        ({"state": "failed", "message": "No network."}, "No network.", False),
        ({}, "Loaded from ElevenLabs", False),
        ({"state": "saved"}, "Saved at ElevenLabs", False),
    ],
)
def test_the_panel_shows_the_state_and_polls_only_while_a_worker_is_busy(
    mia, voice, values, words, asks_again
):
    keep(voice, **values)
    path = f"/voices/{voice.pk}/settings/"

    part = Page(mia.get(path, headers=PARTIAL))

    (section,) = part.find("section", id="settings")
    assert words in part.text
    assert (section.get("hx-get") == path) is asks_again
    assert not part.find("html")
    if "wanted" in values:
        assert part.find("input", type="number", name="speed")[0]["value"] == "0.9"


def test_valid_values_are_queued_for_saving_and_the_page_reloads(mia, voice):
    answer = mia.post(f"/voices/{voice.pk}/settings/", GOOD)

    assert answer["Location"] == f"/voices/{voice.pk}/#settings"
    wanted = VoiceSettings.objects.get(voice=voice).wanted
    assert wanted == {
        "stability": 0.4,
        "similarity_boost": 0.8,
        "style": 0.0,
        "speed": 1.1,
        "use_speaker_boost": False,
    }


@pytest.mark.parametrize("speed", ["2", "", "fast", "nan", "0.69"])
def test_a_value_out_of_range_shows_an_error_and_keeps_the_input(mia, voice, speed):
    keep(voice, values={"speed": 1.0})

    answer = mia.post(f"/voices/{voice.pk}/settings/", {**GOOD, "speed": speed})

    page = Page(answer)
    assert answer.status_code == 422
    assert "Speed must be between 0.7 and 1.2." in page.text
    assert page.find("input", type="number", name="stability")[0]["value"] == "0.4"
    assert VoiceSettings.objects.get().state == "ready"


def test_a_viewer_sees_the_values_but_no_form(sign_in, cast, voice):
    keep(voice, values={"speed": 1.1})
    viewer = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    page = Page(sign_in(viewer).get(f"/voices/{voice.pk}/"))

    assert "1.1" in page.text
    assert not page.find("form", action=f"/voices/{voice.pk}/settings/")
