"""Failures without an error in any log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nox_release.diagnosis.silent import JobSeen, World, silent_failures

GREEN = World(
    version="1.2.0",
    tag="v1.2.0",
    workflow="publish.yml",
    index="PyPI",
    slug="acme/demo",
    release_exists=True,
    run_found=True,
    run_status="completed",
    run_conclusion="success",
    run_url="https://github.com/acme/demo/actions/runs/1",
    jobs=(
        JobSeen(name="build", conclusion="success"),
        JobSeen(name="publish", conclusion="success", publishes=True),
    ),
    index_files=("demo-1.2.0.tar.gz",),
)
LOST = replace(GREEN, run_found=False, run_status=None, run_conclusion=None, index_files=())
EMPTY = replace(GREEN, index_files=())


def ids(world):
    return [diagnosis.id for diagnosis in silent_failures(world)]


def test_green_run_with_its_files_on_the_index_is_no_failure():
    assert ids(GREEN) == []


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, ["gh-noruns"]),
        ({"release_by_token": True}, ["sf-github-token"]),
        ({"workflow_events": ("push",)}, ["sf-trigger"]),
        ({"workflow_at_tag": False}, ["sf-workflow-absent"]),
        ({"workflow_state": "disabled_inactivity"}, ["gh-wf-disabled"]),
        ({"is_draft": True}, ["sf-draft"]),
        ({"workflow_events": ("release",), "workflow_at_tag": True}, ["gh-noruns"]),
        ({"release_exists": False}, []),
    ],
)
def test_release_without_a_run_is_explained_by_what_was_seen(seen, expected):
    assert ids(replace(LOST, **seen)) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, ["sf-nothing-on-index"]),
        ({"on_other_index": "TestPyPI"}, ["sf-other-index"]),
        ({"uploaded_version": "1.1.0"}, ["sf-old-version"]),
        ({"uploaded": ()}, ["sf-empty-dist"]),
        ({"uploaded": ("demo-1.2.0.tar.gz",)}, ["sf-not-listed"]),
        (
            {"jobs": (JobSeen(name="publish", conclusion="skipped", publishes=True),)},
            ["gr-skipped"],
        ),
        ({"run_conclusion": "skipped"}, ["gr-skipped"]),
    ],
)
def test_green_run_without_files_is_explained_by_what_was_seen(seen, expected):
    assert ids(replace(EMPTY, **seen)) == expected


def test_index_that_was_not_asked_is_never_held_to_be_empty():
    assert ids(replace(GREEN, index_files=None)) == []


def test_waiting_run_names_the_environment_and_where_to_approve():
    world = replace(GREEN, run_status="waiting", run_conclusion=None, waits_for="pypi")
    (found,) = silent_failures(world)
    assert found.id == "gr-wait"
    assert "`pypi`" in found.cause
    assert world.run_url in found.fix
