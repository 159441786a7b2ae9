"""The life of a clone at every provider, against the running sandbox."""

from dataclasses import replace

import pytest

from catalog.providers import errors
from catalog.providers.base import Provider
from catalog.providers.types import (
    CloneParams,
    Kind,
    PermissionState,
    RemoteVoice,
    SampleFile,
    VoiceState,
)
from tests.conftest import make_wav
from tests.providers.sandboxed import MARKER
from tests.providers.verbs import CLONING

each = pytest.mark.parametrize("slug", CLONING)
SAMPLE = SampleFile("anna.wav", "audio/wav", make_wav(8.0))


def make(adapter: Provider) -> tuple[str, dict[str, str]]:
    """Clone a voice, and return its ID and the progress that the job would have stored."""
    kept: dict[str, str] = {}
    params = CloneParams("Anna", (SAMPLE,), MARKER, language="en", gender="female")
    made = adapter.clone(replace(params, keep_progress=kept.update))
    assert made.ready
    return made.remote_id, kept


def own(adapter: Provider) -> dict[str, RemoteVoice]:
    return {
        voice.remote_id: voice
        for voice in adapter.voices()
        if voice.is_owned and voice.state is not VoiceState.GONE
    }


@each
def test_built_in_and_own_voices_are_listed_once_each(sign_on, slug):
    with sign_on(slug) as adapter:
        voices = list(adapter.voices())

    assert len({voice.remote_id for voice in voices}) == len(voices) > 60
    assert {Kind.LIBRARY, Kind.CLONE} <= {voice.kind for voice in voices}
    assert not [voice.problem for voice in voices if voice.problem]


@each
def test_a_new_clone_is_listed_found_again_by_its_job_and_ready(sign_on, slug):
    with sign_on(slug) as adapter:
        before = own(adapter)
        remote_id, kept = make(adapter)

        assert own(adapter).keys() - before.keys() == {remote_id}
        assert adapter.is_ready(remote_id)
        assert adapter.voice(remote_id) == own(adapter)[remote_id]
        finds = adapter.info.finds_by_progress
        found = adapter.find_by_progress(kept) if finds else adapter.find_marked(MARKER)
        assert [voice.remote_id for voice in found] == [remote_id]


@each
def test_a_clone_can_be_renamed_and_relabeled_if_the_provider_supports_it(sign_on, slug):
    with sign_on(slug) as adapter:
        remote_id, _ = make(adapter)
        info = adapter.info
        if info.can_rename:
            adapter.rename(remote_id, "Annette")
            assert own(adapter)[remote_id].name == "Annette"
        if info.kept_labels:
            adapter.relabel(remote_id, {"gender": "neutral", "language": "fr"})
            voice = own(adapter)[remote_id]
            assert (voice.gender, voice.languages[0]) == ("neutral", "fr")
            assert voice.name == "Annette"


@each
def test_a_clone_can_be_previewed_and_deleted_if_the_provider_supports_it(sign_on, slug):
    with sign_on(slug) as adapter:
        remote_id, _ = make(adapter)
        if adapter.info.can_preview:
            assert adapter.preview(remote_id).content
        if adapter.info.can_delete:
            adapter.delete(remote_id)
            assert remote_id not in own(adapter)


@each
def test_check_reports_permissions_and_rejects_a_wrong_key(sign_on, slug):
    with sign_on(slug) as adapter:
        assert adapter.check().can_list is PermissionState.YES
    with sign_on(slug, "nobody") as adapter, pytest.raises(errors.CredentialRejected):
        adapter.check()
