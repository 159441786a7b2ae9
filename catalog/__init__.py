"""The app: voices, credentials, clones and their clean-up, in layers of nouns."""
