"""Questions to the outside, and the project's tree, as values."""
