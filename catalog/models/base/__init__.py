"""Base classes: leases for rows that represent work, and rows that are read in bulk."""
