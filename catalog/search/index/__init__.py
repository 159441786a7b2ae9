"""An in-memory index of a team's voices in each web process, updated by version numbers."""
