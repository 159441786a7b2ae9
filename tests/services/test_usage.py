"""Plays, syntheses, and exports of a voice are counted."""

from datetime import timedelta

import pytest

from catalog.models import VoiceUsage
from catalog.models.usage import note_uses
from catalog.services.syntheses import request_speech
from catalog.services.usage import note_play, record_export_later
from catalog.tasks import note_export_task
from tests import factories

NOW = factories.NOW


def test_play_is_counted_with_its_time(cast):
    voice = factories.make_voice(cast.account)
    later = NOW + timedelta(hours=3)

    note_play(cast.mia, voice=voice, now=NOW)
    note_play(cast.ana, voice=voice, now=later)

    use = VoiceUsage.objects.get()
    assert (use.voice, use.play_count, use.played_at, use.last_at) == (voice, 2, later, later)
    assert (use.speech_count, use.export_count, use.provider_used_at) == (0, 0, None)


def test_synthesis_is_counted_even_from_the_cache(cast):
    voice = factories.make_voice(cast.account)
    factories.make_spoken_clip(voice, b"RIFF", "Hello there.")

    for _ in range(2):
        request_speech(cast.mia, voice=voice, text="Hello there.", settings={}, now=NOW)

    use = VoiceUsage.objects.get()
    assert (use.speech_count, use.spoken_at, use.last_at) == (2, NOW, NOW)


def test_export_is_counted_by_a_worker_for_team_voices_only(cast, wakes):
    voice = factories.make_voice(cast.account)
    foreign = factories.make_voice(cast.other_account)
    selection = factories.make_selection(cast.mia, cast.aurora, voice, foreign)

    record_export_later(cast.mia, selection=selection)
    record_export_later(cast.ana, selection=selection)
    assert not VoiceUsage.objects.exists()
    note_export_task(selection_id=wakes[0][1])

    assert wakes == [("catalog.note_export", selection.pk)]
    use = VoiceUsage.objects.get()
    assert (use.voice, use.export_count) == (voice, 1)


def test_play_by_a_user_of_another_team_is_not_counted(cast):
    note_play(cast.sam, voice=factories.make_voice(cast.account), now=NOW)

    assert not VoiceUsage.objects.exists()


@pytest.mark.django_db
def test_use_of_a_deleted_voice_is_ignored(installation):
    note_uses([10**9], VoiceUsage.Kind.PLAY, NOW)

    assert not VoiceUsage.objects.exists()


def test_exporting_a_selection_counts_and_exporting_all_voices_does_not(cast, sign_in, wakes):
    voice = factories.make_voice(cast.account)
    selection = factories.make_selection(cast.mia, cast.aurora, voice)
    client = sign_in(cast.mia)

    client.get("/voices/export.csv")
    client.get(f"/selections/{selection.pk}/export.csv")

    assert wakes == [("catalog.note_export", selection.pk)]
