"""Clones: the form that requests them, and the filter of the list of jobs."""
