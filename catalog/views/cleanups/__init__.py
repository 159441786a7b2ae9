"""Cleanups: stale voices, expiry, rules, plans, and keeps."""
