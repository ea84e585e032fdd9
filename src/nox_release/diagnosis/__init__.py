"""Log text to ranked diagnoses, by a catalogue that is data."""
