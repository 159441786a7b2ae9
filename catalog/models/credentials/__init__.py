"""API keys, what each lists, their replacement, and the master key's rotation."""
