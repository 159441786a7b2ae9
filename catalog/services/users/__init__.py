"""Users: the first admin, signing in and out, sessions, and password links."""
