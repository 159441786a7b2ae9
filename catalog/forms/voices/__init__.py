"""Voices: the filters of the list, names, labels, and settings."""
