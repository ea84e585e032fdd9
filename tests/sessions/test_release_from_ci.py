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
from releasing import FILES, TAG, state

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


def test_the_workflows_commands_release_with_the_runs_own_token(ready, tmp_path):
    """All but the installation, which needs a released nox-release."""
    token = "ghs_" + "b" * 36
    ready.github.add_user(BOT, token=token, permission="write", scopes=None)
    plan = PublishPlan(name="tiny-demo", index=PYPI, tool="nox-release")
    lines = [one for one in release_commands(plan).splitlines() if " pip install " not in one]
    lines = [one for one in lines if not one.startswith("gh auth setup-git")]
    (tmp_path / "home").mkdir()
    environ = {
        **ready.environ,
        "GH_TOKEN": token,
        "VERSION": "1.2.3",
        "DRY_RUN": "false",
        "NOX_RELEASE_INDEX": ready.index.url,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{ready.environ['PATH']}",
    }
    done = subprocess.run(
        [shutil.which("bash"), "-e", "-c", "\n".join(lines)],
        cwd=ready.clone, env=environ, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    tags, releases, runs, files = state(ready)
    assert (tags, releases, set(files)) == ((f"refs/tags/{TAG}",), (TAG,), FILES)
    assert [one.event for one in ready.github.runs] == ["workflow_dispatch"]
    assert runs[0][1:] == ("success", 1)
    assert ready.github.releases[0].author == BOT
