"""Clean-up: what is stale, what expires, rules, plans, and what is kept."""
