import hashlib

import pytest

from catalog.audio.tts import weights
from catalog.audio.tts.errors import TTSUnavailable


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Two small packages that replace the four large ones."""
    hashes = {}
    for name in ("speech_part_one", "speech_part_two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "part.bin").write_bytes(name.encode())
        hashes[name] = hashlib.sha256(name.encode()).hexdigest()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(weights, "PART_HASHES", hashes)
    whole = hashlib.sha256(b"speech_part_onespeech_part_two").hexdigest()
    monkeypatch.setattr(weights, "WEIGHTS_HASH", whole)
    return tmp_path


def test_the_parts_are_joined_once_and_then_verified(parts) -> None:
    whole = weights.prepare_weights(parts / "speech")

    assert whole.read_bytes() == b"speech_part_onespeech_part_two"
    assert [path.name for path in whole.parent.iterdir()] == [weights.WEIGHTS_NAME]
    assert weights.prepare_weights(parts / "speech") == whole


def test_a_part_with_a_wrong_hash_is_refused_and_leaves_nothing_behind(parts) -> None:
    (parts / "speech_part_two" / "part.bin").write_bytes(b"tampered with")

    with pytest.raises(TTSUnavailable, match="SHA-256"):
        weights.prepare_weights(parts / "speech")

    assert list((parts / "speech").iterdir()) == []


def test_a_missing_part_says_what_to_install(parts, monkeypatch) -> None:
    monkeypatch.setattr(weights, "PART_HASHES", {"speech_part_three": "0" * 64})

    with pytest.raises(
        TTSUnavailable, match=r"speech-part-three isn't installed.*requirements.txt"
    ):
        weights.prepare_weights(parts / "speech")


def test_a_changed_weights_file_is_refused_with_what_to_do(parts) -> None:
    whole = weights.prepare_weights(parts / "speech")
    whole.write_bytes(b"half of it")

    with pytest.raises(TTSUnavailable, match="Delete that file"):
        weights.prepare_weights(parts / "speech")
