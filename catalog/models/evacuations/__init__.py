"""Evacuations: announced ends, replacement plans, and what a plan changed."""
