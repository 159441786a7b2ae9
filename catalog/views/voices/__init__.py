"""Voices: the list, one voice, its settings; cards and ETags."""
