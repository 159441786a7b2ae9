"""Teams: members, invitations, joining."""
