"""One module or package per provider; the registry finds them here."""
