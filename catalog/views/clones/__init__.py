"""Clones: ask for them, and follow their jobs."""
