"""Reading for one page; nothing here writes."""
