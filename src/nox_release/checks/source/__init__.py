"""Rules over the source tree."""
