"""Voices: store what a provider lists, badges, labels, and changes to push back."""
