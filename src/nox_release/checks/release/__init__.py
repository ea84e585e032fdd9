"""Rules over the release itself."""
