"""The adapters that there are: every module of the folder ``adapters`` with an ``Adapter``."""

import functools
import importlib
import pkgutil

from catalog.providers import adapters
from catalog.providers.base import Provider
from catalog.providers.types import ProviderInfo


class UnknownProvider(LookupError):
    """Voiceboard has no adapter of this name."""


def get_adapter(slug: str) -> type[Provider]:
    """Return the class that speaks to a provider; raises UnknownProvider."""
    try:
        return _find_adapters()[slug]
    except KeyError:
        raise UnknownProvider(f"Voiceboard does not know the provider {slug[:40]!r}.") from None


def all_infos() -> tuple[ProviderInfo, ...]:
    """Return what every provider says of itself, in the order of their names."""
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
