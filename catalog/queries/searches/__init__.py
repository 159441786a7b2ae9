"""Searches: the filters in a URL, facets, and sort orders."""
