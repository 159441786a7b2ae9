"""Sessions: where a user is signed in, and asking for the password again."""
