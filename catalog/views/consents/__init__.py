"""Consents that speakers read aloud: asking for them, recording, and deciding."""
