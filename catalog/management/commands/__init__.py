"""Management commands, as thin as tasks."""
