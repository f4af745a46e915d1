"""Music as integer events: cut, split, written to records, and read back in batches."""
