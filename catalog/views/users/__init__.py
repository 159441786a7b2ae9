"""Users: the own page, the first admin, the password."""
