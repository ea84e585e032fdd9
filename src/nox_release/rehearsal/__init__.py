"""The stand-in world: an index, a GitHub and a runner on this machine, for rehearsal and tests."""
