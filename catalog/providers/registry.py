"""Finds the adapters: every module in ``adapters`` with a class named ``Adapter``."""

import functools
import importlib
import pkgutil

from catalog.providers import adapters
from catalog.providers.base import Provider
from catalog.providers.types import ProviderInfo


class UnknownProvider(LookupError):
    """There is no adapter with this name."""


def get_adapter(slug: str) -> type[Provider]:
    """Return the adapter class of a provider; raises UnknownProvider."""
    try:
        return _find_adapters()[slug]
    except KeyError:
        raise UnknownProvider(f"Voiceboard has no provider named {slug[:40]!r}.") from None


def all_infos() -> tuple[ProviderInfo, ...]:
    """Return the info of every provider, sorted by name."""
    infos = (adapter.info for adapter in _find_adapters().values())
    return tuple(sorted(infos, key=lambda info: info.label.lower()))


@functools.cache
def _find_adapters() -> dict[str, type[Provider]]:
    found: dict[str, type[Provider]] = {}
    for module in pkgutil.iter_modules(adapters.__path__, f"{adapters.__name__}."):
        adapter = getattr(importlib.import_module(module.name), "Adapter", None)
        if adapter is not None:
            found[adapter.info.slug] = adapter
    return found
