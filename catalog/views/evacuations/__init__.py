"""Evacuations: replacement plans, and announced ends."""
