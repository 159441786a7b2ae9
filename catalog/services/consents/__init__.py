"""What speakers agree to: attested by a user, or said aloud by the speaker."""
