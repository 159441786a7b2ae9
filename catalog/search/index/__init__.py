"""An index of a team's voices in the memory of a web process, kept up to date by versions."""
