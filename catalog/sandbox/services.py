"""What the sandbox expects of a provider, and what it lends to one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from catalog.sandbox.clips import ClipStore
from catalog.sandbox.messages import WireRequest, WireResponse
from catalog.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What every provider of the sandbox works with; ``clock`` tells Unix seconds."""

    store: Store
    studio: ClipStore
    voice_count: int
    clock: Callable[[], float]


class SandboxProvider(Protocol):
    """One provider's web API; the class is called ``Provider`` in a module of ``providers``.

    Paths of requests are those behind the provider's base URL. An account is named after the
    key that opens it (see ``keys``), and lives on the shelf ``<slug>/<account>`` of the store.
    """

    slug: ClassVar[str]

    def __init__(self, backstage: Services) -> None: ...

    def key_in(self, request: WireRequest) -> str:
        """Return the API key that came with a request, or an empty string."""
        ...

    def answer(self, request: WireRequest) -> WireResponse:
        """Do what was asked and answer as the provider does, refusals included."""
        ...

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's own 429; ``code`` picks among several."""
        ...

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own trouble report."""
        ...

    def state(self) -> dict[str, Any]:
        """Return each account in use with its own voices and what was done in it."""
        ...

    def configure(self, account: str, values: dict[str, Any]) -> None:
        """Change limits of an account; raises KeyError for what cannot be changed."""
        ...
