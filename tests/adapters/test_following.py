"""Waiting for files on an index over HTTP, by a clock that moves only when somebody sleeps."""

from __future__ import annotations

import io

import pytest

from disturbed import DisturbedIndex
from held_clock import HeldClock
from nox_release.core.errors import ConflictError
from nox_release.edges.console import Console
from nox_release.edges.index import open_index
from nox_release.operations.following import await_files
from nox_release.releases.plan import Target
from small_wheels import small_wheel


@pytest.mark.parametrize("other", [None, "2026.11.26"])
def test_files_that_came_in_place_of_those_waited_for_are_named(tmp_path, other):
    with DisturbedIndex(tmp_path / "index") as index:
        index.create_project("demo", owner="you")
        if other:
            index.put(small_wheel(tmp_path, "demo", other, headers="Summary: x\n"), owner="you")
        target = Target(
            name="demo", version="2026.11.20", tag="v2026.11.20", commit="", index=index.index
        )
        out = io.StringIO()
        console = Console(out, stream=out, environ={}, interactive=False, names={})
        clock = HeldClock()
        with open_index(index.index, clock=clock) as client, pytest.raises(ConflictError) as raised:
            await_files(console, clock, client, target)
    if other:
        assert "got `demo-2026.11.26-py3-none-any.whl`" in raised.value.reason
    else:
        assert "never uploaded" in raised.value.reason
