"""Who can read and change a voice's settings, and what is logged."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import AuditEntry, Membership, VoiceSettings
from catalog.services.voices.settings import change_settings, read_settings_again, reset_settings
from tests import factories
from tests.factories import NOW


def test_change_is_enqueued_and_logged(cast, wakes, django_capture_on_commit_callbacks):
    voice = factories.make_voice(cast.account)

    with django_capture_on_commit_callbacks(execute=True):
        change_settings(cast.mia, voice=voice, values={"speed": 0.9}, now=NOW)

    row = VoiceSettings.objects.get(voice=voice)
    assert (row.is_saving, row.wanted) == (True, {"speed": 0.9})
    assert wakes == [("catalog.tune_voice", voice.pk)]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.facts) == ("voice settings changed", {"speed": "None -> 0.9"})


def test_reset_before_any_read_uses_the_documented_defaults(cast):
    voice = factories.make_voice(cast.account)

    reset_settings(cast.mia, voice=voice, now=NOW)

    wanted = VoiceSettings.objects.get(voice=voice).wanted
    assert wanted == {field.name: field.default for field in voice.info.voice_settings}


@pytest.mark.parametrize("ask", [read_settings_again, reset_settings])
def test_viewers_gone_voices_and_providers_without_settings_are_rejected(cast, ask):
    viewer = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    kept = factories.make_voice(cast.account)
    gone = factories.make_voice(cast.account, remote_deleted_at=NOW)
    plain = factories.make_voice(factories.make_account(cast.aurora, provider="stepfun"))

    for user, voice in ((viewer, kept), (cast.mia, gone), (cast.mia, plain)):
        with pytest.raises(PermissionDenied):
            ask(user, voice=voice, now=NOW)

    assert not VoiceSettings.objects.exists()
