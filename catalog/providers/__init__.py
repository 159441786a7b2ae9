"""Adapters that translate between the providers' web APIs and our types; no Django in here."""
