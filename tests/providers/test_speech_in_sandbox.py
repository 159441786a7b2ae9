"""Speech through every adapter against the running sandbox."""

from dataclasses import replace
from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.base import Provider
from catalog.providers.registry import get_adapter
from catalog.providers.types import (
    CloneParams,
    RemoteVoice,
    SampleFile,
    SpeechParams,
    VoiceState,
)
from catalog.sandbox import Sandbox
from catalog.sandbox.faults import Fault, FaultKind
from catalog.sandbox.waveforms import decode_recording
from tests.conftest import make_wav
from tests.providers.verbs import INFOS

SLUGS = [info.slug for info in INFOS if info.can_speak and not info.speaks_free]
# The field of each sandbox account that changes when it generates speech.
PURSES = {
    "elevenlabs": "character_count",
    "inworld": "credit",
    "noiz": "credit",
    "stepfun": "balance",
    "telnyx": "balance",
}
each = pytest.mark.parametrize("slug", SLUGS)


def first(adapter: Provider, *, owned: bool) -> RemoteVoice:
    ready = (voice for voice in adapter.voices() if voice.state is VoiceState.READY)
    return next(voice for voice in ready if voice.is_owned is owned)


def purse(sandbox: Sandbox, slug: str) -> Any:
    return sandbox._providers[slug].state()["accounts"]["full"][PURSES[slug]]


@each
@pytest.mark.parametrize("owned", [True, False])
def test_clones_and_built_in_voices_can_speak(sandbox, sign_on, slug, owned):
    with sign_on(slug) as adapter:
        voice = first(adapter, owned=owned)
        before = purse(sandbox, slug)
        clip = adapter.speak(SpeechParams(voice.remote_id, "Hello from the sandbox."))

    assert decode_recording(clip.content).seconds > 1
    assert clip.content_type == "audio/mpeg"
    assert purse(sandbox, slug) != before


@pytest.mark.parametrize(
    ("slug", "name", "slow"),
    [
        ("elevenlabs", "speed", 0.7),
        ("inworld", "speakingRate", 0.6),
        ("noiz", "speed", 0.6),
        ("stepfun", "speed", 0.6),
    ],
)
def test_a_slower_speed_makes_longer_speech(sign_on, slug, name, slow):
    text = "Slow is longer than quick."
    with sign_on(slug) as adapter:
        voice = first(adapter, owned=False).remote_id
        quick = adapter.speak(SpeechParams(voice, text, settings={name: 1.0}))
        drawn = adapter.speak(SpeechParams(voice, text, settings={name: slow}))

    assert decode_recording(drawn.content).seconds > 1.2 * decode_recording(quick.content).seconds


def test_a_clone_without_a_default_model_can_speak_with_each_of_its_models(sandbox, sign_on):
    with sign_on("telnyx") as adapter:
        bare = next(each for each in adapter.voices() if each.is_owned and not each.languages)
        usual = adapter.speak(SpeechParams(bare.remote_id, "Hello."))
        fields = adapter.info.speech_fields(bare.details)
        spoken = [
            adapter.speak(SpeechParams(bare.remote_id, "Hello.", settings={"model": model}))
            for model in fields[0].choices
        ]
        with pytest.raises(errors.RequestRejected, match="Model must be one of"):
            adapter.speak(SpeechParams(bare.remote_id, "Hello.", settings={"model": "other"}))

    assert "model" not in bare.details
    assert fields[0].choices == ("speech-2.8-turbo", "speech-2.6-turbo")
    assert all(decode_recording(clip.content).seconds > 0.2 for clip in (usual, *spoken))


@pytest.mark.parametrize(("slug", "charged"), [("elevenlabs", 23), ("inworld", 23)])
def test_the_charge_is_passed_on_if_the_provider_reports_it(sign_on, slug, charged):
    with sign_on(slug) as adapter:
        voice = first(adapter, owned=False)
        clip = adapter.speak(SpeechParams(voice.remote_id, "Hello from the sandbox."))

    assert clip.charged == charged


@pytest.mark.parametrize("slug", ["elevenlabs", "noiz", "stepfun"])
def test_speech_without_credit_raises_out_of_credit(sign_on, slug):
    with sign_on(slug, "broke") as adapter:
        voice = first(adapter, owned=False).remote_id
        with pytest.raises(errors.OutOfCredit):
            adapter.speak(SpeechParams(voice, "Hello."))


@each
def test_speech_with_an_unknown_voice_is_rejected_and_not_unknown(sign_on, slug):
    with sign_on(slug) as adapter, pytest.raises(errors.RequestRejected):
        adapter.speak(SpeechParams("Telnyx.NaturalHD.nobody", "Hello."))


@each
def test_a_lost_response_is_outcome_unknown(sandbox, sign_on, slug):
    with sign_on(slug) as adapter:
        voice = first(adapter, owned=False).remote_id
        sandbox.faults.add(Fault(FaultKind.DROP_AFTER, provider=slug, method="POST"))
        with pytest.raises(errors.OutcomeUnknown):
            adapter.speak(SpeechParams(voice, "Hello."))


def test_every_paid_provider_is_tested_here():
    assert {slug for slug in SLUGS if get_adapter(slug).info.can_speak} == set(PURSES)


def test_a_clone_preview_and_the_clone_itself_use_the_same_uploaded_file(sandbox, sign_on):
    kept: dict[str, str] = {}
    recording = SampleFile("anna.wav", "audio/wav", make_wav(8.0))
    params = CloneParams("Anna", (recording,), "", keep_progress=kept.update)
    with sign_on("stepfun") as adapter:
        before = {voice.remote_id for voice in adapter.voices()}
        clip = adapter.preview_clone(params, "Hello from the sandbox.")
        after = {voice.remote_id for voice in adapter.voices()}
        made = adapter.clone(replace(params, progress=kept))
        found = adapter.find_by_progress(kept)

    assert decode_recording(clip.content).seconds > 1
    assert after == before
    assert [voice.remote_id for voice in found] == [made.remote_id]
