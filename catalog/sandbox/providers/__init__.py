"""The emulated providers: every module here with a class ``Provider``."""

import importlib
import pkgutil

from catalog.sandbox.services import SandboxProvider


def provider_classes() -> list[type[SandboxProvider]]:
    """Return the provider class of each module in this folder."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").Provider for name in names]
