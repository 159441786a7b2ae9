"""Samples: uploaded recordings, and texts to read aloud."""
