"""The ElevenLabs adapter against the running sandbox, which was written independently."""

import pytest

from catalog.providers import errors
from catalog.providers.key_checks import Slots
from catalog.providers.session import open_provider
from catalog.providers.types import Kind, PermissionState, SampleFile
from catalog.sandbox import running_sandbox
from tests.providers.sandboxed import MARKER, clone_params


def test_all_voices_are_listed_without_problems(connect):
    with connect() as adapter:
        voices = list(adapter.voices())

    assert len(voices) > 130
    assert len({voice.remote_id for voice in voices}) == len(voices)
    assert {voice.problem for voice in voices} == {""}
    assert {Kind.LIBRARY, Kind.CLONE} <= {voice.kind for voice in voices}
    assert all(voice.name for voice in voices)
    assert sum(bool(voice.languages) for voice in voices) > len(voices) / 2
    assert {"male", "female"} <= {voice.gender for voice in voices}


def test_a_voice_is_the_same_in_the_list_and_alone(connect):
    with connect() as adapter:
        listed = next(voice for voice in adapter.voices() if voice.kind is Kind.CLONE)

        assert adapter.voice(listed.remote_id) == listed


def test_a_clone_can_be_made_renamed_found_by_its_marker_and_deleted(connect):
    with connect() as adapter:
        before = adapter.slots()
        made = adapter.clone(clone_params())
        voice = adapter.voice(made.remote_id)

        assert made.ready
        assert adapter.is_ready(made.remote_id)
        assert (voice.name, voice.kind, voice.gender) == ("Anna", Kind.CLONE, "female")
        assert voice.is_owned
        assert voice.created_at is not None
        assert voice.description == f"Our narrator.\n\n{MARKER}"
        assert [sample.filename for sample in voice.samples] == ["anna.wav"]
        assert adapter.preview(made.remote_id, "", voice.samples[0].remote_id).content
        assert adapter.slots() == Slots(before.used + 1, before.limit)

        adapter.rename(made.remote_id, "Annette")
        renamed = adapter.voice(made.remote_id)
        assert (renamed.name, renamed.description) == ("Annette", voice.description)
        assert renamed.raw == voice.raw

        adapter.rename(made.remote_id, "Annette", "Another text.")
        assert adapter.voice(made.remote_id).description == f"Another text.\n\n{MARKER}"
        assert [found.name for found in adapter.find_marked(MARKER)] == ["Annette"]

        adapter.delete(made.remote_id)
        assert adapter.slots() == before
        assert adapter.find_marked(MARKER) == []
        with pytest.raises(errors.NotFound):
            adapter.voice(made.remote_id)
        with pytest.raises(errors.NotFound):
            adapter.delete(made.remote_id)


def test_changing_one_setting_keeps_the_others(connect):
    with connect() as adapter:
        made = adapter.clone(clone_params()).remote_id
        before = adapter.settings(made)

        assert before == adapter.default_settings()
        adapter.edit_settings(made, {"stability": 0.2})
        adapter.edit_settings(made, {"speed": 0.9, "use_speaker_boost": False})

        changed = {"stability": 0.2, "speed": 0.9, "use_speaker_boost": False}
        assert adapter.settings(made) == {**before, **changed}


def test_a_library_voice_has_a_preview(connect):
    with connect() as adapter:
        voice = next(voice for voice in adapter.voices() if voice.preview_url)
        clip = adapter.preview(voice.remote_id, voice.preview_url)

    assert clip.content_type == "audio/mpeg"
    assert len(clip.content) > 5000


def test_clones_are_found_only_by_their_own_marker(connect):
    other = MARKER[:-1] + "0"
    with connect() as adapter:
        first = adapter.clone(clone_params()).remote_id
        second = adapter.clone(clone_params(marker=other)).remote_id

        assert [voice.remote_id for voice in adapter.find_marked(MARKER)] == [first]
        assert [voice.remote_id for voice in adapter.find_marked(other)] == [second]


# Every kind of key


def test_check_of_a_full_key_allows_everything(connect):
    with connect() as adapter, connect("full-2") as another:
        found, other = adapter.check(), another.check()

    assert {found.can_list, found.can_preview, found.can_clone, found.can_delete} == {
        PermissionState.YES
    }
    assert found.problem == ""
    assert found.slots is not None
    assert found.account_ref != other.account_ref != ""


def test_check_of_a_readonly_key_names_the_missing_permission(connect):
    with connect("readonly") as adapter:
        found = adapter.check()

    assert (found.can_list, found.can_clone, found.can_delete) == (
        PermissionState.YES,
        PermissionState.NO,
        PermissionState.NO,
    )
    assert found.missing_permissions == ("voices_write",)
    assert "voices_write" in found.problem


def test_check_of_a_broke_key_reports_missing_credit_and_slots(connect):
    with connect("broke") as adapter:
        found = adapter.check()

    assert found.can_list is PermissionState.YES
    assert found.is_out_of_credit
    assert "out of credit" in found.problem
    assert "voice slots are in use" in found.problem


def test_check_creates_no_voice(connect):
    with connect() as adapter:
        before = adapter.slots()
        adapter.check()

        assert adapter.slots() == before


@pytest.mark.parametrize("kind", ["fuller", "full-x", ""])
def test_check_of_a_wrong_key_raises_credential_rejected(connect, kind):
    with connect(kind) as adapter, pytest.raises(errors.CredentialRejected) as caught:
        adapter.check()

    assert type(caught.value) is errors.CredentialRejected


def test_check_without_a_network_raises_try_later():
    key = {"api_key": "sandbox-elevenlabs-full"}
    with running_sandbox(voices=1) as stopped:
        url = stopped.url("elevenlabs")

    with open_provider("elevenlabs", key, url) as adapter, pytest.raises(errors.TryLater) as caught:
        adapter.check()

    assert caught.value.unreachable


@pytest.mark.parametrize(
    "change",
    [
        lambda adapter, own: adapter.clone(clone_params()),
        lambda adapter, own: adapter.rename(own, "Annette"),
        lambda adapter, own: adapter.delete(own),
        lambda adapter, own: adapter.edit_settings(own, {"speed": 1.0}),
    ],
    ids=["clone", "rename", "delete", "edit_settings"],
)
def test_a_readonly_key_gets_an_error_that_names_the_missing_permission(connect, change):
    with connect("readonly") as adapter:
        own = next(voice for voice in adapter.voices() if voice.is_owned).remote_id

        with pytest.raises(errors.PermissionMissing) as caught:
            change(adapter, own)

    assert caught.value.permission == "voices_write"


def test_cloning_without_a_free_slot_raises_limit_reached(connect):
    with connect("broke") as adapter, pytest.raises(errors.LimitReached, match="maximum amount"):
        adapter.clone(clone_params())


def test_a_sample_that_is_not_audio_is_rejected_with_the_provider_s_message(connect):
    samples = (SampleFile("a.wav", "audio/wav", b"this is no sound"),)
    with connect() as adapter, pytest.raises(errors.RequestRejected, match="corrupted"):
        adapter.clone(clone_params(samples=samples))


def test_a_library_voice_cannot_be_deleted(connect):
    with connect() as adapter:
        library = next(voice for voice in adapter.voices() if voice.kind is Kind.LIBRARY)

        with pytest.raises(errors.RequestRejected) as caught:
            adapter.delete(library.remote_id)

    assert not isinstance(caught.value, errors.NotFound)
