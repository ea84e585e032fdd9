"""A release made in CI, with the run's own token: the commands of release.yml before the stand-in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nox_release.project.pyproject import PYPI
from nox_release.scaffold.publish import PublishPlan
from nox_release.scaffold.release import BOT, release_commands
from preparing import make_ready
from releasing import FILES, TAG, state

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


def press(world, said, home):
    """The commands of the button, all but the installation, which needs a released nox-release."""
    token = "ghs_" + "b" * 36
    world.github.add_user(BOT, token=token, permission="write", scopes=None)
    plan = PublishPlan(name="tiny-demo", index=PYPI, tool="nox-release")
    lines = [one for one in release_commands(plan).splitlines() if " pip install " not in one]
    lines = [one for one in lines if not one.startswith("gh auth setup-git")]
    environ = {
        **world.environ,
        "GH_TOKEN": token,
        "VERSION": said,
        "DRY_RUN": "false",
        "NOX_RELEASE_INDEX": world.index.url,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{world.environ['PATH']}",
    }
    done = subprocess.run(
        [shutil.which("bash"), "-e", "-c", "\n".join(lines)],
        cwd=world.clone, env=environ, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one.event for one in world.github.runs] == ["workflow_dispatch"]
    assert state(world)[2][0][1:] == ("success", 1)
    assert world.github.releases[-1].author == BOT


def test_the_workflows_commands_release_with_the_runs_own_token(ready, tmp_path):
    press(ready, "1.2.3", tmp_path)
    tags, releases, _, files = state(ready)
    assert (tags, releases, set(files)) == ((f"refs/tags/{TAG}",), (TAG,), FILES)


@pytest.mark.parametrize(("said", "version"), [("minor", "1.3.0"), ("minor rc", "1.3.0rc1")])
def test_a_word_makes_the_commit_of_the_version_first(world, tmp_path, said, version):
    press(make_ready(world), said, tmp_path)
    tags, releases, _, files = state(world)
    assert (releases, tags[-1]) == ((f"v{version}",), f"refs/tags/v{version}")
    assert f"tiny_demo-{version}.tar.gz" in files
    there = world.git("show", "-s", "--format=%an: %s", "main", cwd=world.remote).strip()
    assert there == f"{BOT}: Release tiny-demo {version}"
    assert world.github.releases[-1].body.strip() == "### Added\n\n- More."
