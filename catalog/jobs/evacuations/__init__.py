"""Evacuations: request the clones of a plan, notify, remind, and read notices of providers."""
