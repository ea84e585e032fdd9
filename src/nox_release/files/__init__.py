"""Local sdists and wheels, read and nothing else."""
