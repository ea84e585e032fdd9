"""What tests of whole sessions share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releasing import register

if TYPE_CHECKING:
    from disturbed import DisturbedWorld


@pytest.fixture
def ready(world: DisturbedWorld) -> DisturbedWorld:
    """A world in which nothing is missing but the release."""
    world.index.create_project("tiny-demo", owner="you")
    register(world)
    world.github.add_environment("pypi")
    return world
