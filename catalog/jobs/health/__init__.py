"""Health: heartbeats of the background processes."""
