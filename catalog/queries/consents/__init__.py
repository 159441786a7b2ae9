"""Consents: contradictions between them, requests, and the sentences that speakers read."""
