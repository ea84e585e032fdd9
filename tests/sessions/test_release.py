"""`release` over the rehearsed world: real git, gh, build and twine; only the clock runs fast."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from nox_release.operations import release as operation
from releasing import DONE, FILES, TAG, context_of, register, release, run, state, writes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets in Python on Windows"),
]


def test_a_release_goes_all_the_way_and_a_second_one_performs_nothing(ready):
    first = run(ready, "release", "--yes")
    assert first.status == 0, first
    assert state(ready) == DONE
    assert "installs from" in first.output
    assert "import tiny_demo" in first.output
    assert "came from `you/tiny-demo`" in first.output
    assert "pip install" in first.output
    assert "\x1b" not in first.output
    assert first.output.count("nothing is taken back") == 1
    assert ready.github.releases[0].body.strip() == "### Added\n\n- Says hello."
    assert ready.git("cat-file", "-t", TAG) == "tag"
    before = writes(ready)
    second = run(ready, "release")
    assert second.status == 0, second
    assert "Building" not in second.output
    assert "already" in second.output
    assert state(ready) == DONE
    assert writes(ready) == before


def test_nothing_happens_unless_somebody_agrees(ready):
    before = state(ready)
    ended = run(ready, "release", "--no-smoke")
    assert ended.status == 1
    assert "--yes" in ended.output
    assert state(ready) == before
    assert ready.git("tag") == ""


def test_every_blocker_is_shown_at_once_and_nothing_is_changed(ready):
    elsewhere = ready.git("commit-tree", "HEAD^{tree}", "-m", "Elsewhere")
    ready.git("tag", TAG, elsewhere)
    ready.git("push", "-q", "origin", TAG)
    ready.github.add_check_run(ready.git("rev-parse", "HEAD"), "tests", conclusion="failure")
    ready.github.add_environment("pypi", policies=(("branch", "main"),))
    ready.github.disabled_workflows["publish.yml"] = "disabled_manually"
    ready.write({"README.md": "changed", "tiny_demo/forgotten.py": ""})
    ready.git("checkout", "-q", "--detach")
    before = state(ready)
    ended = release(ready)
    assert ended.status == 1
    assert {
        "tree-dirty",
        "tree-untracked-source",
        "head-detached",
        "tag-elsewhere-there",
        "checks-red",
        "env-allows-tag",
    } <= set(ended.ids)
    assert "nothing was changed" in ended.output
    assert state(ready) == before


@pytest.mark.parametrize(
    ("when", "step"),
    [("after", "CreateTag"), ("before", "CreateGitHubRelease"), ("after", "CreateGitHubRelease")],
)
def test_a_release_stopped_around_any_step_is_finished_by_the_same_command(
    ready, monkeypatch, step, when
):
    """A few of the cells of tests/tools/faults.py, which kills real processes."""
    real = operation.perform

    def stop(errand, progress, case, planned):
        hit = type(planned).__name__ == step
        if not (hit and when == "before"):
            real(errand, progress, case, planned)
        if hit:
            raise KeyboardInterrupt

    monkeypatch.setattr(operation, "perform", stop)
    with pytest.raises(KeyboardInterrupt):
        release(ready)
    monkeypatch.setattr(operation, "perform", real)
    ended = release(ready)
    assert ended.status == 0, ended
    assert state(ready) == DONE
    assert len([one for one in writes(ready) if one[1].endswith("/releases")]) == 1


def test_a_project_that_is_not_on_the_index_stops_the_release_before_the_tag(world):
    ended = release(world)
    assert "project-absent" in ended.ids
    assert state(world) == ((), (), (), ())


def test_a_pending_publisher_lets_the_release_create_the_project(world):
    world.index.register_pending(
        "you",
        {"project_name": "tiny-demo", "owner": "you", "repository": "tiny-demo",
         "workflow_filename": "publish.yml", "environment": "pypi"},
    )  # fmt: skip
    ended = release(world, "--pending-publisher")
    assert ended.status == 0, ended
    assert state(world) == DONE


def test_a_failed_run_is_explained_and_run_again_when_somebody_comes_back(world):
    world.index.create_project("tiny-demo", owner="you")
    first = release(world)
    assert first.status == 1
    assert "failed" in first.output
    assert "nox -s release" in first.output
    assert "invalid-publisher" in first.output
    tags, releases, runs, files = state(world)
    assert (runs[0][1:], files) == (("failure", 1), ())
    again = release(world)
    assert again.status == 1
    assert [one[1:] for one in state(world)[2]] == [("failure", 2)]
    register(world)
    last = release(world)
    assert last.status == 0, last
    assert state(world) == (tags, releases, ((runs[0][0], "success", 3),), tuple(sorted(FILES)))


def test_a_lost_reply_is_looked_into_and_the_write_not_repeated(ready):
    from troubles import Fault

    ready.github.faults.arrange(
        Fault(kind="lost-reply", endpoint="*/releases", method="POST", times=1)
    )
    ended = release(ready)
    assert ended.status == 0, ended
    assert "But it is done" in ended.output
    assert state(ready) == DONE


def test_of_two_releases_of_other_commits_one_wins_and_the_other_says_so(ready):
    """The other pushes its tag in the very moment in which this one pushes its own."""
    hook = ready.clone / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir()
    ready.commit("Next")
    other = ready.git("rev-parse", "HEAD^")
    hook.write_text(f"#!/bin/sh\ngit --git-dir '{ready.remote}' tag {TAG} {other}\n")
    hook.chmod(0o755)
    ended = release(ready)
    assert ended.status == 1
    assert "tag-elsewhere-there" in ended.output
    assert state(ready)[1:] == ((), (), ())


def test_of_two_releases_of_the_same_commit_both_end_in_the_same_world(ready):
    hook = ready.clone / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir()
    head = ready.git("rev-parse", "HEAD")
    hook.write_text(f"#!/bin/sh\ngit --git-dir '{ready.remote}' tag {TAG} {head}\n")
    hook.chmod(0o755)
    ended = release(ready)
    assert ended.status == 0, ended
    assert "another release was faster" in ended.output
    assert state(ready) == DONE


def test_an_unpushed_commit_goes_with_its_tag_or_not_at_all(ready):
    ready.commit("Not pushed", push=False)
    ended = release(ready)
    assert ended.status == 0, ended
    head = ready.git("rev-parse", "HEAD")
    assert ready.git("rev-parse", "refs/heads/main", cwd=ready.remote) == head
    assert "push branch main and tag" in ended.output


def test_a_run_that_waits_for_approval_says_where_and_goes_on_when_it_is_given(ready):
    ready.github.add_environment("pypi", reviewers=("you",))

    def approve():
        (waiting,) = [one for one in ready.github.runs if one.status == "waiting"]
        ready.github.decide(waiting, "pypi", approved=True)

    # Who it is that may approve was asked, and is answered as it was before.
    ready.github.faults.after("/repos/*/pending_deployments", approve, method="GET")
    ended = release(ready)
    assert ended.status == 0, ended
    assert "waiting for approval of environment pypi by you, which you may give" in ended.output
    assert "/actions/runs/" in ended.output


def test_no_run_is_explained_and_the_next_command_starts_the_workflow(ready):
    ready.github.settings.actions_enabled = False
    first = release(ready)
    assert first.status == 1
    assert "No run of publish.yml came" in first.output
    assert f"gh workflow run publish.yml --ref {TAG}" in first.output
    ready.github.settings.actions_enabled = True
    ready.github.releases[0].published_at -= timedelta(minutes=10)
    second = release(ready)
    assert second.status == 0, second
    assert "start publish.yml" in second.output
    assert set(state(ready)[3]) == FILES


def test_notes_that_github_would_refuse_stop_the_release_before_the_tag(ready):
    notes = ready.directory / "notes.md"
    notes.write_text("x" * 125_001)
    ended = release(ready, "--notes-file", str(notes), "--no-verify-build")
    assert ended.status == 1
    assert "GitHub takes 125,000" in ended.output
    assert state(ready)[0] == ()


def test_the_version_asked_for_must_be_the_one_that_is_built(ready):
    backend = ready.clone / "tiny_backend.py"
    built = backend.read_text(encoding="utf-8").replace("_fact('version')", "'1.2.4'")
    ready.write({"tiny_backend.py": built})
    ready.git("commit", "-qam", "Build another version")
    ended = release(ready, "1.2.3", building=True)
    assert "version-not-asked" in ended.ids
    assert state(ready)[0] == ()


def test_what_is_neither_a_version_nor_words_is_refused(ready):
    ended = release(ready, "two")
    assert "is not a version" in ended.output


def test_a_version_that_was_uploaded_by_hand_is_not_released_over(ready, tmp_path):
    from nox_release.operations.build import build
    from nox_release.project.pyproject import read_project

    built = build(
        context_of(ready), read_project(ready.clone), smoke=False, destination=tmp_path / "d"
    )
    ready.index.put(*(one.path for one in built.distributions), owner="you")
    ended = release(ready)
    assert "version-taken" in ended.ids
    assert state(ready)[:3] == ((), (), ())


def test_an_index_that_is_down_is_no_reason_to_go_on(ready):
    ready.index.stop()
    ended = release(ready)
    assert "index-unreachable" in ended.ids
    assert "project-absent" not in ended.ids
    assert state(ready)[:2] == ((), ())


def test_text_of_strangers_cannot_dress_up_the_output(ready):
    ready.commit("\x1b[31m[red]::error::x [/red]\x1b]0;title\x07")
    ended = release(ready)
    assert ended.status == 0, ended
    assert "\x1b" not in ended.output
    assert "[red]" in ended.output
    assert not any(line.lstrip().startswith("::") for line in ended.output.splitlines())


def test_a_missing_gh_is_said_among_the_others(ready, tmp_path):
    import shutil

    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "sh"):
        (folder / name).symlink_to(shutil.which(name))
    ended = release(ready, environ={"PATH": str(folder)})
    assert ended.ids == ["gh-missing"]


def test_no_wait_stops_after_the_github_release(ready):
    ended = release(ready, "--no-wait")
    assert ended.status == 0, ended
    assert state(ready)[1] == (TAG,)
    assert "not known yet" in ended.output
    ready.workflows.wait()
    assert release(ready).status == 0
    assert state(ready) == DONE


def test_a_workflow_that_uploads_only_a_wheel_is_said(ready):
    """The missing sdist is named: a release that lacks something is no whole one."""
    build = ready.workflows.builder.build
    ready.workflows.builder.build = lambda source, outdir: [
        path for path in build(source, outdir) if path.suffix == ".whl"
    ]
    ended = release(ready, building=True)
    assert ended.status == 0, ended
    assert "tiny_demo-1.2.3.tar.gz was not among it" in ended.output
    assert state(ready)[3] == ("tiny_demo-1.2.3-py3-none-any.whl",)


def test_a_build_that_fails_blocks_like_any_other_finding(ready):
    """It comes after what is known without a build, which may take minutes."""
    ready.commit("Break it", {"tiny_backend.py": "raise SystemExit('the backend is broken')\n"})
    ready.write({"README.md": "changed"})
    assert release(ready, building=True).ids == ["tree-dirty"]
    ready.git("checkout", "-q", "README.md")
    ended = release(ready, building=True)
    assert ended.status == 1
    assert ended.ids == ["build-fails"], ended
    assert state(ready) == ((), (), (), ())
