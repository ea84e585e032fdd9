"""The outside: programs, git, GitHub, the index, the terminal."""
