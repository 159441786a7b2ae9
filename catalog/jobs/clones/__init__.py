"""Clones, made exactly once: run, reconcile a lost answer, cancel, remove duplicates."""
