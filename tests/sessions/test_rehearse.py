"""`nox -s rehearse`, as a maintainer starts it: a real nox, a project, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import warm

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]

IDENTITY = ("-c", "user.name=m", "-c", "user.email=m@example.org")
NOXFILE = "import nox_release\n\nnox_release.register()\n"
SECRETS = {
    "GH_TOKEN": "ghp_" + "S" * 36,
    "TWINE_PASSWORD": "pypi-" + "AgEIcHlwaS5vcmcC" * 4,
    "PYPI_TOKEN": "pypi-" + "AgEIsecretsecret" * 4,
}


@pytest.fixture
def maintainer(tmp_path: Path, machine: dict[str, str]) -> dict[str, str]:
    """An environment whose own settings of git, gh and twine break whoever reads them."""
    home = tmp_path / "home"
    (home / ".config" / "gh").mkdir(parents=True)
    (home / ".gitconfig").write_text("[broken")
    (home / ".pypirc").write_text("[broken")
    (home / ".config" / "gh" / "config.yml").write_text("broken: [")
    kept = {
        name: value for name, value in machine.items() if name not in ("GIT_CONFIG_GLOBAL", "CI")
    }
    temporary = tmp_path / "t"
    temporary.mkdir()
    return {
        **kept,
        **SECRETS,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "TMPDIR": str(short(temporary)),
        "GITHUB_ACTIONS": "",
    }


def short(folder: Path) -> Path:
    """pytest's folders are too deep for a Unix socket: a link that is not."""
    link = Path(f"/tmp/nr-{os.getpid()}")
    link.unlink(missing_ok=True)
    link.symlink_to(folder)
    return link


