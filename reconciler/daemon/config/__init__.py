"""The Sync file: where environments come from, how they are kept, and what of it may change meanwhile."""
