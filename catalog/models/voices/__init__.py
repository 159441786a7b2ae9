"""Voices: our copy, changes to carry back, settings, and the version of a team's copy."""
