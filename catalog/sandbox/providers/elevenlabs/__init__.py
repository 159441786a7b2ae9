"""ElevenLabs as documented: voices, instant clones, samples, settings, speech, account.

https://elevenlabs.io/docs/api-reference/introduction
"""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers.elevenlabs.accounts import WRITE_PERMISSION, ElevenLabsAccount
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall, Endpoint
from catalog.sandbox.providers.elevenlabs.editing import (
    add_voice,
    delete_sample,
    delete_voice,
    edit_settings,
    edit_voice,
    get_default_settings,
    get_settings,
)
from catalog.sandbox.providers.elevenlabs.history import PERMISSION as HISTORY_PERMISSION
from catalog.sandbox.providers.elevenlabs.history import list_history
from catalog.sandbox.providers.elevenlabs.library import make_library
from catalog.sandbox.providers.elevenlabs.listening import convert_text, play_preview, play_sample
from catalog.sandbox.providers.elevenlabs.listing import list_voices, search_voices
from catalog.sandbox.providers.elevenlabs.refusals import (
    ElevenLabsError,
    invalid_key,
    missing_permission,
    no_key,
    refuse,
    refuse_in_the_older_shape,
)
from catalog.sandbox.providers.elevenlabs.user import get_subscription, get_user, list_models
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice
from catalog.sandbox.providers.elevenlabs.webhooks import make_delivery
from catalog.sandbox.providers.elevenlabs.workspaces import begin_professional, share_resource
from catalog.sandbox.routes import NoSuchMethod, NoSuchPath, RouteMatch, Routes
from catalog.sandbox.services import Services
from catalog.sandbox.tts_simple import SpeechUnavailable

READ_PERMISSION = "voices_read"
BUSY_CODES = {"concurrent_limit_exceeded", "too_many_concurrent_requests", "system_busy"}


def get_voice(call: ElevenLabsCall) -> WireResponse:
    """Return one voice.

    https://elevenlabs.io/docs/api-reference/voices/get
    """
    return json_reply(call.shown(call.voice()))


@dataclass(frozen=True, slots=True)
class PermittedEndpoint:
    """An endpoint, and the permission it requires."""

    endpoint: Endpoint
    permission: str


_ROUTES = Routes(
    [
        ("GET", "/v2/voices", PermittedEndpoint(search_voices, READ_PERMISSION)),
        ("GET", "/v1/voices", PermittedEndpoint(list_voices, READ_PERMISSION)),
        ("POST", "/v1/voices/add", PermittedEndpoint(add_voice, WRITE_PERMISSION)),
        (
            "GET",
            "/v1/voices/settings/default",
            PermittedEndpoint(get_default_settings, READ_PERMISSION),
        ),
        ("GET", "/v1/voices/{voice_id}", PermittedEndpoint(get_voice, READ_PERMISSION)),
        ("DELETE", "/v1/voices/{voice_id}", PermittedEndpoint(delete_voice, WRITE_PERMISSION)),
        ("POST", "/v1/voices/{voice_id}/edit", PermittedEndpoint(edit_voice, WRITE_PERMISSION)),
        ("GET", "/v1/voices/{voice_id}/settings", PermittedEndpoint(get_settings, READ_PERMISSION)),
        (
            "POST",
            "/v1/voices/{voice_id}/settings/edit",
            PermittedEndpoint(edit_settings, WRITE_PERMISSION),
        ),
        (
            "DELETE",
            "/v1/voices/{voice_id}/samples/{sample_id}",
            PermittedEndpoint(delete_sample, WRITE_PERMISSION),
        ),
        (
            "GET",
            "/v1/voices/{voice_id}/samples/{sample_id}/audio",
            PermittedEndpoint(play_sample, READ_PERMISSION),
        ),
        ("POST", "/v1/voices/pvc", PermittedEndpoint(begin_professional, WRITE_PERMISSION)),
        (
            "POST",
            "/v1/workspace/resources/{voice_id}/share",
            PermittedEndpoint(share_resource, WRITE_PERMISSION),
        ),
        (
            "POST",
            "/v1/text-to-speech/{voice_id}",
            PermittedEndpoint(convert_text, "text_to_speech"),
        ),
        (
            "POST",
            "/v1/text-to-speech/{voice_id}/stream",
            PermittedEndpoint(convert_text, "text_to_speech"),
        ),
        ("GET", "/v1/history", PermittedEndpoint(list_history, HISTORY_PERMISSION)),
        ("GET", "/v1/user", PermittedEndpoint(get_user, "user_read")),
        ("GET", "/v1/user/subscription", PermittedEndpoint(get_subscription, "user_read")),
        ("GET", "/v1/models", PermittedEndpoint(list_models, "models_read")),
    ]
)
_FILES = Routes([("GET", "/_files/{voice_id}.mp3", "preview")])


