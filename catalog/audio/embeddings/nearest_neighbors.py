"""How alike voices sound: exact search over all of them, by NumPy alone."""

import numpy as np
from numpy.typing import NDArray

from catalog.audio.embeddings.mel_spectrogram import Wave

SIZE = 256
# Changes with the encoder's version, so that directions of two kinds are never compared.
ENCODER = "ge2e-1"
# At the threshold of the equal error rate as many strangers pass as the same person fails.
SAME_SPEAKER = 0.732
_VERY_ALIKE, _SOMEWHAT_ALIKE = 0.84, 0.66
# The same of VoiceFilter, which judges what clones say.
_SAME_BY_JUDGE = 0.638
# Rows that stay in the processor's cache from one step to the next.
_CHUNK = 2048
# Where sign, exponent and fraction of a half stand in a float, and what its exponent is short of.
_HALF_BITS, _HALF_SCALE = np.array([0x8FFFE000], np.uint32).view(np.int32)[0], np.float32(2.0**112)

Packed = NDArray[np.float16]


def pack_vector(vector: Wave) -> bytes:
    """Return a direction as it is stored: half precision moves no score by more than 0.001."""
    return vector.astype("<f2").tobytes()


def unpack_vector(stored: bytes) -> Wave:
    """Return a stored direction."""
    return np.frombuffer(stored, "<f2").astype(np.float32)


def unpack_vectors(stored: list[bytes]) -> Packed:
    """Return stored directions as the rows of a matrix, still packed."""
    return np.frombuffer(b"".join(stored), "<f2").reshape(-1, SIZE)


def score_all(rows: Packed, target: Wave) -> Wave:
    """Return how near each row is to the target, from -1 to 1."""
    scores, scaled = np.empty(len(rows), np.float32), target * _HALF_SCALE
    for start in range(0, len(rows), _CHUNK):
        # Unpacked piece by piece: the whole would double the memory. And by moving bits, since
        # NumPy's own way takes seven times as long; directions have no infinite parts.
        piece = rows[start : start + _CHUNK].view(np.int16).astype(np.int32)
        piece <<= 13
        piece &= _HALF_BITS
        scores[start : start + _CHUNK] = piece.view(np.float32) @ scaled
    return scores


def best_first(scores: Wave, count: int) -> NDArray[np.intp]:
    """Return the places of the highest scores, the best first, equal ones in their order."""
    if count >= scores.size:
        return np.argsort(-scores, kind="stable")
    chosen = np.sort(np.argpartition(-scores, count)[:count])
    return chosen[np.argsort(-scores[chosen], kind="stable")]


def name_likeness(score: float) -> str:
    """Say a score in words."""
    if score >= _VERY_ALIKE:
        return "Very alike"
    if score >= SAME_SPEAKER:
        return "Alike"
    return "Somewhat alike" if score >= _SOMEWHAT_ALIKE else "Not alike"


def name_resemblance(score: float) -> str:
    """Say in words what VoiceFilter makes of a clone and its samples."""
    found = "recordings of one person" if score >= _SAME_BY_JUDGE else "two people"
    return f"as between {found}"
