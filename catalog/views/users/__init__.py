"""Users: the account page, the first admin, and password links."""
