"""API keys: check what each opens and may do, and replace one by another."""
