"""The interface of a sandbox provider, and the services available to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from catalog.sandbox.clips import ClipStore
from catalog.sandbox.messages import WireRequest, WireResponse
from catalog.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """Services for all sandbox providers; ``clock`` returns Unix seconds."""

    store: Store
    studio: ClipStore
    voice_count: int
    clock: Callable[[], float]


class SandboxProvider(Protocol):
    """One provider's web API; implemented by a class ``Provider`` in a module of ``providers``.

    Request paths are relative to the provider's base URL. An account is named after its
    key (see ``keys``), and stored on the shelf ``<slug>/<account>``.
    """

    slug: ClassVar[str]

    def __init__(self, backstage: Services) -> None: ...

    def key_in(self, request: WireRequest) -> str:
        """Return the API key of a request, or an empty string."""
        ...

    def answer(self, request: WireRequest) -> WireResponse:
        """Process a request and respond like the provider, including errors."""
        ...

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's own 429 response; ``code`` selects a variant."""
        ...

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error."""
        ...

    def state(self) -> dict[str, Any]:
        """Return each account in use with its own voices and counters."""
        ...

    def make_delivery(self, values: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a webhook delivery; raises ValueError or KeyError."""
        ...

    def configure(self, account: str, values: dict[str, Any]) -> None:
        """Change an account's limits; raises KeyError for what can't be changed."""
        ...
