"""A workspace of four packages, three of them released: core-x, plug-x and cli-x, which need each other in
this order, and docs-x, which is private.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from preparing import git

BACKEND = (Path(__file__).parent / "projects" / "tiny" / "tiny_backend.py").read_text("utf-8")
ROOT = """\
[tool.uv.workspace]
members = ["packages/*"]
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "tiny_backend"
backend-path = ["."]

[project]
name = "{name}"
version = "{version}"
description = "One of four"
readme = "README.md"
requires-python = ">=3.10"
license = "MIT"
classifiers = [{classifiers}]
dependencies = [{needs}]

[tool.uv.sources]
{sources}
"""
WORKFLOW = """\
on:
  release:
    types: [published]
permissions: {{}}
jobs:
  build:
    if: startsWith(github.ref_name, '{name}-v')
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - run: python -m build
        working-directory: packages/{folder}
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: dist
          path: packages/{folder}/dist/
  publish:
    needs: [build]
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0
        with:
          name: dist
          path: dist/
      - uses: pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0
"""
CHANGELOG = "# Changelog\n\n## [Unreleased]\n{news}\n## [{version}] - 2026-01-02\n\n- First.\n"
NEWS = "\n### Fixed\n\n- Something.\n"
NEEDS = {
    "core": (),
    "plug": ("core-x>=1,<2",),
    "cli": ("core-x==1.4.0", "plug-x"),
    "docs": ("cli-x",),
}
VERSIONS = {"core": "1.4.0", "plug": "1.1.0", "cli": "1.0.2", "docs": "0.3.0"}
PUBLISHED = ("core", "plug", "cli")
LOCKED = '[[package]]\nname = "{name}-x"\nversion = "{version}"\nsource = {{ editable = "packages/{name}" }}\n'


def pyproject(name, version="", needs=None):
    asked = NEEDS[name] if needs is None else needs
    classifiers = '"Private :: Do Not Upload"' if name == "docs" else ""
    return PROJECT.format(
        name=f"{name}-x",
        version=version or VERSIONS[name],
        classifiers=classifiers,
        needs=", ".join(f'"{one}"' for one in asked),
        sources="\n".join(f"{one}-x = {{ workspace = true }}" for one in VERSIONS if one != name),
    )


def files(**more):
    """The whole workspace; `more` are files by name with `/` for `__` and `.` for `_dot_`."""
    found = {
        "pyproject.toml": ROOT,
        ".gitignore": "dist/\n__pycache__/\n",
        "uv.lock": "version = 1\n\n"
        + "\n".join(LOCKED.format(name=name, version=one) for name, one in VERSIONS.items()),
    }
    for name, version in VERSIONS.items():
        below = f"packages/{name}"
        found |= {
            f"{below}/pyproject.toml": pyproject(name),
            f"{below}/tiny_backend.py": BACKEND,
            f"{below}/README.md": f"# {name}-x\n\nOne of four.\n",
            f"{below}/{name}_x/__init__.py": "VALUE = 1\n",
            f"{below}/CHANGELOG.md": CHANGELOG.format(
                news=NEWS if name == "core" else "", version=version
            ),
        }
        if name in PUBLISHED:
            found[f".github/workflows/{name}.yml"] = WORKFLOW.format(name=f"{name}-x", folder=name)
    return found | {
        path.replace("__", "/").replace("_dot_", "."): text for path, text in more.items()
    }


def make_workspace(world, *, released=PUBLISHED, **more):
    """Fill a world with it: the index has what is released, the remote the tags."""
    world.seed(files=files(**more))
    world.once(("released", released), lambda: _release(world, released))
    world.index.add_user("you")
    world.github.add_environment("pypi")
    for name in released:
        world.index.put(*sorted((world.directory / "built" / name).iterdir()), owner="you")
        world.index.age_release(f"{name}-x", VERSIONS[name], days=90)
        world.index.register_publisher(
            f"{name}-x",
            owner="you",
            repository=world.repository,
            workflow=f"{name}.yml",
            environment="pypi",
        )
    world.workflows.forget_pushes()
    return world


def _release(world, released):
    for name in released:
        build(world, name)
        git(world, "tag", f"{name}-x-v{VERSIONS[name]}")
    git(world, "push", "-q", "origin", "--tags")


def build(world, name):
    """Make sdist and wheel of a package as it is, in `built` of the world."""
    outdir = world.directory / "built" / name
    outdir.mkdir(parents=True)
    program = (
        "import sys, tiny_backend as b; b.build_sdist(sys.argv[1]); b.build_wheel(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(outdir)],
        cwd=world.clone / "packages" / name,
        check=True,
        env={**os.environ, "PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"},
    )


def change(world, name, text="VALUE = 2\n"):
    """Commit and push something new in a package."""
    path = world.clone / "packages" / name / f"{name}_x" / "__init__.py"
    path.write_text(text, encoding="utf-8")
    git(world, "commit", "-qam", f"Change {name}")
    git(world, "push", "-q", "origin", "HEAD")


def installers(world):
    """The variables by which uv and pip find the siblings on the world's index."""
    simple = world.index.index.simple_url
    return {"UV_INDEX": simple, "PIP_EXTRA_INDEX_URL": simple}
