"""Provider accounts: which keys list which voices, and how many slots are free."""
