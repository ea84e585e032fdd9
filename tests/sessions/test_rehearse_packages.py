"""`nox -s rehearse` in a repository with several packages: each goes the whole way in one world."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from test_rehearse import maintainer, put, rehearse, state

import workspaces

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["maintainer"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]
REMOTE = "https://github.com/acme/both.git"

ROOT = """\
[tool.nox-release]
packages = ["packages/beta", "packages/alpha"]
"""
ALPHA = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "both-alpha"
version = "1.0.0"
description = "What the other one needs"
requires-python = ">=3.10"

[tool.hatch.build.targets.wheel]
packages = ["src/both_alpha"]

[tool.nox-release]
tag-format = "alpha/{version}"
"""
BETA = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "both-beta"
version = "0.4"
description = "What needs the other one"
requires-python = ">=3.10"
dependencies = ["both-alpha>=1.0"]
"""
BUILD = """\
  build-{name}:
    if: startsWith(github.ref_name, '{tag}')
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - run: pipx run build
        working-directory: {folder}
      - uses: actions/upload-artifact@v4
        with:
          name: dist-{name}
          path: {folder}/dist/
"""
PUBLISH = """\
  publish-{name}:
    needs: [build-{name}]
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v4
        with:
          name: dist-{name}
          path: dist
      - uses: pypa/gh-action-pypi-publish@v1.14.2
