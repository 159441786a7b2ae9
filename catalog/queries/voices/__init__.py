"""Voices: search, and everything that the list and one voice show."""
