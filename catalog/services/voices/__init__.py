"""Voices: change a name, labels or settings; archive."""
