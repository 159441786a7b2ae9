"""What everything else stands on: the database's clock, encryption, files, commits, the broker."""
