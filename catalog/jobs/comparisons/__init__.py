"""Comparisons: make the clips of a blind one indistinguishable by form."""
