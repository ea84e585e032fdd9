"""`release -- --all-packages` in a workspace of four packages, and what interrupts it."""

from __future__ import annotations

import sys

import pytest

from disturbed import snapshot
from nox_release.operations import proposing
from nox_release.operations import release as operation
from preparing import git
from releasing import run, writes
from troubles import Fault
from workspaces import (
    BACKEND,
    PUBLISHED,
    WORKFLOW,
    change,
    installers,
    make_workspace,
    pyproject,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]
TAGS = ["core-x-v2.0.0", "plug-x-v1.1.1", "cli-x-v1.0.3"]


def release(world, *arguments, **more):
    return run(
        world, "release", "--all-packages", "--yes", *arguments, environ=installers(world), **more
    )


def releases(world):
    return [one.tag for one in world.github.releases]


def versions(world, packages=PUBLISHED):
    return [
        sorted({name.split("-")[1].removesuffix(".tar.gz") for name in world.index.filenames(f"{one}-x")})
        for one in packages
    ]  # fmt: skip


def test_a_word_prepares_and_releases_all_in_order_and_each_can_be_installed(workspace):
    ended = release(workspace, "major")

    assert ended.status == 0, ended
    assert releases(workspace) == TAGS
    assert versions(workspace) == [["1.4.0", "2.0.0"], ["1.1.0", "1.1.1"], ["1.0.2", "1.0.3"]]
    tagged = {workspace.git("rev-parse", f"{tag}^{{commit}}", cwd=workspace.remote).strip() for tag in TAGS}  # fmt: skip
    assert tagged == {git(workspace, "rev-parse", "HEAD")}
    assert "Released: core-x 2.0.0, plug-x 1.1.1 and cli-x 1.0.3" in ended.output
    assert ended.output.count("pip install") >= 3
    before = writes(workspace)

    for words in ((), ("major",)):
        again = release(workspace, *words)
        assert again.status == 0, again
        assert "Everything that is prepared is released." in again.output
    assert writes(workspace) == before


def stop_at(monkeypatch, name, step):
    """Have the command end when it has performed a step for a package, as Ctrl-C would."""
    real = operation.perform

    def perform(*arguments):
        real(*arguments)
        if (arguments[2].target.name, type(arguments[-1]).__name__) == (name, step):
            raise KeyboardInterrupt

    monkeypatch.setattr(operation, "perform", perform)


@pytest.fixture
def pair(make_world):
    """The workspace with two packages that are published, one of which needs the other."""
    private = pyproject("cli", needs=("plug-x",)).replace(
        "classifiers = []", 'classifiers = ["Private :: Do Not Upload"]'
    )
    world = make_world(repository="both")
    make_workspace(world, released=PUBLISHED[:2], packages__cli__pyproject_dot_toml=private)
    world.once("something new", lambda: change(world, "core"))
    return world


@pytest.mark.parametrize(
    ("name", "step", "then"),
    [
        ("core-x", "CreateTag", ("major",)),
        ("core-x", "AwaitFiles", ()),
        ("plug-x", "PushBranch", ()),
        ("plug-x", "PushTag", ()),
        ("plug-x", "CreateGitHubRelease", ("major",)),
        ("plug-x", "AwaitRun", ()),
    ],
)
def test_stopped_anywhere_the_same_command_goes_on(pair, monkeypatch, name, step, then):
    quick = ("--no-smoke", "--no-build")
    if step == "PushBranch":  # between two layers: the branch is there from the first

        def between(context, options):
            if options.package == f"packages/{name[:-2]}":
                raise KeyboardInterrupt
            return real(context, options)

        real = operation.release
        monkeypatch.setattr(operation, "release", between)
    else:
        stop_at(monkeypatch, name, step)
    with pytest.raises(KeyboardInterrupt):
        release(pair, "major", *quick)
    monkeypatch.undo()

    ended = release(pair, *then, *quick)

    assert ended.status == 0, ended
    assert releases(pair) == TAGS[:2]
    assert versions(pair, PUBLISHED[:2]) == [["1.4.0", "2.0.0"], ["1.1.0", "1.1.1"]]
    subjects = git(pair, "log", "--format=%s").splitlines()
    assert subjects[:2] == ["Release core-x 2.0.0 and plug-x 1.1.1", "Change core"]


def test_an_index_that_lists_what_is_needed_late_is_waited_for(workspace, monkeypatch):
    """Of two places that answer for one index, one may be behind the other."""
    faults = workspace.index.faults
    before = snapshot(workspace.index.catalogue)
    real = operation.release

    def and_then_behind(context, options):
        released = real(context, options)
        if options.package == "packages/core":
            monkeypatch.setattr(faults, "_snapshot", lambda: before)
            faults.arrange(Fault(kind="stale", endpoint="/simple/core-x/", times=3))
        return released

    monkeypatch.setattr(operation, "release", and_then_behind)
    ended = release(workspace, "major", "--no-smoke", "--no-build")
    assert ended.status == 0, ended
    assert "Waiting for core-x 2.0.0 on" in ended.output.partition("plug-x 1.1.1 to ")[0]
    assert releases(workspace) == TAGS


