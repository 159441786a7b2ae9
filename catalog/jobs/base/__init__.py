"""Shared by all jobs: leases, back-off, bulk inserts, and detection of restored rows."""
