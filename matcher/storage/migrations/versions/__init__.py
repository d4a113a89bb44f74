"""Numbered steps of the schema, from the first one; run by `Database.upgrade` and by nothing else."""