def put(project: Path, files: dict[str, bytes], *, git: bool, remote: str = "") -> None:
    for name, content in {**files, "noxfile.py": NOXFILE.encode()}.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if not git:
        return
    environ = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_NAME": "m" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "m@example.org" for who in ("AUTHOR", "COMMITTER")},
    }
    commands = [["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "All"]]
    commands += [["remote", "add", "origin", remote]] if remote else []
    for command in commands:
        subprocess.run(["git", *command], cwd=project, env=environ, check=True)


def rehearse(project: Path, environ: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = warm.run("nox", "-s", "rehearse", "--", *arguments, cwd=project, environ=environ)
    return done.returncode, done.stdout + done.stderr


def state(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not {".nox", "__pycache__"} & set(path.parts)
        and path.name != "index"  # git refreshes it when it is asked for the state
    }


def test_project_goes_the_whole_way_and_leaves_nothing_behind(
    tmp_path: Path, maintainer: dict[str, str], project_files: Callable[[str], dict[str, bytes]]
) -> None:
    project = tmp_path / "mein Projekt ü"
    put(project, project_files("tiny"), git=True, remote="git@github.com:acme/Tiny.git")
    before = state(tmp_path)
    status, output = rehearse(project, maintainer)
    assert status == 0, output
    assert "All 9 parts in" in output
    assert "Non-user identities cannot create new projects" in output
    assert "[wh-oidc-name]" in output
    assert "https://github.com/acme/Tiny/releases/tag/v1.2.4" in output
    assert "import tiny_demo" in output
    assert not any(secret in output for secret in SECRETS.values())
    assert not re.search(r"pypi-[A-Za-z0-9_-]{16}|eyJ[A-Za-z0-9_-]{10}", output)
    assert state(tmp_path) == before


def test_project_without_git_workflow_and_public_version_gets_all_three_in_its_copy(
    tmp_path: Path, maintainer: dict[str, str], project_files: Callable[[str], dict[str, bytes]]
) -> None:
    files = project_files("tiny")
    del files[".github/workflows/publish.yml"]
    files["pyproject.toml"] = files["pyproject.toml"].replace(b"1.2.3", b"1.2.3+dev")
    files["pyproject.toml"] += b'\n[tool.nox-release]\npypi-user = "octo-on-pypi"\n'
    project = tmp_path / "plain"
    put(project, files, git=False)
    status, output = rehearse(project, maintainer, "--no-smoke")
    assert status == 0, output
    assert "is not under git" in output
    assert "you/tiny-demo" in output
    assert "No workflow that is committed publishes this project." in output
    assert "1.2.3+dev is a local version, which no index takes" in output
    assert "as     octo-on-pypi" in output
    assert not (project / ".github").exists()
    assert not (project / ".git").exists()


def test_changelog_may_be_a_link_and_the_next_number_taken_by_another_branch(
    tmp_path: Path, maintainer: dict[str, str], project_files: Callable[[str], dict[str, bytes]]
) -> None:
    project = tmp_path / "linked"
    files = project_files("tiny")
    files["docs/changes.md"] = files.pop("CHANGELOG.md")
    put(project, files, git=True)
    (project / "CHANGELOG.md").symlink_to("docs/changes.md")
    commands = (("add", "-A"), ("commit", "-qm", "Link"), ("tag", "v1.2.4"), ("tag", "v1.2.3"))
    for command in commands:
        subprocess.run(["git", *IDENTITY, *command], cwd=project, check=True)
    status, output = rehearse(project, maintainer, "--no-smoke")
    assert status == 0, output
    assert "1.2.3 → 1.2.5 in docs/changes.md and pyproject.toml, one commit" in output
    assert "the rehearsal puts a line into " in output
    assert "an empty part" not in output


def test_what_a_user_could_not_import_does_not_end_well(
    tmp_path: Path, maintainer: dict[str, str], project_files: Callable[[str], dict[str, bytes]]
) -> None:
    project = tmp_path / "late"
    files = project_files("tiny")
    files["tiny_demo/__init__.py"] += (
        b"\nimport sys\nif 'user' in sys.prefix.split('/'):\n    from sys import of_yesterday\n"
    )
    put(project, files, git=True)
    status, output = rehearse(project, maintainer)
    assert status == 1, output
    assert "cannot import name 'of_yesterday' from 'sys'" in output
    assert "What a user installs cannot be imported." in output
    assert "Part 9 failed" in output


def test_kept_world_is_there_to_look_around(
    tmp_path: Path, maintainer: dict[str, str], project_files: Callable[[str], dict[str, bytes]]
) -> None:
    project = tmp_path / "kept"
    files = project_files("tiny")
    files["tiny_backend.py"] = b"raise RuntimeError('a backend that fails')\n"
    files["pyproject.toml"] = files["pyproject.toml"].replace(b"1.2.3", b"0.0.0")
    put(project, files, git=True)
    status, output = rehearse(project, maintainer, "--keep")
    assert status == 1
    assert "0.0.0 is a stand-in that no release takes: in the copy, pyproject.toml says" in output
    assert "a backend that fails" in output
    assert "Part 2 failed; nothing was published anywhere." in output
    assert output.index("a backend that fails") < output.index("How far it came")
    found = re.search(r"Kept: (\S+)", output)
    assert found
    kept = Path(found[1])
    assert (kept / "work" / "tiny-demo" / "pyproject.toml").is_file()
    # There is no terminal here that keeps index and GitHub open, so nothing is said to answer.
    assert "index and gh are the stand-ins" not in output
    assert "the index and GitHub end with this command" in output
    seen = subprocess.run(
        ["sh", "-c", '. "$0"; pwd; env', str(kept / "environ.sh")],
        env={**maintainer, "TWINE_PASSWORD": "pypi-real", "UV_PUBLISH_TOKEN": "pypi-real"},
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert seen.startswith(f"{kept}/work/tiny-demo\n")
    assert "pypi-real" not in seen
    assert re.search(r"^NOX_RELEASE_INDEX=http://127\.0\.0\.1:\d+/$", seen, re.MULTILINE)
    assert f"HOME={kept}/home\n" in seen
    shutil.rmtree(kept)
