"""The app: voices, credentials, clones and their cleanup, in layers of nouns."""
