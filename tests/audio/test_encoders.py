"""Encoders: similar vectors for one speaker, distant ones for two, and invalid input."""

from pathlib import Path

import numpy as np
import pytest

from catalog.audio.embeddings import encoders
from catalog.audio.embeddings.encoders import Encoder, campplus, ge2e, voicefilter
from catalog.audio.embeddings.model_files import FOLDER, WrongWeights, open_model, read_checked
from catalog.audio.embeddings.waveform import RATE, NotAWave, resample


@pytest.fixture(params=[ge2e, campplus, voicefilter], ids=["ge2e", "campplus", "voicefilter"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return request.param()


def test_one_speaker_s_recordings_are_closer_than_another_s(encoder, reader, caller):
    first, second = (encoder.embed(np.concatenate(half)) for half in (reader[:2], reader[2:]))
    other = encoder.embed(caller)

    assert first @ second > 0.75
    assert first @ second > first @ other + 0.2


def test_an_embedding_is_a_unit_vector_of_a_fixed_size(encoder, reader):
    found = encoder.embed(reader[0])

    assert found.shape == (encoder.size,)
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_sample_rate_loudness_and_pauses_hardly_change_the_embedding(encoder, reader):
    speech = reader[0]
    pause = np.zeros(2 * RATE, np.float32)

    plain = encoder.embed(speech)
    finer = encoder.embed(resample(speech, RATE, 24_000), 24_000)
    quieter = encoder.embed(speech * np.float32(0.5))
    interrupted = encoder.embed(np.concatenate([pause, speech, pause]))

    assert plain @ finer > 0.98
    assert plain @ quieter > 0.95
    assert plain @ interrupted > 0.98


@pytest.mark.parametrize(
    "wave",
    [
        np.zeros(0, np.float32),
        np.full(RATE, np.nan, np.float32),
        np.full(RATE, np.inf, np.float32),
        np.full(RATE, 5, np.float32),
        np.zeros((2, RATE), np.float32),
    ],
    ids=["nothing", "not numbers", "infinite", "a decoder gone astray", "two channels"],
)
def test_invalid_samples_are_refused(encoder, wave):
    with pytest.raises(NotAWave):
        encoder.embed(wave)


@pytest.mark.parametrize("length", [1, 200, RATE // 2])
def test_silence_and_very_short_sounds_have_a_finite_embedding(encoder, length):
    for wave in (np.zeros(length, np.float32), np.full(length, 0.1, np.float32)):
        assert np.isfinite(encoder.embed(wave)).all()


def test_a_changed_model_file_is_not_loaded(tmp_path: Path):
    (tmp_path / "ge2e.onnx").write_bytes((FOLDER / "ge2e.onnx").read_bytes() + b"\0")

    with pytest.raises(WrongWeights, match=r"ge2e\.onnx is damaged"):
        open_model(tmp_path / "ge2e.onnx", encoders.GE2E._sha256)


def test_a_missing_model_file_is_named(tmp_path: Path):
    with pytest.raises(WrongWeights, match=r"voice\.onnx can't be read"):
        read_checked(tmp_path / "voice.onnx", "")
