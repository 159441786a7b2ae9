"""API keys, the voices that each lists, replacements, and rotation of the master key."""
