"""Users: the first admin, people who accept an invitation, and rate limits on guesses."""
