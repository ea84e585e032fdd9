"""The copy of a project in the rehearsed world: which workflow publishes there, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nox_release.edges.git import find_repository
from nox_release.project.pyproject import read_project
from nox_release.rehearsal.copying import (
    Origin,
    copy_into,
    drop_generated,
    drop_tags,
    ensure_workflow,
    losing,
    tagged_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nox_release.project.pyproject import Project
    from nox_release.rehearsal.world import World

PUBLISH = ".github/workflows/publish.yml"


def project_of(world: World) -> Project:
    project = read_project(world.clone)
    return replace(project, settings=replace(project.settings, index=world.index.index))


def changed(world: World, old: str, new: str) -> None:
    text = (world.clone / PUBLISH).read_text()
    assert old in text
    world.commit("Change the workflow", {PUBLISH: text.replace(old, new)})


def test_own_workflow_is_kept_when_it_can_be_carried_out(world: World) -> None:
    publishing = ensure_workflow(world, project_of(world))
    assert publishing.note == ""
    assert publishing.derivation.publisher is not None
    assert publishing.derivation.publisher.workflow == "publish.yml"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0",
            "gh-action-pypi-publish@release/v1\n        with:\n          password: ${{ secrets.T }}",
            "uploads with a secret",
        ),
        (
            "uses: pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0",
            "run: hatch publish",
            "uploads with hatch publish, which a rehearsal does not run",
        ),
        (
            "pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0",
            "jupyter-server/jupyter_releaser/.github/actions/finalize-release@v2",
            "finds in a draft release, which a rehearsal does not have",
        ),
        (
            "pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0",
            "jupyter-server/jupyter-releaser/.github/actions/finalize-release@v2",
            "finds in a draft release, which a rehearsal does not have",
        ),
        (
            "  release:\n    types: [published]\n  workflow_dispatch:",
            "  workflow_run:\n    workflows: [Tests]",
            "is started by something that a rehearsal does not have",
        ),
    ],
)
def test_workflow_that_cannot_be_carried_out_is_stood_in_for(
    world: World, old: str, new: str, reason: str
) -> None:
    changed(world, old, new)
    publishing = ensure_workflow(world, project_of(world))
    assert reason in publishing.note
    assert f"The copy gets another {PUBLISH}, as `nox -s init` writes it." in publishing.note
    assert publishing.derivation.publisher is not None
    assert ensure_workflow(world, project_of(world)).note == ""
    assert world.git("status", "--porcelain") == ""


def test_what_is_not_settled_about_the_workflow_is_quoted(world: World) -> None:
    changed(world, "  publish:\n", "  publish:\n    strategy: {matrix: {on: [pypi]}}\n")
    changed(world, "environment: pypi", "environment: ${{ matrix.on }}")
    note = ensure_workflow(world, project_of(world)).note
    assert note.startswith("The publishing job's environment: not known, for job `publish` of ")
    assert "names it by an expression, `${{ matrix.on }}`" in note


def test_script_that_may_upload_is_not_called_no_workflow(world: World) -> None:
    changed(
        world,
        "uses: pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e # v1.13.0",
        "run: make publish",
    )
    note = ensure_workflow(world, project_of(world)).note
    assert note.startswith("A workflow publishes this project: not known, for job `publish` of ")
    assert "runs `make publish`, which may upload" in note


def test_workflow_whose_action_does_not_take_the_files_would_lose_them(world: World) -> None:
    derivation = ensure_workflow(world, project_of(world)).derivation
    index = world.index.index
    assert losing(derivation, index, tag="v1.2.3", metadata="2.4") == ()
    found = losing(derivation, index, tag="v1.2.3", metadata="2.5")
    assert [finding.id for finding in found] == ["action-current"]


def test_tag_of_the_version_is_left_out_of_clone_and_remote(world: World) -> None:
    for tag in ("v1.2.3", "1.2.3.0", "other-1.2.3"):
        world.git("tag", tag)
        world.git("push", "--quiet", "origin", tag)
    assert drop_tags(world, project_of(world), "1.2.3")
    assert world.git("tag", "--list") == "other-1.2.3"
    assert [*world.github.bare.refs("refs/tags/")] == ["refs/tags/other-1.2.3"]
    assert not drop_tags(world, project_of(world), "1.2.3")


def test_version_that_tags_decide_follows_the_newest_tag_or_the_sdist(world: World) -> None:
    assert tagged_version(world, project_of(world)) == "1.0.0"
    (world.clone / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: x\nVersion: 3.1\n")
    assert tagged_version(world, project_of(world)) == "3.1"
    for tag in ("v1.9", "v1.10", "docs-2024-01"):
        world.git("tag", tag)
    assert tagged_version(world, project_of(world)) == "1.11"
    world.commit("Write", {"CHANGELOG.md": "# Changes\n\n## 2.0.0 (unreleased)\n\n- x\n"})
    assert tagged_version(world, project_of(world)) == "2.0.0"


def test_generated_metadata_of_an_sdist_is_untracked_where_tags_decide(world: World) -> None:
    text = (world.clone / "pyproject.toml").read_text()
    text = text.replace('version = "1.2.3"', 'dynamic = ["version"]')
    text = text.replace("requires = []", 'requires = ["setuptools-scm"]')
    info = {"PKG-INFO": "Version: 1.0\n", "src/tiny_demo.egg-info/PKG-INFO": "Version: 1.0\n"}
    world.commit("As from an sdist", {"pyproject.toml": text, **info})
    assert drop_generated(world, project_of(world)) == ("src/tiny_demo.egg-info",)
    assert drop_generated(world, project_of(world)) == ()
    assert world.git("status", "--porcelain") == ""


def test_shell_in_the_world_is_told_no_password_of_a_mirror_or_proxy(
    make_world: Callable[..., World], machine: dict[str, str]
) -> None:
    machine["PIP_INDEX_URL"] = "https://ada:planted@mirror.invalid/simple/"
    machine["https_proxy"] = "http://ada:planted@proxy.invalid:3128"
    machine["PIP_TRUSTED_HOST"] = "mirror.invalid"
    world = make_world()
    assert "planted" in world.environ["PIP_INDEX_URL"]
    text = world.write_environ("you").read_text("utf-8")
    assert "planted" not in text
    assert "export PIP_TRUSTED_HOST=mirror.invalid\n" in text
    assert "export GH_TOKEN=" in text


def origin_of(world: World, root: Path) -> Origin:
    return Origin(
        root=root,
        repository=find_repository(root, world.runner),
        below=Path(),
        owner="you",
        name="demo",
        branch="main",
        remote="origin",
        notes=(),
    )


def test_gitmodules_without_submodules_are_copied_as_they_are(
    world: World, make_world: Callable[..., World]
) -> None:
    text = '[submodule "extern/lib"]\n\tpath = extern/lib\n\turl = ../lib.git\n'
    world.commit("As from an sdist", {".gitmodules": text})
    origin = origin_of(world, world.clone)
    other = make_world()
    copy_into(other, origin)
    assert (other.clone / ".gitmodules").read_text() == text


def test_what_is_built_in_the_copy_of_a_worktree_is_left_out(
    world: World, make_world: Callable[..., World]
) -> None:
    folder = world.directory / "beside"
    world.git("worktree", "add", "--quiet", "--detach", str(folder), cwd=world.clone)
    origin = origin_of(world, folder)
    other = make_world()
    there = copy_into(other, origin)
    (there / "dist").mkdir(exist_ok=True)
    (there / "dist" / "demo-1.0.tar.gz").touch()
    assert other.git("status", "--porcelain", cwd=there) == ""


def test_gits_of_the_world_reach_nothing_else_and_a_backends_own_git_does(world: World) -> None:
    address = f"{world.index.url}other.git"

    def ask(cwd: Path) -> str:
        done = world.runner.run(["git", "ls-remote", address], cwd=cwd, check=False)
        return done.output

    assert "transport 'http' not allowed" in ask(world.clone)
    assert not world.index.faults.requests("/other.git/*")
    aside = world.directory / "tmp" / "build"
    world.git("init", "--quiet", str(aside), cwd=world.directory)
    assert "not allowed" not in ask(aside)
    assert world.index.faults.requests("/other.git/*")


@pytest.mark.parametrize(("more", "led"), [("", True), (".git", True), ("/", True), ("-suite", False), ("2.git", False), (".github.io", False)])  # fmt: skip
def test_a_repository_whose_name_begins_like_this_ones_is_another(
    world: World, more: str, led: bool
) -> None:
    address = f"https://github.com/{world.owner}/{world.repository}{more}"
    asked = world.git("ls-remote", "--get-url", address)
    assert (asked != address) is led
