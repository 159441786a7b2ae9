"""Similarity: embeddings of previews and clips, and what waits for analysis."""
