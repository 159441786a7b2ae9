"""What tables share: leases of rows that are work, and rows read in bulk."""
