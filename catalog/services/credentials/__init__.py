"""API keys: add, check, share, replace, remove; rotate the master key."""
