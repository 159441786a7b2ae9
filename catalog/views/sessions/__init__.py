"""Sessions: where a person is signed in, and asking for the password again."""
