"""Untrusted input in, typed values out."""
