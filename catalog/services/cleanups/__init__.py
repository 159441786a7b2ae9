"""Cleanups: plans, rules, and voices that are kept out of them."""
