"""`release -- minor` over the rehearsed world: prepared, committed and released as one."""

from __future__ import annotations

import sys

import pytest

from nox_release.operations import preparer
from nox_release.operations import release as operation
from preparing import add, git, make_ready, text_of
from releasing import run, writes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


@pytest.fixture
def ready(world):
    return make_ready(world)


def release(world, *arguments):
    return run(world, "release", "--yes", "--no-smoke", *arguments)


def commits(world):
    return git(world, "log", "--format=%s").splitlines()


def test_a_word_prepares_and_releases_and_the_same_word_again_performs_nothing(ready):
    ended = release(ready, "minor")

    assert ended.status == 0, ended
    assert commits(ready)[:2] == ["Release tiny-demo 1.3.0", "More"]
    tagged, branch = ready.git("rev-parse", "v1.3.0^{commit}", "main", cwd=ready.remote).split()
    assert tagged == branch == git(ready, "rev-parse", "HEAD")
    assert "tiny_demo-1.3.0.tar.gz" in ready.index.filenames("tiny-demo")
    assert ready.github.releases[-1].body.strip() == "### Added\n\n- More."
    assert ended.output.count("nothing is taken back") == 1
    assert ended.output.count("the edited tree builds") == 1
    before = writes(ready)
    git(ready, "tag", "--delete", "v1.3.0")  # as in a clone that has not fetched it

    again = release(ready, "minor")

    assert again.status == 0, again
    assert "1.3.0" in again.output
    assert (writes(ready), commits(ready)[0]) == (before, "Release tiny-demo 1.3.0")


def test_an_open_part_without_a_word_gets_the_commits_as_a_draft(ready):
    """An empty part would stop the release, and by then its commit would be made."""
    changelog = text_of(ready, "CHANGELOG.md").replace("### Added\n\n- More.\n\n", "")
    add(ready, CHANGELOG_dot_md=changelog)

    ended = release(ready, "minor", "--no-build")

    assert ended.status == 0, ended
    assert ", drafted" in ended.output
    assert ready.github.releases[-1].body.strip() == "- More\n- More"


@pytest.mark.parametrize(
    ("where", "step"),
    [("prepare", "EditFiles"), ("prepare", "Commit"), ("release", "CreateTag"),
     ("release", "PushTag")],
)  # fmt: skip
def test_stopped_after_any_step_the_same_command_goes_on(ready, monkeypatch, where, step):
    module = preparer if where == "prepare" else operation
    real = module.perform

    def stop(*arguments):
        real(*arguments)
        if type(arguments[-1]).__name__ == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "perform", stop)
    with pytest.raises(KeyboardInterrupt):
        release(ready, "minor", "--no-build")
    monkeypatch.setattr(module, "perform", real)

    ended = release(ready, "minor", "--no-build")

    assert ended.status == 0, ended
    assert commits(ready)[:2] == ["Release tiny-demo 1.3.0", "More"]
    assert "tiny_demo-1.3.0.tar.gz" in ready.index.filenames("tiny-demo")
    assert len([one for one in writes(ready) if one[1].endswith("/releases")]) == 1


def test_a_dry_run_shows_the_edits_and_the_release_and_stops(ready):
    head = git(ready, "rev-parse", "HEAD")

    ended = release(ready, "minor", "--dry-run")

    assert ended.status == 0, ended
    assert '+version = "1.3.0"' in ended.output
    assert 'commit "Release tiny-demo 1.3.0" on main' in ended.output
    assert "tag that commit as v1.3.0" in ended.output
    assert "To do it: nox -s release -- minor" in ended.output
    assert (git(ready, "rev-parse", "HEAD"), git(ready, "status", "--porcelain")) == (head, "")


def test_what_would_stop_the_release_is_found_before_a_file_is_edited(ready):
    ready.github.settings.rulesets.append(
        {"id": 7, "name": "tags", "target": "tag", "enforcement": "active",
         "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
         "rules": [{"type": "creation"}], "current_user_can_bypass": "never"},
    )  # fmt: skip
    head = git(ready, "rev-parse", "HEAD")

    ended = release(ready, "minor")

    assert ended.status == 1
    assert "tag-rules" in ended.ids
    assert (git(ready, "rev-parse", "HEAD"), git(ready, "status", "--porcelain")) == (head, "")


