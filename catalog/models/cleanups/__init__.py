"""Clean-up: plans, rules, and voices kept from them."""
