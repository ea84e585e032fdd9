"""Closed and full streams, a folder that is gone, a password that is a word: no traceback."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nox_release.core.redaction import REDACTED

if TYPE_CHECKING:
    from nox_release.rehearsal.world import World

pytestmark = pytest.mark.slow


def shell(world: World, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = shlex.join([sys.executable, "-m", "nox_release", *arguments])
    return subprocess.run(
        ["sh", "-c", script.replace("PROGRAM", program)],
        cwd=world.clone,
        env=world.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_with_standard_input_closed_nobody_is_asked(world: World) -> None:
    done = shell(world, "PROGRAM <&-", "release", "--index", world.index.url)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "error:" in done.stdout


def test_with_every_stream_closed_the_exit_status_still_counts(world: World) -> None:
    done = shell(world, "PROGRAM <&- >&- 2>&-", "build", "--no-smoke")
    assert done.returncode == 0
    assert (world.clone / "dist").is_dir()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device is a file of Linux")
@pytest.mark.parametrize("operation", ["build", "release", "check-project"])
def test_a_full_standard_output_is_said_on_standard_error(world: World, operation: str) -> None:
    done = shell(world, "PROGRAM >/dev/full", operation)
    assert done.returncode == 1
    assert done.stderr == "Standard output takes nothing more: No space left on device.\n"


def test_a_folder_that_is_gone_is_named(world: World) -> None:
    script = "folder=$(mktemp -d) && cd $folder && rmdir $folder && PROGRAM"
    done = shell(world, script, "build")
    assert (done.returncode, done.stderr) == (
        1,
        "nox-release: this folder does not exist any more.\n",
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TWINE_PASSWORD", "demo"),
        ("TWINE_PASSWORD", "python"),
        ("TWINE_PASSWORD", "pypi"),
        ("GITHUB_TOKEN", "main"),
        ("GITHUB_TOKEN", "tiny-demo"),
        ("UV_PUBLISH_TOKEN", "1.2.3"),
    ],
)
def test_a_secret_that_stands_in_names_breaks_no_command(
    world: World, variable: str, value: str
) -> None:
    world.environ[variable] = value
    done = shell(world, "PROGRAM", "build", "--no-smoke")
    assert done.returncode == 0, done.stdout
    assert [path.name for path in (world.clone / "dist").glob("*.whl")] == [
        "tiny_demo-1.2.3-py3-none-any.whl"
    ]
    if value.isalpha():
        assert f"The secret in `{variable}` is a plain word." in done.stdout
        assert REDACTED in done.stdout
