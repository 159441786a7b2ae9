"""Provider accounts and their owners."""
