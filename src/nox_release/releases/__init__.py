"""What a release is made of, and what is still to be done: pure."""
