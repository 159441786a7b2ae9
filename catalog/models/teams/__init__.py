"""Teams, memberships, invitations, and links."""
