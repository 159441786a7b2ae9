"""Clones: batches and jobs."""
