"""Health: a page for people, and probes for machines."""
