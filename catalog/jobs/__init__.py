"""Slow work in a worker: talks to providers, writes in short transactions between the calls."""
