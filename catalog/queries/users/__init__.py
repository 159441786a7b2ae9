"""Users: their active sessions."""
