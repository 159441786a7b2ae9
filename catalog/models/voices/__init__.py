"""Voices: our copy, pending changes, settings, and version numbers."""
