"""Evacuations: what ends and when, what could take its place, and a plan's page."""
