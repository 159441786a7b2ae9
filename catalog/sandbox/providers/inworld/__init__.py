"""Inworld as documented: voices of a workspace, instant clones, previews, speech.

https://docs.inworld.ai/api-reference/introduction
"""

from collections.abc import Iterable
from typing import ClassVar

from catalog.sandbox.accounts import InitialAccount
from catalog.sandbox.base_provider import AuthorizedCall, BaseProvider, Endpoint, bearer_in
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers.inworld.designing import design_voice, publish_voice
from catalog.sandbox.providers.inworld.editing import clone_voice, delete_voice, update_voice
from catalog.sandbox.providers.inworld.listening import preview_voice, synthesize
from catalog.sandbox.providers.inworld.listing import list_voices
from catalog.sandbox.providers.inworld.refusals import (
    INTERNAL,
    NOT_FOUND,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAUTHENTICATED,
    UNAVAILABLE,
    no_such_voice,
    status_reply,
)
from catalog.sandbox.providers.inworld.voices import make_system_voices, own_voices
from catalog.sandbox.routes import Routes
from catalog.sandbox.voices import SandboxVoice

PROFESSIONAL_SLOTS = 2


def get_voice(call: AuthorizedCall) -> WireResponse:
    """Return one voice.

    https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/get-voice
    """
    voice = call.any_voice(call.values["voice_id"])
    if voice is None:
        raise no_such_voice(call.values["voice_id"])
    return json_reply(voice.payload)


def resolve_upload_limits(call: AuthorizedCall) -> WireResponse:
    """Return the number and limit of professional clones.

    https://docs.inworld.ai/api-reference/pvcAPI/pvcservice/resolve-upload-limits
    """
    used = sum(voice.payload["source"] == "PVC" for voice in call.account.voices())
    return json_reply({"usedPvcVoiceSlots": used, "maxPvcVoiceSlots": PROFESSIONAL_SLOTS})


_SHORT = "/voices/v1"
_LONG = "/voices/v1/workspaces/{workspace}"


class Provider(BaseProvider):
    """Inworld with the sandbox's accounts; each has one workspace."""

    slug: ClassVar[str] = "inworld"
    name_field: ClassVar[str] = "displayName"
    doors = Routes(
        [
            row
            for start in (_SHORT, _LONG)
            for row in (
                ("GET", f"{start}/voices", Endpoint(list_voices)),
                ("POST", f"{start}/voices:clone", Endpoint(clone_voice, is_writing=True)),
                ("POST", f"{start}/voices:design", Endpoint(design_voice, is_writing=True)),
                (
                    "POST",
                    f"{start}/voices/{{voice_id}}:publish",
                    Endpoint(publish_voice, is_writing=True),
                ),
                ("GET", f"{start}/voices/{{voice_id}}", Endpoint(get_voice)),
                ("PATCH", f"{start}/voices/{{voice_id}}", Endpoint(update_voice, is_writing=True)),
                ("DELETE", f"{start}/voices/{{voice_id}}", Endpoint(delete_voice, is_writing=True)),
            )
        ]
        + [
            ("GET", "/voices/v1/pvcVoices:resolveUploadLimits", Endpoint(resolve_upload_limits)),
            ("GET", "/tts/v1/voice:preview", Endpoint(preview_voice)),
            ("POST", "/tts/v1/voice", Endpoint(synthesize, is_writing=True)),
        ]
    )

    def make_library(self) -> Iterable[SandboxVoice]:
        """Return the SYSTEM voices."""
        return make_system_voices(self.backstage.voice_count)

    def opening(self, name: AccountName) -> InitialAccount:
        """Return the initial state of an account."""
        limits = {
            "credit": 0 if name.kind is AccountKind.BROKE else 500_000,
            "clones_per_minute": 5,
            "sample_bytes": 4_000_000,
            "nests_preview": False,
        }
        return InitialAccount(limits, lambda: own_voices(name))

    def key_in(self, request: WireRequest) -> str:
        """Return the API key of a request, or an empty string."""
        return bearer_in(request, "Basic")

    def bad_key(self, request: WireRequest) -> WireResponse:
        """Return the response to a missing or unknown key."""
        missing = not request.headers.get("authorization")
        message = "Authorization header is missing" if missing else "Invalid authorization token"
        return status_reply(UNAUTHENTICATED, message)

    def read_only(self) -> WireResponse:
        """Return the response to a key without write permission."""
        message = "API key does not have the write permission required for this operation"
        return status_reply(PERMISSION_DENIED, message)

    def not_found(self, request: WireRequest) -> WireResponse:
        """Return the response for an unknown path."""
        return status_reply(NOT_FOUND, "Not Found")

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's only 429 response."""
        return status_reply(RESOURCE_EXHAUSTED, "Rate limit exceeded, please retry later")

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error."""
        code = UNAVAILABLE if status == 503 else INTERNAL
        return status_reply(code, message or "internal error", status)
