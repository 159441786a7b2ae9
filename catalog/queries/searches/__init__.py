"""Searches: the filters in an address, the facets beside a list, the sort orders."""
