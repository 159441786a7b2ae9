"""Audio formats for speech, and the plans that include them.

https://elevenlabs.io/docs/api-reference/text-to-speech/convert: MP3 at 192 kbit/s needs Creator or
a higher plan, PCM and WAV at 44.1 kHz need Pro; all other formats are in every plan.
"""

from catalog.sandbox.waveforms import Encoding

DEFAULT = "mp3_44100_128"
PLANS = ("free", "starter", "creator", "pro", "scale", "business", "enterprise")
_MP3 = ((22_050, 32), (24_000, 48), *((44_100, kbps) for kbps in (32, 64, 96, 128, 192)))
_RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
ENCODINGS = {
    **{
        f"mp3_{rate}_{kbps}": Encoding("mp3", "libmp3lame", "s16p", rate, kbps)
        for rate, kbps in _MP3
    },
    **{f"pcm_{rate}": Encoding("s16le", "pcm_s16le", "s16", rate) for rate in _RATES},
    **{f"wav_{rate}": Encoding("wav", "pcm_s16le", "s16", rate) for rate in _RATES},
    **{
        f"opus_48000_{kbps}": Encoding("ogg", "libopus", "s16", 48_000, kbps)
        for kbps in (32, 64, 96, 128, 192)
    },
    "ulaw_8000": Encoding("mulaw", "pcm_mulaw", "s16", 8_000),
    "alaw_8000": Encoding("alaw", "pcm_alaw", "s16", 8_000),
}
CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "pcm": "audio/pcm",
    "wav": "audio/wav",
    "opus": "audio/opus",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
}
_LEAST_PLANS = {
    "mp3_44100_192": "creator",
    "pcm_44100": "pro",
    "wav_44100": "pro",
    "pcm_48000": "pro",
    "wav_48000": "pro",
}


def plan_has(tier: str, name: str) -> bool:
    """Return whether a plan includes a format."""
    return PLANS.index(tier) >= PLANS.index(_LEAST_PLANS.get(name, "free"))


def content_type(name: str) -> str:
    """Return a format's media type."""
    return CONTENT_TYPES[name.partition("_")[0]]
