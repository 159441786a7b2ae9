"""Clean-up plans: start, check again, delete, log the outcome, notify, report."""
