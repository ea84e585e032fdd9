"""The rehearsed world as fixtures: real git, gh, build and twine against the stand-ins."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disturbed import DisturbedWorld

PROJECTS = Path(__file__).parent / "world" / "projects"
# Their tests take up to a minute each: they begin first, so that no worker is left with one at the end.
LONGEST = ("test_rehearse_packages", "test_rehearse", "test_release_packages", "test_fuzz_answers")


def pytest_configure() -> None:
    """Let Ctrl-C be felt: who starts tests in the background may have them ignore it, and what they
    start would inherit that. Let Nox have no settings from outside, and gh no way to GitHub.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Nox as a test runs it has the defaults, whatever the Nox that runs the tests was told.
    for name in [name for name in os.environ if name.startswith("NOX_")]:
        if not name.startswith("NOX_RELEASE_"):
            del os.environ[name]
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        os.environ.pop(name, None)
    os.environ["GH_CONFIG_DIR"] = str(Path(__file__).parent / "world" / "gh_that_reaches_nobody")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder with a short path: a Unix socket's has to fit into about a hundred bytes."""
    folder = Path(tempfile.mkdtemp(prefix="nr-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def machine() -> dict[str, str]:
    """This machine's environment, with the programs of the tests' own environment first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


@pytest.fixture
def make_world(
    short_path: Path, machine: dict[str, str]
) -> Iterator[Callable[..., DisturbedWorld]]:
    """Worlds by number; each is left at the end of the test."""
    from disturbed import DisturbedWorld
    from nox_release.rehearsal.world import supports_rehearsal

    if not supports_rehearsal():
        pytest.skip("gh cannot be led to a stand-in here: no Unix sockets in Python")
    if shutil.which("gh", path=machine["PATH"]) is None:
        if os.environ.get("CI"):
            pytest.fail("gh is missing: install the dependency group `tests`")
        pytest.skip("gh is not installed")
    opened: list[DisturbedWorld] = []

    def make(**options: object) -> DisturbedWorld:
        world = DisturbedWorld(short_path / str(len(opened)), environ=machine, **options)  # type: ignore[arg-type]
        world.__enter__()
        opened.append(world)
        return world

    yield make
    for world in opened:
        world.__exit__(None, None, None)
    mistakes = [text for world in opened for text in world.mistakes()]
    assert not mistakes, mistakes[0]


@pytest.fixture
def world(make_world: Callable[..., DisturbedWorld]) -> DisturbedWorld:
    """A world around the project `tiny`, at its first commit, with `you` as a user of the index
    who has no project there yet.
    """
    made = make_world(repository="tiny-demo")
    made.seed(files=project_files("tiny"))
    made.index.add_user("you")
    return made


@pytest.fixture(name="project_files")
def project_files_fixture() -> Callable[[str], dict[str, bytes]]:
    """See `project_files`."""
    return project_files


def project_files(name: str) -> dict[str, bytes]:
    """The files of a project below tests/world/projects."""
    root = PROJECTS / name
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
