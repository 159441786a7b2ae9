"""Shared by several queries."""
