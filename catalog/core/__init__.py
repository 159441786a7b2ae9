"""The foundation: the database's clock, encryption, files, commits, and the message broker."""
