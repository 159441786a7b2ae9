"""Changes that people make: permission checked, validated, each in one transaction."""
