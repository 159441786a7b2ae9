"""Health: the page for people, and the probes for machines."""
