"""Clean-up: plans, the rules, and voices kept from them."""
