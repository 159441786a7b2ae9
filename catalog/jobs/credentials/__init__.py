"""API keys: check what each can access, and replace one with another."""
