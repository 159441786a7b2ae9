"""Samples, and what the worker found out about each."""
