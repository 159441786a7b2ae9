"""Health: whether the background works, and whether this process is ready."""
