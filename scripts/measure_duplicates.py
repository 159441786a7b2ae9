"""Measure how alike copies of a preview are, and how alike previews of different voices are.

Reads the previews of an installation: VOICEBOARD_DATA_DIR names its data directory.
"""

import io
import os
import sys
import time
from pathlib import Path

import av
import django
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceboard.settings")
django.setup()

from catalog.audio.decode import decode_audio  # noqa: E402
from catalog.audio.embeddings.encoders import ge2e  # noqa: E402
from catalog.audio.embeddings.near_duplicates import SAME_SOUND, find_same_sounds  # noqa: E402
from catalog.audio.embeddings.waveform import RATE  # noqa: E402
from catalog.audio.formats import FORMATS  # noqa: E402
from catalog.core.media import read_media  # noqa: E402
from catalog.models import PreviewClip  # noqa: E402

_MOST = 300


def encode_mp3(wave: np.ndarray) -> bytes:
    """Return the sound as an MP3 of 32 kbit/s, the worst that providers send."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=RATE)
        stream.bit_rate, stream.layout = 32_000, "mono"
        pcm = (np.clip(wave, -1, 1) * 32_767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return out.getvalue()


def main() -> None:
    """Print the figures."""
    same: dict[str, list[float]] = {"as MP3": [], "without its first second": []}
    vectors = []
    for clip in PreviewClip.objects.order_by("pk")[:_MOST]:
        found = next(each for each in FORMATS.values() if each.content_type == clip.content_type)
        wave, _ = decode_audio(read_media(clip.path), found, rate=RATE, max_seconds=60)
        vector = ge2e().embed(wave)
        vectors.append(vector)
        copy, _ = decode_audio(encode_mp3(wave), FORMATS["mp3"], rate=RATE, max_seconds=60)
        same["as MP3"].append(float(ge2e().embed(copy) @ vector))
        same["without its first second"].append(float(ge2e().embed(wave[RATE:]) @ vector))
    for name, scores in same.items():
        hits = np.mean(np.array(scores) >= SAME_SOUND)
        print(f"{name}: lowest {min(scores):.3f}, found {hits:.0%} of {len(scores)}")
    scores = np.array(vectors) @ np.array(vectors).T
    others = np.sort(scores[np.triu_indices(len(vectors), 1)])[::-1]
    print(f"different voices: highest {others[:5].round(3)} of {others.size} pairs")
    many = np.abs(np.random.default_rng(5).standard_normal((100_000, 256), np.float32))
    packed = (many / np.linalg.norm(many, axis=1)[:, None]).astype(np.float16)
    begun = time.process_time()
    find_same_sounds(packed, np.arange(1_000))
    print(f"1,000 new voices among 100,000: {time.process_time() - begun:.1f} s of CPU time")


if __name__ == "__main__":
    main()
