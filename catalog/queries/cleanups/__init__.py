"""Cleanups: stale voices with reasons, expiry, and plans."""
