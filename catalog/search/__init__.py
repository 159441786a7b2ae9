"""Search voices: parse queries into a tree of conditions, and two engines to run it."""
