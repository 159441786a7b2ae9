"""Provider accounts: the built-in ones, and who is responsible for the others."""
