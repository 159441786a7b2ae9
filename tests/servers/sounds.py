"""A recording to clone from."""

import io
import math
import struct
import wave

SAMPLE_SECONDS = 12.0


def make_sound(pitch: int) -> bytes:
    """Return a WAV that no provider rejects as silent or too short."""
    rate = 16_000
    values = [
        round(9_000 * math.sin(math.tau * pitch * at / rate) * abs(math.sin(at / 2_000)))
        for at in range(round(SAMPLE_SECONDS * rate))
    ]
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(struct.pack(f"<{len(values)}h", *values))
    return file.getvalue()
