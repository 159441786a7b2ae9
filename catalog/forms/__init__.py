"""Forms: they validate untrusted input and return typed values."""
