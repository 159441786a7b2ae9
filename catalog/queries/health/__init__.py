"""Health: background work, and whether this process is ready."""
