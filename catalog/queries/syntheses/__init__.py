"""Syntheses: cost estimates, history, sample texts, and code snippets."""
