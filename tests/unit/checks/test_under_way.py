"""What is judged of a release that has begun and is not out."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from nox_release.checks.judging import NEEDED, Case, judge
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Finding, Severity
from nox_release.project.pyproject import PYPI, parse_project
from nox_release.releases.observed import (
    ForgeRepository,
    GitHubRelease,
    IndexFile,
    IndexProject,
    Observed,
    RemoteState,
    RemoteTag,
    Run,
)
from nox_release.releases.plan import Expected, Target
from nox_release.workflows.publishing import Derivation

NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
HEAD = "a" * 40
SDIST, WHEEL = "demo-1.2.0.tar.gz", "demo-1.2.0-py3-none-any.whl"
TARGET = Target(
    name="demo",
    version="1.2.0",
    tag="v1.2.0",
    commit=HEAD,
    index=PYPI,
    slug="o/r",
    workflow="publish.yml",
    event="release",
    files=(Expected(filename=SDIST), Expected(filename=WHEEL)),
)
RUN = Run(
    id=1, attempt=1, status="completed", conclusion="success", event="release",
    workflow=".github/workflows/publish.yml", commit=HEAD, branch="v1.2.0", url="https://run",
    created=NOW - timedelta(hours=3), updated=NOW - timedelta(hours=2),
)  # fmt: skip
FAILED = replace(RUN, conclusion="failure")
REPOSITORY = ForgeRepository(
    full_name="o/r", default_branch="main", url="", permissions=("pull", "push")
)
BEGUN = Observed(
    head=HEAD,
    branch="main",
    gh="ready",
    repository=REPOSITORY,
    remote=RemoteState(
        default_branch="main", branch_head=HEAD, tag=RemoteTag(object=HEAD, commit=HEAD)
    ),
    github_release=GitHubRelease(id=1, tag="v1.2.0", title="demo 1.2.0", url=""),
)


def on_index(*names, ago=timedelta(hours=2), status="active", provenance=None):
    files = tuple(
        IndexFile(filename=name, upload_time=NOW - ago, provenance=provenance) for name in names
    )
    return IndexProject(name="demo", status=status, versions=("1.2.0",), files=files)


def judged(**seen):
    case = Case(
        project=parse_project({"project": {"name": "demo", "version": "1.2.0"}}, root=Path()),
        target=TARGET,
        observed=replace(BEGUN, **seen),
        derivation=Derivation(publisher=None, job=None, jobs=(), results=()),
        now=NOW,
    )
    return judge(case, "under way")


def errors(**seen):
    return [
        one.id
        for one in judged(**seen)
        if isinstance(one, Finding) and one.severity is Severity.ERROR
    ]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"runs": (RUN,), "project": on_index()}, ["release-half"]),
        ({"runs": (RUN,), "project": on_index(WHEEL)}, ["release-half"]),
        ({"runs": (RUN,), "project": on_index(WHEEL, ago=timedelta(minutes=2))}, []),
        ({"runs": (replace(RUN, updated=NOW),), "project": on_index()}, []),
        ({"runs": (replace(RUN, updated=None),), "project": on_index()}, []),
        ({"runs": (FAILED,), "project": on_index(WHEEL)}, []),
        ({"runs": (), "project": on_index()}, []),
    ],
)
def test_a_run_that_succeeded_brings_no_more_once_an_index_has_had_its_time(seen, expected):
    assert errors(**seen) == expected


def test_files_from_before_the_first_run_are_not_this_releases():
    early = timedelta(hours=5)
    assert errors(runs=(FAILED,), project=on_index(WHEEL, ago=early)) == ["release-foreign"]
    proven = on_index(WHEEL, ago=early, provenance="https://index/provenance")
    assert errors(runs=(FAILED,), project=proven) == []


@pytest.mark.parametrize("run", [(), (FAILED,)])
def test_what_is_left_to_do_needs_an_open_project_and_a_login_that_may_write(run):
    assert errors(runs=run, project=on_index(status="archived")) == ["project-archived"]
    reader = replace(REPOSITORY, permissions=("pull",))
    assert errors(runs=run, project=on_index(), repository=reader) == ["gh-account"]


def test_what_is_left_to_wait_for_needs_neither():
    active = replace(RUN, status="in_progress", conclusion=None)
    reader = replace(REPOSITORY, permissions=("pull",))
    assert errors(runs=(active,), project=on_index(), repository=reader) == []


def test_runs_that_nobody_tells_are_not_none():
    results = judged(runs=CouldNotAsk(reason="500"), project=on_index())
    assert [one.id for one in results if one.id in NEEDED] == ["github-unreachable"]
    assert not any("no run of its workflow came" in str(one) for one in results)
