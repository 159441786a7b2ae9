"""Teams: their settings, members and invitations."""
