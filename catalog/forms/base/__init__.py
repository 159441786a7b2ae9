"""Shared by all forms."""
