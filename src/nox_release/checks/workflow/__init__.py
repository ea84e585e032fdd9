"""Rules over the publishing workflow."""