class Provider:
    """ElevenLabs, with the sandbox's accounts."""

    slug: ClassVar[str] = "elevenlabs"

    def __init__(self, backstage: Services) -> None:
        self._backstage = backstage
        voices = make_library(backstage.voice_count, backstage.clock())
        self._library = {voice.voice_id: voice for voice in voices}

    def key_in(self, request: WireRequest) -> str:
        """Return the API key of a request, or an empty string."""
        return request.headers.get("xi-api-key", "")

    def answer(self, request: WireRequest) -> WireResponse:
        """Process a request and respond like the provider, including errors."""
        try:
            reply = self._answer(request)
        except NoSuchPath:
            reply = json_reply({"detail": "Not Found"}, 404)
        except NoSuchMethod:
            reply = json_reply({"detail": "Method Not Allowed"}, 405)
        except ElevenLabsError as refusal:
            return _refused(refusal)
        except SpeechUnavailable as exc:
            return self.server_error(500, str(exc))
        return reply.with_headers(request_id=uuid4().hex)

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's own 429, for either the plan's concurrency or a rate."""
        if code in BUSY_CODES:
            message = "Too many concurrent requests. Your subscription allows a maximum of 5."
            return _refused(
                refuse(429, "rate_limit_error", "concurrent_limit_exceeded", message, status=code)
            )
        message = "You have exceeded the rate limit. Please slow down."
        return _refused(refuse(429, "rate_limit_error", "rate_limit_exceeded", message))

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error."""
        worded = message or "Something went wrong on our side. Please try again."
        return _refused(refuse_in_the_older_shape(status, "internal_server_error", worded))

    def state(self) -> dict[str, Any]:
        """Return each account in use with its own voices and counters."""
        prefix = f"{self.slug}/"
        names = [shelf.removeprefix(prefix) for shelf in self._backstage.store.shelves(prefix)]
        return {"accounts": {name: _account_state(self._account(name)) for name in names}}

    def configure(self, account: str, values: dict[str, Any]) -> None:
        """Change an account's limits; raises KeyError for what can't be changed."""
        self._account(account).adjust(values)

    def make_delivery(self, values: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Return what the provider sends to a webhook."""
        return make_delivery(values, int(self._backstage.clock()))

    def _answer(self, request: WireRequest) -> WireResponse:
        try:
            match = _ROUTES.find(request.method, request.path)
        except NoSuchPath:
            return self._answer_file(request)
        return match.target.endpoint(self._admit(request, match))

    def _admit(self, request: WireRequest, match: RouteMatch[PermittedEndpoint]) -> ElevenLabsCall:
        # Permissions are checked before the body, so an empty request reveals them.
        key = self.key_in(request)
        if not key:
            raise no_key()
        name = AccountName.from_key(self.slug, key)
        if name is None:
            raise invalid_key()
        account = ElevenLabsAccount(self._backstage, name, self._library)
        if match.target.permission not in account.plan.permissions:
            raise missing_permission(match.target.permission)
        return ElevenLabsCall(request, account, self._backstage, match.values)

    def _answer_file(self, request: WireRequest) -> WireResponse:
        match = _FILES.find(request.method, request.path)
        voice = self._find_anywhere(match.values["voice_id"])
        if voice is None or not voice.has_preview:
            raise NoSuchPath
        return play_preview(request, self._backstage, voice)

    def _find_anywhere(self, voice_id: str) -> ElevenLabsVoice | None:
        if voice_id in self._library:
            return self._library[voice_id]
        for shelf in self._backstage.store.shelves(f"{self.slug}/"):
            document = self._backstage.store.get(shelf, "voice", voice_id)
            if document is not None:
                return ElevenLabsVoice.from_document(document)
        return None

    def _account(self, name: str) -> ElevenLabsAccount:
        kind, _, number = name.partition("-")
        parsed = AccountName(AccountKind(kind), int(number or 1))
        return ElevenLabsAccount(self._backstage, parsed, self._library)


def _refused(refusal: ElevenLabsError) -> WireResponse:
    request_id = uuid4().hex
    detail = refusal.detail
    if isinstance(detail, dict) and "type" in detail:
        detail = {**detail, "request_id": request_id}
    return json_reply({"detail": detail}, refusal.status).with_headers(request_id=request_id)


def _account_state(account: ElevenLabsAccount) -> dict[str, Any]:
    own = account.own_voices()
    return {
        "voice_count": len(account.voices()),
        "own_voices": [{"id": voice.voice_id, "name": voice.payload["name"]} for voice in own],
        **account.usage(),
    }
