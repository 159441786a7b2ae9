"""Samples, and the quality report of each."""
