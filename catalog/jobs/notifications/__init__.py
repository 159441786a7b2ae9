"""Notify people in the app and by email, as each of them chose for each event."""