def test_what_is_prepared_by_hand_is_released_and_what_does_not_follow_is_named(workspace):
    run(workspace, "prepare", "major", "--package", "core-x", "--yes", "--no-build")
    ended = release(workspace, "--dry-run")
    assert ended.status == 0, ended
    assert "core-x  2.0.0  prepared" in ended.output
    assert (
        "plug-x asks for `core-x>=1,<2`, which excludes 2.0.0, and is not prepared" in ended.output
    )
    assert "Nothing was done: this was --dry-run." in ended.output
    assert releases(workspace) == []


def test_more_new_projects_than_pending_publishers_are_said_before(make_world):
    public = pyproject("docs").replace('"Private :: Do Not Upload"', "")
    ways = {"_dot_github__workflows__docs_dot_yml": WORKFLOW.format(name="docs-x", folder="cli")}
    make_workspace(
        world := make_world(repository="both"),
        released=(),
        packages__docs__pyproject_dot_toml=public,
        **ways,
    )
    ended = release(world, "--pending-publisher", "--dry-run", "--no-build")
    assert "core-x  1.4.0  its first release" in ended.output
    assert "4 projects are not on the index yet (`core-x`, `plug-x`, `cli-x`, `docs-x`), and an account" in ended.output  # fmt: skip
    assert (
        "has 3 pending publishers at most: register the next when one is used up." in ended.output
    )


def test_what_waits_for_nothing_does_not_go_with_all(workspace):
    ended = release(workspace, "--no-wait")
    assert "`--no-wait` and `--all-packages` do not go together." in ended.output
    ended = release(workspace, "2.0.0")
    assert "`2.0.0` is of one package" in ended.output


def test_what_would_stop_one_release_stops_all_before_the_first(workspace):
    (workspace.clone / ".github" / "workflows" / "cli.yml").unlink()
    git(workspace, "commit", "-qam", "No workflow")
    git(workspace, "push", "-q", "origin", "HEAD")
    ended = release(workspace, "major")
    assert ended.status == 1
    assert "The release of cli-x would fail. Nothing was changed." in ended.output
    assert (releases(workspace), git(workspace, "status", "--porcelain")) == ([], "")
    assert git(workspace, "log", "-1", "--format=%s") == "No workflow"


def test_a_branch_that_takes_pull_requests_alone_gets_one_and_what_it_becomes_is_released(
    workspace, monkeypatch
):
    workspace.github.settings.rulesets.append(
        {"id": 7, "name": "main", "target": "branch", "enforcement": "active",
         "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
         "rules": [{"type": "pull_request"}], "current_user_can_bypass": "never"},
    )  # fmt: skip
    real, merged = proposing.perform, []

    def perform(proposer, prepared, step):
        if type(step).__name__ == "AwaitMerge":
            merged.append(workspace.github.squash(workspace.github.pulls[0]))
        real(proposer, prepared, step)

    monkeypatch.setattr(proposing, "perform", perform)
    ended = release(workspace, "major", "--no-build", "--no-smoke")
    assert ended.status == 0, ended
    assert releases(workspace) == TAGS
    assert git(workspace, "rev-parse", "HEAD", "core-x-v2.0.0^{commit}").split() == merged * 2


BY_TAG = """
_read = _fact


def _fact(name):
    if name != "version":
        return _read(name)
    if Path("PKG-INFO").is_file():
        return re.search(r"(?m)^Version: (.*)$", Path("PKG-INFO").read_text("utf-8"))[1]
    import subprocess

    command = ["git", "tag", "--points-at", "HEAD", "--list", "plug-x-v*"]
    tags = subprocess.run(command, capture_output=True, text=True).stdout.split()
    return tags[0].rpartition("v")[2] if tags else "1.1.0"
"""


@pytest.fixture
def tagging(make_world):
    """The workspace in which tags make the version of plug-x."""
    project = pyproject("plug").replace('version = "1.1.0"', 'dynamic = ["version"]')
    workflow = WORKFLOW.format(name="plug-x", folder="plug").replace(
        "persist-credentials: false", "persist-credentials: false\n          fetch-depth: 0"
    )
    files = {
        "packages__plug__pyproject_dot_toml": project + '\n[tool.pdm.version]\nsource = "scm"\n',
        "packages__plug__tiny_backend_dot_py": BACKEND + BY_TAG,
        "_dot_github__workflows__plug_dot_yml": workflow,
    }
    return make_workspace(make_world(repository="both"), **files)


def test_a_package_whose_version_is_its_tag_follows_like_any_other(tagging):
    change(tagging, "core")
    ended = release(tagging, "major")
    assert ended.status == 0, ended
    assert releases(tagging) == TAGS
    assert versions(tagging) == [["1.4.0", "2.0.0"], ["1.1.0", "1.1.1"], ["1.0.2", "1.0.3"]]
    assert "Everything that is prepared is released." in release(tagging).output


def test_a_tag_alone_is_released_too_and_its_changelog_tells_that_it_is_prepared(tagging):
    change(tagging, "plug")
    prepared = run(tagging, "prepare", "minor", "--all-packages", "--yes", "--no-build")
    assert prepared.status == 0, prepared
    assert "nox -s release -- minor --all-packages" in prepared.output
    change(tagging, "plug", "VALUE = 3\n")
    ended = release(tagging, "--no-smoke")
    assert ended.status == 0, ended
    assert releases(tagging) == ["plug-x-v1.2.0"]
