"""Comparisons: make the clips of a blind comparison indistinguishable by format."""
