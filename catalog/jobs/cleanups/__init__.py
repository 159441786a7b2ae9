"""Cleanup plans: start, recheck, delete, log the outcome, notify, report."""
