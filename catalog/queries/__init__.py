"""Queries: what a page reads; nothing here writes."""
