"""`prepare` over the rehearsed world: real git and a real build; only the clock runs fast."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from preparing import LOCK, add, git, make_ready, text_of
from releasing import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


@pytest.fixture
def ready(world):
    return make_ready(world)


def prepare(world, *arguments, **more):
    return run(world, "prepare", *arguments, **more)


def test_a_word_edits_every_place_and_commits_once(ready):
    before = git(ready, "rev-parse", "HEAD")

    ended = prepare(ready, "minor", "--yes")

    assert ended.status == 0, ended
    assert git(ready, "rev-parse", "HEAD~1") == before
    assert git(ready, "log", "-1", "--format=%s") == "Release tiny-demo 1.3.0"
    assert git(ready, "status", "--porcelain") == ""
    assert 'version = "1.3.0"' in text_of(ready, "pyproject.toml")
    assert text_of(ready, "uv.lock") == LOCK.replace(
        '"tiny-demo"\nversion = "1.2.3"', '"tiny-demo"\nversion = "1.3.0"'
    )
    assert "## [1.3.0] - " in text_of(ready, "CHANGELOG.md")
    assert "the edited tree builds tiny-demo 1.3.0, sdist and wheel" in ended.output
    assert '+version = "1.3.0"' in ended.output


def test_nothing_is_edited_before_somebody_agrees(ready):
    before = git(ready, "rev-parse", "HEAD")

    ended = prepare(ready, "minor", "--no-build")

    assert ended.status == 1, ended
    assert "add --yes" in ended.output
    assert (git(ready, "rev-parse", "HEAD"), git(ready, "status", "--porcelain")) == (before, "")


def test_what_was_prepared_is_not_prepared_again(ready):
    prepare(ready, "minor", "--yes", "--no-build")
    head = git(ready, "rev-parse", "HEAD")

    ended = prepare(ready, "minor", "--yes", "--no-build")

    assert ended.status == 0, ended
    assert f"1.3.0 is prepared in {head[:7]}" in ended.output
    assert git(ready, "rev-parse", "HEAD") == head


def test_a_half_edited_tree_is_recognised_and_completed(ready):
    prepare(ready, "minor", "--yes", "--no-build", "--no-commit")
    git(ready, "checkout", "--", "uv.lock")

    ended = prepare(ready, "minor", "--yes", "--no-build")

    assert ended.status == 0, ended
    assert 'version = "1.3.0"' in text_of(ready, "uv.lock")
    assert git(ready, "status", "--porcelain") == ""


def test_other_changes_are_named_and_refused(ready):
    (ready.clone / "README.md").write_text("# other\n", encoding="utf-8")

    ended = prepare(ready, "minor", "--yes", "--no-build")

    assert ended.status == 1
    assert "`README.md`" in ended.output
    assert 'version = "1.2.3"' in text_of(ready, "pyproject.toml")


def test_a_dry_run_shows_and_stops(ready):
    ended = prepare(ready, "minor", "--dry-run", "--no-build")

    assert ended.status == 0, ended
    assert "1.2.3 → 1.3.0" in ended.output
    assert git(ready, "status", "--porcelain") == ""


def test_without_a_word_the_changelog_proposes(ready):
    ended = prepare(ready, "--dry-run", "--no-build")

    assert 'minor: the changelog has "Added"' in ended.output


def test_a_version_that_is_out_is_not_prepared(ready):
    ended = prepare(ready, "1.2.3")

    assert ended.status == 0
    assert "1.2.3 is released" in ended.output


@pytest.mark.parametrize(
    ("words", "said"),
    [(["rc"], "rc of what?"), (["1.2.2"], "below 1.2.3"), (["minro"], "neither a version nor")],
)
def test_what_is_no_next_version_is_refused(ready, words, said):
    ended = prepare(ready, *words)

    assert ended.status == 1
    assert said in ended.output


def test_a_project_that_is_not_on_the_index_stops_at_first_upload(world):
    ended = prepare(world, "1.3.0", "--yes")

    assert ended.status == 1
    assert "project-absent" in ended.ids
    assert "nox -s first-upload" in ended.output
    assert git(world, "status", "--porcelain") == ""


def test_a_tree_that_builds_another_version_is_not_committed(ready):
    backend = text_of(ready, "tiny_backend.py").replace("_fact('version')", "'1.2.3'")
    add(ready, tiny_backend_dot_py=backend)

    ended = prepare(ready, "minor", "--yes")

    assert ended.status == 1, ended
    assert "The edited tree builds 1.2.3, not 1.3.0" in ended.output
    assert git(ready, "status", "--porcelain") == ""


def test_a_version_that_no_file_states_is_not_prepared(ready):
    dynamic = text_of(ready, "pyproject.toml").replace('version = "1.2.3"', 'dynamic = ["version"]')
    add(ready, pyproject_dot_toml=dynamic)

    ended = prepare(ready, "1.3.0", "--yes", "--no-build")

    assert ended.status == 1, ended
    assert "No file was found that states the version" in ended.output


def test_a_hook_that_refuses_leaves_the_edits_for_the_same_command(ready):
    hook = ready.clone / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)

    refused = prepare(ready, "minor", "--yes", "--no-build")
    hook.unlink()
    ended = prepare(ready, "minor", "--yes", "--no-build")

    assert refused.status == 1
    assert "not today" in refused.output
    assert ended.status == 0, ended
    assert git(ready, "log", "-1", "--format=%s") == "Release tiny-demo 1.3.0"


def test_back_to_development(ready):
    prepare(ready, "minor", "--yes", "--no-build")
    git(ready, "tag", "v1.3.0")

    ended = prepare(ready, "dev", "--yes", "--no-build")

    assert ended.status == 0, ended
    assert 'version = "1.3.1.dev0"' in text_of(ready, "pyproject.toml")
    assert "nox -s release" not in ended.output


def test_check_reads_only_and_fails_where_places_disagree(ready):
    agreed = prepare(ready, "--check")
    (ready.clone / "uv.lock").write_text(LOCK.replace("1.2.3", "1.2.2"), encoding="utf-8")
    stale = prepare(ready, "--check")

    assert agreed.status == 0, agreed
    assert "pyproject.toml" in agreed.output
    assert stale.status == 1
    assert "lock-version-stale" in stale.output


def test_check_answers_in_json(ready):
    document = json.loads(
        subprocess.run(
            [sys.executable, "-m", "nox_release", "prepare", "--check", "--json"],
            cwd=ready.clone,
            env=ready.environ,
            capture_output=True,
            check=True,
        ).stdout
    )

    assert document["agrees"] is True
    assert [Path(one["file"]).name for one in document["projects"][0]["places"]]


def test_towncrier_puts_the_changelog_together_and_leaves_no_fragment(ready):
    add(
        ready,
        pyproject_dot_toml=text_of(ready, "pyproject.toml")
        + '\n[tool.towncrier]\ndirectory = "news"\nfilename = "CHANGELOG.md"\n',
        news__1_dot_feature_dot_md="More.\n",
    )

    ended = prepare(ready, "minor", "--yes", "--no-build")

    assert ended.status == 0, ended
    assert not (ready.clone / "news" / "1.feature.md").exists()
    assert "1.3.0" in text_of(ready, "CHANGELOG.md")


def test_after_a_whole_release_the_next_version_is_prepared(ready):
    git(ready, "push", "-q", "origin", ":refs/tags/v1.2.3")
    git(ready, "tag", "-d", "v1.2.3")
    released = run(ready, "release", "--yes", "--no-smoke")
    assert released.status == 0, released

    same = prepare(ready, "minor", "--yes", "--no-build")
    add(ready, more_dot_txt="more\n")
    ended = prepare(ready, "minor", "--yes", "--no-build")

    assert same.status == 0, same
    assert "1.2.3 is released" in same.output
    assert ended.status == 0, ended
    assert git(ready, "log", "-1", "--format=%s") == "Release tiny-demo 1.3.0"
    again = run(ready, "release", "--yes", "--no-smoke")
    assert again.status == 0, again
    assert "tiny_demo-1.3.0.tar.gz" in ready.index.filenames("tiny-demo")


@pytest.mark.parametrize("command", ["prepare", "release"])
def test_what_would_stop_the_release_after_the_commit_stops_before_it(ready, command):
    (ready.clone / ".github" / "workflows" / "publish.yml").unlink()
    git(ready, "commit", "-qam", "No workflow")
    git(ready, "push", "-q", "origin", "HEAD")
    before = git(ready, "rev-parse", "HEAD")
    ended = run(ready, command, "minor", "--yes", "--no-build")
    assert ended.status == 1, ended
    assert "publish" in ended.output
    assert (git(ready, "rev-parse", "HEAD"), git(ready, "status", "--porcelain")) == (before, "")
