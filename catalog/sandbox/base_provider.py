"""The common parts of most providers: an endpoint table, keys for accounts, and errors."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from catalog.sandbox.accounts import InitialAccount, SandboxAccount
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse
from catalog.sandbox.multipart import Form, NotMultipart, parse_form
from catalog.sandbox.routes import NoSuchMethod, NoSuchPath, RouteMatch, Routes
from catalog.sandbox.services import Services
from catalog.sandbox.tts_simple import SpeechUnavailable
from catalog.sandbox.voices import SandboxVoice
from catalog.sandbox.waveforms import NotAudio, Waveform, container_of, decode_recording


class ErrorResponse(Exception):
    """A rejected request, with its response."""

    def __init__(self, reply: WireResponse) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class AuthorizedCall:
    """An authorized request; ``values`` are the variable segments of its path."""

    request: WireRequest
    account: SandboxAccount
    backstage: Services
    library: dict[str, SandboxVoice]
    values: dict[str, str]
    base_url: str

    def json_object(self) -> dict[str, Any] | None:
        """Return the JSON object in the body, or None if there is none."""
        try:
            value = json.loads(self.request.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def form(self) -> Form:
        """Return the multipart form in the body, an empty one if it is something else."""
        try:
            return parse_form(self.request.headers.get("content-type", ""), self.request.body)
        except NotMultipart:
            return Form()

    def any_voice(self, voice_id: str) -> SandboxVoice | None:
        """Return a voice of the account or of the library, or None."""
        return self.account.voice(voice_id) or self.library.get(voice_id)


EndpointFunction = Callable[[AuthorizedCall], WireResponse]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, and whether it rejects read-only keys."""

    endpoint: EndpointFunction
    is_writing: bool = False


class BaseProvider(ABC):
    """A provider; subclasses define its error messages and endpoints."""

    slug: ClassVar[str]
    doors: ClassVar[Routes[Endpoint]]
    name_field: ClassVar[str] = "name"
    # The end of the base URL: clients that only replace the host keep it in their paths.
    version: ClassVar[str] = ""

    def __init__(self, backstage: Services) -> None:
        self.backstage = backstage
        self.library = {voice.voice_id: voice for voice in self.make_library()}

    @abstractmethod
    def make_library(self) -> Iterable[SandboxVoice]:
        """Return the provider's built-in voices."""

    @abstractmethod
    def opening(self, name: AccountName) -> InitialAccount:
        """Return the initial state of an account."""

    @abstractmethod
    def key_in(self, request: WireRequest) -> str:
        """Return the API key of a request, or an empty string."""

    @abstractmethod
    def bad_key(self, request: WireRequest) -> WireResponse:
        """Return the response to a missing or unknown key."""

    @abstractmethod
    def read_only(self) -> WireResponse:
        """Return the response to a key without permission."""

    @abstractmethod
    def not_found(self, request: WireRequest) -> WireResponse:
        """Return the response for an unknown path."""

    @abstractmethod
    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's own 429 response; ``code`` selects a variant."""

    @abstractmethod
    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error."""

    def answer(self, request: WireRequest) -> WireResponse:
        """Process a request and respond like the provider, including errors."""
        try:
            return self._answer(request)
        except ErrorResponse as refusal:
            return refusal.reply
        except (NoSuchPath, NoSuchMethod):
            return self.not_found(request)
        except SpeechUnavailable as exc:
            return self.server_error(500, str(exc))

    def answer_file(self, request: WireRequest) -> WireResponse:
        """Serve the provider's public files; raises NoSuchPath for everything else."""
        raise NoSuchPath

    def is_deleted(self, voice: SandboxVoice) -> bool:
        """Return whether a stored voice counts as deleted."""
        return False

    def state(self) -> dict[str, Any]:
        """Return each account in use with its own voices and counters."""
        prefix = f"{self.slug}/"
        names = [shelf.removeprefix(prefix) for shelf in self.backstage.store.shelves(prefix)]
        return {"accounts": {name: self._account_state(_named(name)) for name in names}}

    def configure(self, account: str, values: dict[str, Any]) -> None:
        """Change an account's limits; raises KeyError for what can't be changed."""
        self.account(_named(account)).adjust(values)

    def make_delivery(self, values: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Return what the provider sends to a webhook; most send nothing."""
        raise ValueError("this provider has no webhooks")

    def account(self, name: AccountName) -> SandboxAccount:
        """Return an account, initialized on first use."""
        return SandboxAccount(self.backstage, self.slug, name, self.opening(name))

    def accounts(self) -> Iterable[SandboxAccount]:
        """Yield every account in use."""
        prefix = f"{self.slug}/"
        for shelf in self.backstage.store.shelves(prefix):
            yield self.account(_named(shelf.removeprefix(prefix)))

    def _answer(self, request: WireRequest) -> WireResponse:
        if self.version:
            request = request.under(f"/{self.version}")
        try:
            match = self.doors.find(request.method, request.path)
        except NoSuchPath:
            return self.answer_file(request)
        return match.target.endpoint(self._admit(request, match))

    def _admit(self, request: WireRequest, match: RouteMatch[Endpoint]) -> AuthorizedCall:
        name = AccountName.from_key(self.slug, self.key_in(request))
        if name is None:
            raise ErrorResponse(self.bad_key(request))
        account = self.account(name)
        if match.target.is_writing and not account.may_write:
            raise ErrorResponse(self.read_only())
        base_url = f"{request.origin}/{self.slug}"
        return AuthorizedCall(
            request, account, self.backstage, self.library, match.values, base_url
        )

    def _account_state(self, name: AccountName) -> dict[str, Any]:
        account = self.account(name)
        own = [voice for voice in account.voices() if not self.is_deleted(voice)]
        named = [
            {"id": voice.voice_id, "name": voice.payload.get(self.name_field, "")} for voice in own
        ]
        return {
            "voice_count": len(own) + len(self.library),
            "own_voices": named,
            **account.figures(),
        }


def bearer_in(request: WireRequest, scheme: str = "Bearer") -> str:
    """Return the credentials in the Authorization header, or an empty string."""
    given, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if given.casefold() == scheme.casefold() else ""


def hear(content: bytes, containers: Collection[str | None]) -> Waveform | None:
    """Decode an upload; None unless it is in one of these containers."""
    if container_of(content) not in containers:
        return None
    try:
        return decode_recording(content)
    except NotAudio:
        return None


def whole_number(given: str) -> int | None:
    """Parse an integer; None if the text is not one."""
    text = given.removeprefix("-")
    return int(given) if text.isascii() and text.isdigit() and len(text) < 10 else None


def audio_reply(content: bytes, content_type: str) -> WireResponse:
    """Return a response with audio generated for this call."""
    return WireResponse(200, content, content_type)


def _named(name: str) -> AccountName:
    kind, _, number = name.partition("-")
    return AccountName(AccountKind(kind), int(number or 1))
