"""Clones: what is asked for, and the filter of the list of jobs."""
