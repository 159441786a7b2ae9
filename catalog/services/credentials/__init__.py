"""API keys: add, check, share, replace, and remove them; rotate the master key."""
