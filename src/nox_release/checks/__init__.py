"""Rules by subject; each is a function of parsed values and yields findings."""
