"""A version that its branch takes by a pull request alone: real git and the real gh."""

from __future__ import annotations

import sys

import pytest

from nox_release.operations import proposing
from preparing import add, git, make_ready, text_of
from releasing import run, writes
from troubles import Fault

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


def edited_and_merged(world):
    """What a reviewer does who wants another version."""
    git(world, "switch", "-q", BRANCH)
    names = ("pyproject.toml", "uv.lock", "CHANGELOG.md")
    text, lock, log = (text_of(world, name).replace("1.3.0", "1.4.0") for name in names)
    add(world, pyproject_dot_toml=text, uv_dot_lock=lock, CHANGELOG_dot_md=log)
    git(world, "switch", "-q", "main")
    world.github.squash(world.github.pulls[0])


def test_a_version_that_a_reviewer_has_edited_is_taken(guarded, monkeypatch):
    while_waiting(monkeypatch, lambda: edited_and_merged(guarded))
    ended = release(guarded, "minor")

    assert ended.status == 0, ended
    assert "not in the plan you agreed to: release 1.4.0 instead of 1.3.0" in ended.output
    assert "tag v1.4.0" in ended.output
    assert "tiny_demo-1.4.0.tar.gz" in guarded.index.filenames("tiny-demo")


def test_a_version_that_a_reviewer_has_edited_is_asked_about_again(guarded, monkeypatch):
    def answer():
        asked.append(len(asked))
        return "n" if asked[1:] else "y"

    asked = []
    monkeypatch.setattr("builtins.input", answer)
    while_waiting(monkeypatch, lambda: edited_and_merged(guarded))

    ended = run(guarded, "release", "--no-smoke", "--no-build", "minor", interactive=True)

    assert (ended.status, len(asked)) == (1, 2), ended
    assert "release tiny-demo 1.3.0 to" in ended.output
    assert "Release tiny-demo 1.4.0 from" in ended.output
    assert guarded.git("tag", cwd=guarded.remote).split() == ["v1.2.3"]

    again = run(guarded, "release", "--yes", "--no-smoke", "--no-build")

    assert again.status == 0, again
    assert "tiny_demo-1.4.0.tar.gz" in guarded.index.filenames("tiny-demo")


def test_where_opening_it_is_forbidden_a_page_is_named_and_the_same_command_goes_on(guarded):
    guarded.github.faults.arrange(
        Fault(
            kind="status", status=403, method="POST", endpoint="/repos/*/pulls", times=None,
            body='{"message": "Although you appear to have the correct authorization credentials, the '
            '`octo` organization has enabled OAuth App access restrictions"}',
        )
    )  # fmt: skip

    ended = release(guarded, "minor")

    assert ended.status == 1
    assert "GitHub refused." in ended.output
    assert "has enabled OAuth App access restrictions" in ended.output
    assert f"github.com/you/tiny-demo/compare/main...{BRANCH}?expand=1" in ended.output
    pull = guarded.github.add_pull_request(BRANCH, "main", title="Mine", user="you")
    merged = guarded.github.squash(pull)

    again = release(guarded, "minor")

    assert again.status == 0, again
    assert tagged(guarded) == merged


def test_from_a_clone_of_a_fork_it_goes_to_the_repository_that_the_settings_name(
    guarded, monkeypatch
):
    fork = guarded.directory / "fork.git"
    guarded.git("clone", "-q", "--bare", guarded.remote.as_posix(), fork.as_posix())
    guarded.git("remote", "rename", "origin", "upstream")
    guarded.git("remote", "add", "origin", fork.as_posix())
    guarded.git("fetch", "-q", "origin")
    guarded.git("branch", "-q", "--set-upstream-to=origin/main")
    text = text_of(guarded, "pyproject.toml") + '\n[tool.nox-release]\nremote = "upstream"\n'
    (guarded.clone / "pyproject.toml").write_text(text)
    guarded.git("commit", "-qam", "Release through upstream")
    guarded.git("push", "-q", "upstream", "HEAD:main")
    while_waiting(monkeypatch, lambda: guarded.github.squash(guarded.github.pulls[0]))

    ended = release(guarded, "minor")

    assert ended.status == 0, ended
    assert f"push branch {BRANCH} to upstream" in ended.output
    assert "v1.3.0" in guarded.git("tag", cwd=guarded.remote)
    assert "release/" not in guarded.git("branch", cwd=fork)


def test_a_merge_queue_is_named_with_the_command_that_puts_it_there(guarded, monkeypatch):
    guarded.github.settings.rulesets[-1:] = [
        {**RULESET, "rules": [{"type": "pull_request"}, {"type": "merge_queue"}]}
    ]
    while_waiting(monkeypatch, lambda: guarded.github.squash(guarded.github.pulls[0]))

    ended = release(guarded, "minor")

    assert ended.status == 0, ended
    assert "main has a merge queue" in ended.output
    assert "gh pr merge 1 --repo you/tiny-demo" in ended.output


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
