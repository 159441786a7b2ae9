"""Syntheses: what a text would cost, what was said, texts to try, code to copy."""
