"""Voices: change names, labels, and settings; archive."""