def test_a_version_that_the_tree_does_not_state_is_prepared_too(ready):
    """And where the tree was in development, the way back there is named."""
    stated = text_of(ready, "pyproject.toml").replace('"1.2.3"', '"1.3.0.dev0"')
    add(ready, pyproject_dot_toml=stated)

    ended = release(ready, "2.0", "--no-build")

    assert ended.status == 0, ended
    assert 'version = "2.0"' in text_of(ready, "pyproject.toml")
    assert "tiny_demo-2.0.tar.gz" in ready.index.filenames("tiny-demo")
    assert "nox -s prepare -- dev" in ended.output


def in_development(world, settings=""):
    """A project whose tree states a development version between releases."""
    stated = text_of(world, "pyproject.toml").replace('"1.2.3"', '"1.3.0.dev0"') + settings
    add(world, pyproject_dot_toml=stated)


def test_with_yes_and_the_setting_the_way_back_to_development_is_gone(ready):
    in_development(ready, '\n[tool.nox-release]\nafter-release = "dev"\n')

    ended = release(ready, "minor", "--no-build")

    assert ended.status == 0, ended
    assert 'version = "1.3.1.dev0"' in text_of(ready, "pyproject.toml")
    assert commits(ready)[1] == "Release tiny-demo 1.3.0"
    assert (git(ready, "rev-parse", "HEAD~1"), git(ready, "status", "--porcelain")) == (
        git(ready, "rev-parse", "v1.3.0^{commit}"),
        "",
    )
    assert "git push" in ended.output


@pytest.mark.parametrize(("answer", "stated"), [("y", "1.3.1.dev0"), ("", "1.3.0")])
def test_on_a_terminal_it_is_asked_about_where_the_project_is_used_to_it(
    ready, monkeypatch, answer, stated
):
    in_development(ready)
    answers = iter(["y", answer])
    monkeypatch.setattr("builtins.input", lambda: next(answers))

    ended = run(ready, "release", "--no-smoke", "--no-build", "minor", interactive=True)

    assert ended.status == 0, ended
    assert f'version = "{stated}"' in text_of(ready, "pyproject.toml")
    assert ("nox -s prepare -- dev" in ended.output) is (answer == "")
    assert "tiny_demo-1.3.0.tar.gz" in ready.index.filenames("tiny-demo")


def test_nothing_is_edited_where_nobody_agrees(ready):
    ended = run(ready, "release", "--no-smoke", "minor", "--no-build")

    assert ended.status == 1
    assert "add --yes" in ended.output
    assert git(ready, "status", "--porcelain") == ""


CI = "on: push\njobs:\n  tests:\n    runs-on: ubuntu-latest\n    steps: [{run: pytest}]\n"


@pytest.fixture
def tested(ready):
    """A project whose pushes are tested."""
    add(ready, _dot_github__workflows__ci_dot_yml=CI)
    return ready


def concluding(world, monkeypatch, conclusion):
    """Have a check end like this on what is pushed from now on."""
    real = operation.perform

    def perform(*arguments):
        real(*arguments)
        if type(arguments[-1]).__name__ == "PushBranch":
            world.github.add_check_run(arguments[-1].commit, "tests", conclusion=conclusion)

    monkeypatch.setattr(operation, "perform", perform)


def test_the_branch_is_pushed_first_and_the_tag_only_when_its_checks_are_green(tested, monkeypatch):
    concluding(tested, monkeypatch, "failure")
    red = release(tested, "minor", "--no-build")

    assert red.status == 1, red
    assert "Failed on" in red.output
    assert "nox -s release -- minor --index" in red.output
    assert tested.git("rev-parse", "main", cwd=tested.remote).strip() == git(
        tested, "rev-parse", "HEAD"
    )
    assert "v1.3.0" not in tested.git("tag", cwd=tested.remote)

    ended = release(tested, "minor", "--no-build", "--ignore-checks")

    assert ended.status == 0, ended
    assert "v1.3.0" in tested.git("tag", cwd=tested.remote)


def test_where_no_check_comes_the_release_goes_on(tested):
    ended = release(tested, "minor", "--no-build")

    assert ended.status == 0, ended
    assert "No check came on" in ended.output
