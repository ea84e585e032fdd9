"""Rules over what the index holds."""
