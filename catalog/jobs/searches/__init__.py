"""Searching: the index files, and the text that voices are found by."""
