"""One module a provider; the registry finds them by being here."""