"""
HEAD = "on:\n  release:\n    types: [published]\n\npermissions: {}\n\njobs:\n"
TAGS = {"alpha": "alpha/", "beta": "both-beta-v"}


def jobs(name: str, *, folder: str = "") -> str:
    """The jobs that build a folder for the tags of a package, and publish it."""
    chosen = folder or f"packages/{name}"
    build = BUILD.format(name=name, tag=TAGS[name], folder=chosen)
    return f"{build}\n{PUBLISH.format(name=name)}\n"


def two_packages(**workflows: str) -> dict[str, bytes]:
    """Beta, which needs alpha and is listed first; alpha has tags of its own form."""
    files = {
        "pyproject.toml": ROOT,
        ".gitignore": "dist/\n.nox/\n",
        "packages/alpha/pyproject.toml": ALPHA,
        "packages/alpha/src/both_alpha/__init__.py": "VALUE = 1\n",
        "packages/alpha/CHANGELOG.md": "# Changes\n\n## 1.0.0\n\n- First.\n",
        "packages/beta/pyproject.toml": BETA,
        "packages/beta/src/both_beta/__init__.py": "from both_alpha import VALUE as VALUE\n",
        **{f".github/workflows/{name}.yml": HEAD + text for name, text in workflows.items()},
    }
    return {name: text.encode() for name, text in files.items()}


def quick(name: str, version: str, needs: str = "") -> dict[str, bytes]:
    """A package whose build needs nothing and takes no time."""
    below = f"packages/{name}"
    project = workspaces.PROJECT.format(
        name=f"both-{name}", version=version, classifiers="", needs=needs, sources=""
    )
    if name == "alpha":
        project += '\n[tool.nox-release]\ntag-format = "alpha/{version}"\n'
    found = {
        f"{below}/pyproject.toml": project,
        f"{below}/tiny_backend.py": workspaces.BACKEND,
        f"{below}/README.md": f"# both-{name}\n",
        f"{below}/both_{name}/__init__.py": "VALUE = 1\n",
    }
    return {path: text.encode() for path, text in found.items()}


def test_every_package_goes_the_whole_way_by_its_own_workflow(
    tmp_path: Path, maintainer: dict[str, str]
) -> None:
    project = tmp_path / "both"
    put(project, two_packages(a=jobs("alpha"), b=jobs("beta")), git=True, remote=REMOTE)
    before = state(tmp_path)
    status, output = rehearse(project, maintainer)
    assert status == 0, output
    assert "Rehearsal of both-alpha and both-beta" in output
    assert "One of them alone: nox -s rehearse -- --package both-alpha" in output
    assert "publishes: a.yml, environment pypi" in output
    assert "publishes: b.yml, environment pypi" in output
    assert "github.com/acme/both/releases/tag/alpha/1.0.1" in output
    assert "github.com/acme/both/releases/tag/both-beta-v0.5" in output
    assert "pip installs both-alpha==1.0.1; imported: both_alpha" in output
    assert "pip installs both-beta==0.5; imported: both_beta" in output
    assert "2 packages, 17 parts in" in output
    assert "checks-absent" not in output
    assert "it belongs to" not in output
    assert state(tmp_path) == before


def test_workflow_that_builds_the_wrong_folder_fails_and_the_other_package_goes_on(
    tmp_path: Path, maintainer: dict[str, str]
) -> None:
    """Both share a publisher, so the index takes alpha's files once more; beta's never come."""
    project = tmp_path / "both"
    both = jobs("alpha") + jobs("beta", folder="packages/alpha")
    files = two_packages(publish=both) | quick("alpha", "1.0.0")
    files |= quick("beta", "0.4", needs='"both-alpha>=1.0"')
    put(project, files, git=True, remote=REMOTE)
    status, output = rehearse(project, maintainer, "--no-smoke")
    assert status == 1
    assert "pip installs both-alpha==1.0.1" in output
    assert "publish.yml has built `packages/alpha` (both_alpha-1.0.1.tar.gz" in output
    assert "but both-beta is in `packages/beta`" in output
    assert "How far both-beta came" in output
    assert "1 of 2 packages did not come through: both-beta." in output


def test_package_that_is_chosen_goes_alone_by_the_workflow_that_init_would_write(
    tmp_path: Path, maintainer: dict[str, str]
) -> None:
    project = tmp_path / "both"
    files = two_packages(other=jobs("alpha")) | quick("beta", "0.4", needs='"both-alpha>=1.0"')
    put(project, files, git=False)
    status, output = rehearse(
        project, maintainer, "--no-smoke", "--json", "--package", "packages/beta"
    )
    assert status == 0, output
    document, _ = json.JSONDecoder().raw_decode(output[output.index("{") :])
    assert document["ok"]
    assert document["project"] == "both-beta"
    assert len(document["parts"]) == 9
    assert "No workflow that is committed publishes this project" in document["workflow"]
    assert ".github/workflows/publish-both-beta.yml, as `nox -s init" in output


def workspace_of_three(**workflows: str) -> dict[str, bytes]:
    """See `workspaces`, without cli-x; `workflows` in place of one for each package."""
    found = {
        name: text
        for name, text in workspaces.files().items()
        if not name.startswith(("packages/cli/", ".github/"))
    }
    found["packages/docs/pyproject.toml"] = workspaces.pyproject("docs", needs=("plug-x",))
    found |= {f".github/workflows/{name}.yml": HEAD + text for name, text in workflows.items()}
    return {name: text.encode() for name, text in found.items()}


FOR_ALL = BUILD.replace("    if: startsWith(github.ref_name, '{tag}')\n", "").replace(
    "        working-directory: {folder}\n", ""
)


def test_a_workflow_that_uploads_several_packages_meets_all_of_them_on_the_index(
    tmp_path: Path, maintainer: dict[str, str]
) -> None:
    """It uploads all that it finds at each release: the siblings exist, and take what they have."""
    project = tmp_path / "three"
    build = FOR_ALL.format(name="all", folder=".").replace(
        "pipx run build",
        "for one in core plug; do pipx run build --outdir dist packages/$one; done",
    )
    publish = PUBLISH.format(name="all") + "        with:\n          skip-existing: true\n"
    put(project, workspace_of_three(publish=f"{build}\n{publish}"), git=True, remote=REMOTE)
    status, output = rehearse(project, maintainer, "--no-smoke")
    assert status == 0, output
    for name, version in (("core-x", "1.4.1"), ("plug-x", "1.1.1")):
        assert f"pip installs {name}=={version}" in output
    assert "a real release would be lost" not in output
    assert output.count("Left out: docs-x (`Private :: Do Not Upload`)") == 1
    assert "2 packages, 17 parts in" in output
