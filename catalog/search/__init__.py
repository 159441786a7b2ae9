"""Find voices: what people type, as a tree of conditions, and the two engines that answer it."""
