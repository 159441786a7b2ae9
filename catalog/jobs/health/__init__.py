"""Health: heartbeats of the processes that work in the background."""
