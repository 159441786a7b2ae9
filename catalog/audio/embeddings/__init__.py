"""Speaker embeddings: speech in, one vector out; near vectors sound alike."""
