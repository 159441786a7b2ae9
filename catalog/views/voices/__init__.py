"""Voices: the list, one voice, and its settings; cached cards and ETags."""
