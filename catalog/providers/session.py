"""Opens a provider for real; only jobs and the preview service may import this."""

from collections.abc import Mapping

from catalog.providers.base import Provider
from catalog.providers.registry import get_adapter


def open_provider(slug: str, secrets: Mapping[str, str], base_url: str = "") -> Provider:
    """Return the provider behind a key, to be used as a context manager.

    Raises UnknownProvider, and CredentialRejected for a key that cannot be one.
    """
    return get_adapter(slug)(secrets, base_url=base_url)
