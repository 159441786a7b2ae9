"""Evacuations: replacement plans, what they change, and announced ends."""
