"""GitHub's workflow files as typed values: pure."""
