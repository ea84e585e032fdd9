"""Rules over trusted publishing."""
