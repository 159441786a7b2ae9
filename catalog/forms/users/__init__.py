"""Users: the first admin, who joins by an invitation, and rate limits on guesses."""
