"""Teams: delete files that a team keeps only for some time."""
