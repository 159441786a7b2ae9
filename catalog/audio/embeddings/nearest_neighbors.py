"""Find similar voices by exact search over all embeddings, with NumPy only."""

import numpy as np
from numpy.typing import NDArray

from catalog.audio.embeddings.mel_spectrogram import Wave

SIZE = 256
# Changes with the encoder's version, so that vectors of different versions are never compared.
ENCODER = "ge2e-1"
# The threshold of the equal error rate: as many false matches as misses.
SAME_SPEAKER = 0.732
_VERY_ALIKE, _SOMEWHAT_ALIKE = 0.84, 0.66
# The equal threshold for VoiceFilter, which judges clones.
_SAME_BY_JUDGE = 0.638
# A number of rows that stays in the CPU cache between steps.
_CHUNK = 2048
# Bit positions of a half-precision number in a float, and the correction of its exponent.
_HALF_BITS, _HALF_SCALE = np.array([0x8FFFE000], np.uint32).view(np.int32)[0], np.float32(2.0**112)

Packed = NDArray[np.float16]


def pack_vector(vector: Wave) -> bytes:
    """Return a unit vector in half precision for storage, which changes scores by at most 0.001."""
    return vector.astype("<f2").tobytes()


def unpack_vector(stored: bytes) -> Wave:
    """Return a stored unit vector."""
    return np.frombuffer(stored, "<f2").astype(np.float32)


def unpack_vectors(stored: list[bytes]) -> Packed:
    """Return stored unit vectors as the rows of a matrix, still in half precision."""
    return np.frombuffer(b"".join(stored), "<f2").reshape(-1, SIZE)


def score_all(rows: Packed, target: Wave) -> Wave:
    """Return each row's cosine similarity to the target, from -1 to 1.

    For several targets, which are the columns of a matrix, each row has a score for each.
    """
    scores = np.empty((len(rows), *target.shape[1:]), np.float32)
    scaled = target * _HALF_SCALE
    for start in range(0, len(rows), _CHUNK):
        # Convert in chunks, because all at once would double the memory. Shift bits, because
        # NumPy's own conversion takes 7 times as long; unit vectors contain no infinities.
        piece = rows[start : start + _CHUNK].view(np.int16).astype(np.int32)
        piece <<= 13
        piece &= _HALF_BITS
        scores[start : start + _CHUNK] = piece.view(np.float32) @ scaled
    return scores


def best_first(scores: Wave, count: int) -> NDArray[np.intp]:
    """Return the indexes of the highest scores, best first; ties keep their order."""
    if count >= scores.size:
        return np.argsort(-scores, kind="stable")
    chosen = np.sort(np.argpartition(-scores, count)[:count])
    return chosen[np.argsort(-scores[chosen], kind="stable")]


def name_likeness(score: float) -> str:
    """Return a label for a similarity score."""
    if score >= _VERY_ALIKE:
        return "Very similar"
    if score >= SAME_SPEAKER:
        return "Similar"
    return "Somewhat similar" if score >= _SOMEWHAT_ALIKE else "Not similar"


def name_resemblance(score: float) -> str:
    """Return a label for VoiceFilter's similarity of a clone and its samples."""
    found = "the same person" if score >= _SAME_BY_JUDGE else "different people"
    return f"typical of {found}"
