"""Provider accounts: those that are built in, and who owns the others."""
