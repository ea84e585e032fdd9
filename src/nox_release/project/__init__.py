"""What pyproject.toml, the changelog and the git remote say about a project: pure."""
