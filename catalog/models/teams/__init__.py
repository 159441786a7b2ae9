"""Teams: members, and the links by which people come in."""
