"""Opens real provider connections; only jobs and the preview service may import this."""

from collections.abc import Mapping

from catalog.providers.base import Provider
from catalog.providers.registry import get_adapter


def open_provider(slug: str, secrets: Mapping[str, str], base_url: str = "") -> Provider:
    """Return the provider for a key, to use as a context manager.

    Raises UnknownProvider, or CredentialRejected for a malformed key.
    """
    return get_adapter(slug)(secrets, base_url=base_url)
