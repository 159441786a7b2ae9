"""Collections: list them, show one, and add voices."""
