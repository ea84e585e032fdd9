"""A version that its branch takes by a pull request alone: real git and the real gh."""

from __future__ import annotations

import sys

import pytest

from nox_release.operations import proposing
from preparing import add, git, make_ready, text_of
from releasing import run, writes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]
RULESET = {
    "id": 7, "name": "main", "target": "branch", "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [{"type": "pull_request"}], "current_user_can_bypass": "never",
}  # fmt: skip
BRANCH = "release/tiny-demo-1.3.0"


@pytest.fixture
def guarded(world):
    """A project whose main branch takes pull requests alone."""
    ready = make_ready(world)
    ready.github.settings.rulesets.append(RULESET)
    return ready


def release(world, *arguments):
    return run(world, "release", "--yes", "--no-smoke", "--no-build", *arguments)


def while_waiting(monkeypatch, do):
    """Have something happen when the merge is waited for."""
    real = proposing.perform

    def perform(proposer, prepared, step):
        if type(step).__name__ == "AwaitMerge":
            do()
        real(proposer, prepared, step)

    monkeypatch.setattr(proposing, "perform", perform)


def tagged(world):
    return world.git("rev-parse", "v1.3.0^{commit}", cwd=world.remote).strip()


def opened(world):
    return [one for one in writes(world) if one[1].endswith("/pulls")]


def test_a_release_goes_through_a_pull_request_and_tags_what_it_became(guarded, monkeypatch):
    def merge():
        """Squashed; and somebody else pushes right after."""
        merged.append(guarded.github.squash(guarded.github.pulls[0]))
        tree = f"{merged[0]}^{{tree}}"
        later = guarded.git("commit-tree", tree, "-p", merged[0], "-m", "Later", cwd=guarded.remote)
        guarded.git("update-ref", "refs/heads/main", later.strip(), cwd=guarded.remote)

    merged = []
    while_waiting(monkeypatch, merge)
    ended = release(guarded, "minor")

    assert ended.status == 0, ended
    assert tagged(guarded) == merged[0] == git(guarded, "rev-parse", "main")
    assert guarded.github.pulls[0].title == "Release tiny-demo 1.3.0"
    assert "https://github.com/you/tiny-demo/pull/1" in ended.output
    assert "tiny_demo-1.3.0.tar.gz" in guarded.index.filenames("tiny-demo")
    before = writes(guarded)

    again = release(guarded, "minor")

    assert again.status == 0, again
    assert writes(guarded) == before


def test_left_while_it_waits_the_same_command_follows_the_same_pull_request(guarded, monkeypatch):
    def leave():
        raise KeyboardInterrupt

    while_waiting(monkeypatch, leave)
    with pytest.raises(KeyboardInterrupt):
        release(guarded, "minor")
    monkeypatch.undo()
    assert git(guarded, "branch", "--show-current") == "main"
    assert (git(guarded, "status", "--porcelain"), len(opened(guarded))) == ("", 1)
    merged = guarded.github.squash(guarded.github.pulls[0])

    ended = release(guarded, "minor")

    assert ended.status == 0, ended
    assert (tagged(guarded), len(opened(guarded))) == (merged, 1)


def test_a_version_that_a_reviewer_has_edited_is_taken(guarded, monkeypatch):
    def edit_and_merge():
        git(guarded, "switch", "-q", BRANCH)
        text = text_of(guarded, "pyproject.toml").replace("1.3.0", "1.4.0")
        lock = text_of(guarded, "uv.lock").replace("1.3.0", "1.4.0")
        log = text_of(guarded, "CHANGELOG.md").replace("1.3.0", "1.4.0")
        add(guarded, pyproject_dot_toml=text, uv_dot_lock=lock, CHANGELOG_dot_md=log)
        git(guarded, "switch", "-q", "main")
        guarded.github.squash(guarded.github.pulls[0])

    while_waiting(monkeypatch, edit_and_merge)
    ended = release(guarded, "minor")

    assert ended.status == 0, ended
    assert "tiny_demo-1.4.0.tar.gz" in guarded.index.filenames("tiny-demo")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"state": "closed"}, "gh pr reopen 1"),
        ({"mergeable_state": "dirty"}, f"git switch {BRANCH} && git pull origin main"),
    ],
)
def test_what_will_not_be_merged_is_said_with_the_next_command(guarded, monkeypatch, state, said):
    def change():
        for name, value in state.items():
            setattr(guarded.github.pulls[0], name, value)

    while_waiting(monkeypatch, change)
    ended = release(guarded, "minor")

    assert ended.status == 1
    assert said in ended.output
    assert guarded.git("tag", cwd=guarded.remote).split() == ["v1.2.3"]
    assert release(guarded, "minor").status == 1


def test_prepare_opens_a_pull_request_and_names_the_command_that_follows_it(world):
    ready = make_ready(world)
    ended = run(ready, "prepare", "minor", "--pull-request", "--yes", "--no-build")
    again = run(ready, "prepare", "minor", "--pull-request", "--yes", "--no-build")

    assert (ended.status, again.status) == (0, 0), (ended, again)
    assert "nox -s release -- 1.3.0" in ended.output
    assert "1.3.0 is proposed: https://github.com/you/tiny-demo/pull/1" in again.output
    assert (len(opened(ready)), git(ready, "branch", "--show-current")) == (1, "main")
    assert git(ready, "log", "-1", "--format=%s %an", BRANCH).startswith("Release tiny-demo 1.3.0")
