"""Providers to try everything with: a small server that speaks their documented web APIs.

It is plain Python and shares no code with the adapters: both are written from the providers'
documents, so that each checks the other.
"""

from catalog.sandbox.server import Sandbox, running_sandbox

__all__ = ["Sandbox", "running_sandbox"]
