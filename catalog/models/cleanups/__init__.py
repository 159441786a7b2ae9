"""Cleanups: plans, rules, keeps, and protection."""
