"""Collections: the list, one of them, and adding a voice."""
