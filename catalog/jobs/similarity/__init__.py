"""Similarity: embeddings of previews and clips, and the analysis queue."""
