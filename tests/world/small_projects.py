"""Small real projects under git, for tests that build them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from textwrap import dedent

EPOCH = 1_700_000_000  # of every commit made here

BACKENDS = {
    "hatchling": ("hatchling", "hatchling.build"),
    "setuptools": ("setuptools>=77", "setuptools.build_meta"),
    "flit": ("flit-core>=3.11", "flit_core.buildapi"),
}


def files_of(
    backend: str, *, name: str = "demo", version: str = "1.0", more: str = ""
) -> dict[str, str]:
    """The files of a project with one package, `NAME` below src, that does nothing wrong."""
    requires, module = BACKENDS[backend]
    return {
        "pyproject.toml": dedent(f"""\
            [build-system]
            requires = ["{requires}"]
            build-backend = "{module}"

            [project]
            name = "{name}"
            version = "{version}"
            description = "A small project"
            readme = "README.md"
            requires-python = ">=3.8"
            """)
        + dedent(more),
        "README.md": "# demo\n",
        f"src/{name}/__init__.py": '"""A small package."""\n',
        f"src/{name}/part/__init__.py": "VALUE = 1\n",
        ".gitignore": "dist/\n__pycache__/\n*.egg-info/\n",
    }


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    return root


def environ() -> dict[str, str]:
    """This machine's environment without anybody's git settings; its programs speak UTF-8."""
    return {
        **os.environ,
        "PYTHONIOENCODING": "utf-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "You",
        "GIT_AUTHOR_EMAIL": "you@example.org",
        "GIT_COMMITTER_NAME": "You",
        "GIT_COMMITTER_EMAIL": "you@example.org",
        "GIT_AUTHOR_DATE": f"{EPOCH} +0000",
        "GIT_COMMITTER_DATE": f"{EPOCH} +0000",
    }


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environ(), check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def under_git(root: Path, files: dict[str, str], *, tag: str | None = None) -> Path:
    """`files` written below `root` and committed."""
    write(root, files)
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A commit")
    if tag:
        git(root, "tag", tag)
    return root
