"""Speaker embeddings: similar voices have similar vectors."""
