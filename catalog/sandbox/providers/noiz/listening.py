"""Audio at Noiz: voice links and speech."""

from catalog.sandbox.accounts import SandboxAccount
from catalog.sandbox.base_provider import AuthorizedCall, audio_reply, hear
from catalog.sandbox.bills import bill_speech
from catalog.sandbox.messages import WireResponse
from catalog.sandbox.multipart import Form
from catalog.sandbox.people import make_person
from catalog.sandbox.providers.noiz.endpoints import CONTAINERS, find_voice
from catalog.sandbox.providers.noiz.refusals import invalid, no_credit, no_such_voice
from catalog.sandbox.services import Services
from catalog.sandbox.voices import SandboxVoice, record_reading
from catalog.sandbox.waveforms import Waveform, median_pitch, to_mp3, to_wav

MOST_CHARACTERS, MOST_STREAMED = 5_000, 50_000
SAMPLE_SECONDS = 8.0
RATE = 24_000


def convert_text(call: AuthorizedCall) -> WireResponse:
    """Synthesize a text with a voice or with an uploaded file.

    https://developers.noiz.ai/docs-text-to-speech
    """
    form = call.form()
    text = _text(form)
    wanted = form.first("output_format") or "wav"
    if wanted not in ("wav", "mp3"):
        raise invalid("output_format must be one of: wav, mp3")
    voice = _voice(call, form)
    speed = _speed(form)
    if call.account.figures()["credit"] < len(text):
        raise no_credit()
    sound = voice.speak(call.backstage.studio, text, speed)
    with call.account.store.transaction():
        call.account.count(credit=-len(text))
        bill_speech(call.account, voice.voice_id, text)
    reply = audio_reply(_encoded(sound, wanted), "audio/mpeg" if wanted == "mp3" else "audio/wav")
    return reply.with_headers(
        X_Audio_Duration=f"{sound.seconds:.3f}", X_Timestamp=str(int(call.account.now()))
    )


def own_sample(backstage: Services, account: SandboxAccount | None, voice: SandboxVoice) -> bytes:
    """Return the recording that a voice was made from, as WAV."""
    recording = account and account.store.get_recording(account.shelf, voice.voice_id)
    return recording or record_reading(backstage.studio, make_person(voice.seed), SAMPLE_SECONDS)


def _text(form: Form) -> str:
    text = form.first("text") or ""
    if not text.strip():
        raise invalid("text is required")
    most = MOST_STREAMED if form.first("stream") == "true" else MOST_CHARACTERS
    if len(text) > most:
        raise invalid(f"text must be at most {most} characters")
    return text


def _voice(call: AuthorizedCall, form: Form) -> SandboxVoice:
    if voice_id := form.first("voice_id"):
        voice = find_voice(call, voice_id)
        if "delete_time" in voice.payload:
            raise no_such_voice()
        return voice
    uploads = form.uploads("file")
    sound = hear(uploads[0].content, CONTAINERS) if uploads else None
    if sound is None:
        raise invalid("Either voice_id or a readable file must be provided.")
    return SandboxVoice("upload", {}, pitch=median_pitch(sound))


def _speed(form: Form) -> float:
    try:
        speed = float(form.first("speed") or 1)
    except ValueError as exc:
        raise invalid("speed must be a number") from exc
    if not 0.5 <= speed <= 2:
        raise invalid("speed must be between 0.5 and 2")
    return speed


def _encoded(sound: Waveform, wanted: str) -> bytes:
    if wanted == "mp3":
        return to_mp3(sound)
    return to_wav(sound, rate=RATE, seconds=sound.seconds)
