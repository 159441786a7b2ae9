"""What people ask for: quick, checked, each in one transaction."""
