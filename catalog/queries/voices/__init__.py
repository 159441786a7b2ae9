"""Voices: find them, and all that one page of the list shows."""
