"""What tests of whole sessions share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releasing import register
from workspaces import change, make_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from disturbed import DisturbedWorld


@pytest.fixture
def ready(world: DisturbedWorld) -> DisturbedWorld:
    """A world in which nothing is missing but the release."""
    world.index.create_project("tiny-demo", owner="you")
    register(world)
    world.github.add_environment("pypi")
    return world


@pytest.fixture
def workspace(make_world: Callable[..., DisturbedWorld]) -> DisturbedWorld:
    """A workspace of four packages, in one of which there is something new."""
    world = make_workspace(make_world(repository="both"))
    world.once("something new", lambda: change(world, "core"))
    return world
