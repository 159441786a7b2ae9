"""Clean-up: what is stale and why, what expires, and the plans."""
