"""Listen to recordings: who speaks, how good it is, what is said. Plain Python, worker only."""
