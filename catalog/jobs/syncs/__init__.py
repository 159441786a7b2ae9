"""Keep our copy of the providers' voices up to date."""
