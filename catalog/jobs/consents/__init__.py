"""Consents that speakers record: checking the recording, and accepting it."""
