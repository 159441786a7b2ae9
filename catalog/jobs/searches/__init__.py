"""Search: the index files, and the searchable text of voices."""
