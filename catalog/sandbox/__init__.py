"""A test server that emulates the providers' documented web APIs.

It shares no code with the adapters: both are written from the providers'
documentation, so each checks the other.
"""

from catalog.sandbox.server import Sandbox, running_sandbox

__all__ = ["Sandbox", "running_sandbox"]
