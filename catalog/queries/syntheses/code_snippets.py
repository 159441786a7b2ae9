"""How a voice is asked to speak by somebody's own program."""

from dataclasses import dataclass

from django.conf import settings

from catalog.models import Voice
from catalog.providers.code_snippets import write_curl, write_python


@dataclass(frozen=True, slots=True)
class CodeSnippet:
    """One way to write the call, to be copied; it holds a placeholder for the key."""

    label: str
    text: str


def find_ready_calls(voice: Voice) -> list[CodeSnippet]:
    """Return the call that speaks in this voice, none where the provider has no such call."""
    call = voice.info.speech_call
    voice_id = _spoken_id(voice)
    if call is None or voice.is_gone or not voice_id:
        return []
    # In demo mode the provider's address is the sandbox's, which is no use outside.
    base_url = voice.info.base_url if settings.DEMO else settings.PROVIDER_BASE_URLS[voice.provider]
    own = {"is_owned": voice.is_owned}
    return [
        CodeSnippet("curl", write_curl(call, base_url, voice_id, **own)),
        CodeSnippet("Python", write_python(call, base_url, voice_id, **own)),
    ]


def _spoken_id(voice: Voice) -> str:
    call = voice.info.speech_call
    if call and call.own_id_in and voice.is_owned:
        return str(voice.details.get(call.own_id_in, ""))
    return voice.remote_id
