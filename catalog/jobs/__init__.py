"""Background jobs: call providers, and write to the database in short transactions in between."""
