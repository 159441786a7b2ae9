"""Provider accounts: which keys list which voices, and how many voice slots are free."""
