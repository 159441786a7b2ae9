"""Clones: request them, and follow their jobs."""
