"""The API for programs: requests with a token in, JSON out."""
