"""Code snippets that synthesize speech with a voice from the user's own program."""

from dataclasses import dataclass

from django.conf import settings

from catalog.models import Voice
from catalog.providers.code_snippets import write_curl, write_python


@dataclass(frozen=True, slots=True)
class CodeSnippet:
    """Code to copy in one language; it has a placeholder for the API key."""

    label: str
    text: str


def find_ready_calls(voice: Voice) -> list[CodeSnippet]:
    """Return snippets that use this voice, [] if the provider's API can't be called that way."""
    call = voice.info.speech_call
    voice_id = _spoken_id(voice)
    if call is None or voice.is_gone or not voice_id:
        return []
    # In demo mode, the configured URL is the sandbox's, which is useless elsewhere.
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
