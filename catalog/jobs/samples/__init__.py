"""Samples: prepare what a provider takes, and analyze what was uploaded."""
