"""Rules over sdists and wheels."""
