"""What the rehearsal changes in its copy: versions, changelogs, names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nox_release.project.pyproject import PYPI, Settings, read_project
from nox_release.rehearsal.copying import bump, losing, next_version, stated_version
from nox_release.rehearsal.world import GH_TOKEN, repository_name, world_environ
from nox_release.workflows.publishing import derive_publisher, parse_workflow

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("version", "following"),
    [
        ("1.2.3", "1.2.4"),
        ("2026.1", "2026.2"),
        ("1", "2"),
        ("1.0rc1", "1.0"),
        ("1.0.dev3", "1.0"),
        ("1.0.post1", "1.1"),
        ("2!1.0", "2!1.1"),
    ],
)
def test_next_version_is_the_one_a_maintainer_would_take(version: str, following: str) -> None:
    assert next_version(version) == following


def put(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


HEAD = '[build-system]\nrequires = ["{0}"]\nbuild-backend = "{1}"\n[project]\nname = "demo"\n'


def test_declared_version_is_changed_in_its_line_alone(tmp_path: Path) -> None:
    text = HEAD.format("hatchling", "hatchling.build")
    text += 'version = "1.0" # now\ndependencies = ["other>=1.0"]\n'
    put(tmp_path, pyproject_dot_toml=text)
    assert bump(read_project(tmp_path), "1.0", "1.1") == "pyproject.toml"
    changed = (tmp_path / "pyproject.toml").read_text()
    assert changed == text.replace('"1.0" # now', '"1.1" # now')


@pytest.mark.parametrize(
    ("head", "more", "file"),
    [
        (("hatchling", "hatchling.build"), '[tool.hatch.version]\npath = "demo/__init__.py"\n', "demo/__init__.py"),
        (("flit_core", "flit_core.buildapi"), "", "demo/__init__.py"),
        (("setuptools", "setuptools.build_meta"), '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n', "demo/__init__.py"),
        (("setuptools", "setuptools.build_meta"), '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n', "VERSION"),
        (("pdm-backend", "pdm.backend"), '[tool.pdm.version]\nsource = "file"\npath = "demo/__init__.py"\n', "demo/__init__.py"),
    ],
)  # fmt: skip
def test_version_is_changed_where_the_backend_reads_it(
    tmp_path: Path, head: tuple[str, str], more: str, file: str
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "__init__.py").write_text('"""Demo."""\n__version__ = "1.0"\n')
    (tmp_path / "VERSION").write_text("1.0\n")
    (tmp_path / "pyproject.toml").write_text(HEAD.format(*head) + 'dynamic = ["version"]\n' + more)
    assert bump(read_project(tmp_path), "1.0", "1.1") == file
    assert "1.1" in (tmp_path / file).read_text()


def test_version_of_a_module_is_stated_too(tmp_path: Path) -> None:
    table = '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n'
    head = HEAD.format("setuptools", "setuptools.build_meta")
    said = "__version__: 'Final[str]' = \"1.0.post0+dev\"\n"
    put(tmp_path, pyproject_dot_toml=f'{head}dynamic = ["version"]\n{table}', demo_dot_py=said)
    project = read_project(tmp_path)
    assert stated_version(project) == "1.0.post0+dev"
    assert bump(project, "1.0.post0+dev", "1.0.post0") == "demo.py"
    assert (tmp_path / "demo.py").read_text() == said.replace("+dev", "")


@pytest.mark.parametrize("said", ['__version__ = "1.0"\n__version__ = "1.0"\n', "x = 1\n"])
def test_version_in_no_sure_place_is_left_alone(tmp_path: Path, said: str) -> None:
    (tmp_path / "demo.py").write_text(said)
    text = HEAD.format("flit_core", "flit_core.buildapi") + 'dynamic = ["version"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert bump(read_project(tmp_path), "1.0", "1.1") is None
    assert (tmp_path / "demo.py").read_text() == said


def test_repository_names_are_ones_github_takes() -> None:
    assert repository_name("My Project ü") == "My-Project"
    assert repository_name("ruamel.yaml") == "ruamel.yaml"


def test_no_credential_and_no_setting_enters_the_world(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\n")
    mine = {
        "PATH": "/bin",
        "HOME": str(home),
        "GH_TOKEN": "ghp_mine",
        "GITHUB_TOKEN": "ghs_mine",
        "TWINE_PASSWORD": "pypi-mine",
        "TWINE_REPOSITORY_URL": "https://example.org/",
        "UV_PUBLISH_TOKEN": "pypi-mine",
        "GIT_AUTHOR_NAME": "me",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "PYTHONPATH": "/elsewhere",
        "PIP_INDEX_URL": "https://mirror.example.org/simple/",
        "HTTP_PROXY": "http://proxy.example.org:3128",
        "LC_ALL": "C",
    }
    inside = world_environ(mine, tmp_path / "w")
    assert not [name for name, value in inside.items() if "mine" in value]
    for name in ("TWINE_REPOSITORY_URL", "GIT_AUTHOR_NAME", "SSH_AUTH_SOCK", "PYTHONPATH"):
        assert name not in inside
    assert inside["GH_TOKEN"] == GH_TOKEN
    assert inside["HOME"] == str(tmp_path / "w" / "home")
    assert inside["PIP_INDEX_URL"] == "https://mirror.example.org/simple/"
    assert inside["PIP_CONFIG_FILE"] == str(home / ".config" / "pip" / "pip.conf")
    assert inside["NO_PROXY"] == "127.0.0.1,localhost"
    assert inside["UV_CACHE_DIR"].startswith(str(tmp_path / "w"))


def test_a_release_that_the_workflow_of_a_tag_makes_itself_loses_nothing() -> None:
    """`release` makes it last there, and finds it made."""
    text = """
on: {push: {tags: ["v*"]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write, contents: write}
    steps:
      - {uses: actions/download-artifact@v8, with: {name: dist, path: dist}}
      - {run: gh release create "$GITHUB_REF_NAME", env: {GH_TOKEN: "${{ github.token }}"}}
      - uses: pypa/gh-action-pypi-publish@release/v1
  other: {runs-on: ubuntu-latest, steps: [{uses: octo/makes-artifacts@v1}]}
"""
    derivation = derive_publisher(
        (parse_workflow(text, file=".github/workflows/publish.yml"),),
        owner="octo",
        repository="demo",
        settings=Settings(),
    )
    found = losing(derivation, PYPI, tag="v1.0.0", metadata="2.4")
    assert "release-made-twice" not in {one.id for one in found}
