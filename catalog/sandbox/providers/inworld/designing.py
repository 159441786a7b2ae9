"""Design voices from a description: drafts, one of which is kept by publishing it."""

import base64
import secrets
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.inworld.editing import AUTO, changes_in, language_in, text_in
from catalog.sandbox.providers.inworld.refusals import invalid, no_credit, no_such_voice
from catalog.sandbox.providers.inworld.voices import LANGUAGES, bcp_47, own_payload
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import to_mp3

SHORTEST, LONGEST = 30, 250
MOST_DRAFTS = 3
_DRAFT = "draft"


def design_voice(call: AuthorizedCall) -> WireResponse:
    """Return draft voices that match a description; they aren't listed yet.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/design-voice
    """
    body = call.json_object()
    if body is None:
        raise invalid("request body is not a JSON object")
    prompt, text = text_in(body, "designPrompt"), text_in(body, "previewText")
    if not SHORTEST <= len(prompt) <= LONGEST:
        raise invalid(f"design_prompt must have {SHORTEST} to {LONGEST} characters")
    if not text.strip():
        raise invalid("preview_text is required")
    # Prompts are English here.
    asked, wanted = language_in(body), _number_of_drafts(body)
    language = LANGUAGES["en"] if asked == AUTO else asked
    if call.account.figures()["credit"] <= 0:
        raise no_credit()
    drafts = [_draft(call, prompt, language) for _ in range(wanted)]
    return json_reply(
        {
            "langCode": language,
            "previewVoices": [
                {
                    "voiceId": draft.voice_id,
                    "previewText": text,
                    "previewAudio": _spoken(call, draft, text),
                }
                for draft in drafts
            ],
        }
    )


def publish_voice(call: AuthorizedCall) -> WireResponse:
    """Add a draft to the workspace's voices.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/publish-voice
    """
    changes = changes_in(call.json_object() or {})
    voice_id = call.values["voice_id"]
    with call.account.store.transaction():
        draft = call.account.store.get(call.account.shelf, _DRAFT, voice_id)
        voice = call.account.voice(voice_id) if draft is None else SandboxVoice.from_document(draft)
        if voice is None:
            raise no_such_voice(voice_id)
        voice.payload.update(changes)
        call.account.keep(voice)
        call.account.store.remove(call.account.shelf, _DRAFT, voice_id)
        call.account.count(creates=int(draft is not None))
    return json_reply(voice.payload)


def _number_of_drafts(body: dict[str, Any]) -> int:
    config = body.get("voiceDesignConfig") or {}
    wanted = config.get("numberOfSamples", 1) if isinstance(config, dict) else None
    if not isinstance(wanted, int) or not 1 <= wanted <= MOST_DRAFTS:
        raise invalid(f"number_of_samples must be between 1 and {MOST_DRAFTS}")
    return wanted


def _draft(call: AuthorizedCall, prompt: str, language: str) -> SandboxVoice:
    payload = own_payload(call.account.name, f"designed_{secrets.token_hex(4)}", "Designed voice")
    payload |= {"langCode": language, "promptLanguages": [bcp_47(language)], "description": prompt}
    voice = SandboxVoice(payload["voiceId"], payload, facts={"created_at": call.account.now()})
    document = voice.as_document()
    call.account.store.put(call.account.shelf, _DRAFT, voice.voice_id, document)
    return voice


def _spoken(call: AuthorizedCall, voice: SandboxVoice, text: str) -> str:
    content = to_mp3(voice.speak(call.backstage.studio, text))
    return base64.b64encode(content).decode()
