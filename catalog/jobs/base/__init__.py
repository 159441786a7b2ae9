"""What all jobs share: leases, back-off, bulk inserts, and doubts after a restore."""
