"""Samples: convert them for a provider, and analyze uploads."""
