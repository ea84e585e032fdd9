"""What is attached to a GitHub release: refused before the tag where it cannot be, compared at the end."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from nox_release.checks.judging import NEEDED
from nox_release.checks.release.assets import check_after, check_before
from nox_release.checks.release.finished import check_what_is_left
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Location, Severity
from nox_release.project.pyproject import PYPI
from nox_release.releases.observed import (
    Asset,
    GitHubRelease,
    IndexFile,
    IndexProject,
    Observed,
    RemoteState,
    RemoteTag,
)
from nox_release.releases.plan import Expected, Target

HEAD = "a" * 40
SDIST = "demo-1.0.tar.gz"
TARGET = Target(
    name="demo", version="1.0", tag="v1.0", commit=HEAD, index=PYPI, slug="you/demo",
    workflow="publish.yml", event="release", assets=("dist",), files=(Expected(filename=SDIST),),
)  # fmt: skip
SEEN = Observed(
    head=HEAD,
    project=IndexProject(name="demo", files=(IndexFile(filename=SDIST, sha256="1"),)),
    remote=RemoteState(
        default_branch="main", branch_head=HEAD, tag=RemoteTag(object=HEAD, commit=HEAD)
    ),
)
RELEASE = GitHubRelease(id=1, tag="v1.0", title="x", url="https://release")


@pytest.mark.parametrize(
    ("target", "immutable", "absent", "ids"),
    [
        (TARGET, False, (), []),
        (TARGET, True, (), ["release-assets-late"]),
        (TARGET, CouldNotAsk(reason="403"), (), ["release-assets-late"]),
        (replace(TARGET, release_last=True, event="push"), True, (), []),
        (replace(TARGET, assets=()), True, (), []),
        (TARGET, False, ("sbom.json",), ["release-asset-missing"]),
    ],
)
def test_what_cannot_be_attached_is_told_before_the_tag(target, immutable, absent, ids):
    seen = replace(SEEN, immutable_releases=immutable)
    assert [one.id for one in check_before(target, seen, absent)] == ids


def test_no_release_with_files_begins_while_it_is_not_known_whether_they_are_taken():
    assert "release-assets-late" in NEEDED


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        ({"assets": (Asset(name=SDIST, sha256="1"),)}, []),
        ({"assets": (Asset(name=SDIST),)}, []),
        ({"assets": (Asset(name=SDIST, sha256="2"),)}, ["release-asset-differs"]),
        ({}, []),
        ({"immutable": True}, ["release-assets-absent"]),
    ],
)
def test_the_attached_files_are_compared_with_the_index(change, ids):
    seen = replace(SEEN, github_release=replace(RELEASE, **change))
    assert [one.id for one in check_after(TARGET, seen)] == ids


@pytest.mark.parametrize(
    ("hours", "head", "stated", "ids"),
    [
        (
            1,
            HEAD,
            Location(file="pyproject.toml", line=3),
            ["back-to-development", "release-closes"],
        ),
        (1, HEAD, None, ["release-closes"]),
        (1, "b" * 40, Location(file="pyproject.toml"), ["release-closes"]),
        (15 * 24, HEAD, None, []),
    ],
)
def test_what_is_left_after_a_release(hours, head, stated, ids):
    uploaded = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
    files = (IndexFile(filename=SDIST, upload_time=uploaded),)
    seen = replace(SEEN, head=head, project=IndexProject(name="demo", files=files))
    now = uploaded + timedelta(hours=hours)
    found = list(check_what_is_left(TARGET, seen, now, stated))
    assert [one.id for one in found] == ids
    assert {one.severity for one in found} <= {Severity.ADVICE}
    assert all("2026-11-15 12:00" in one.message for one in found if one.id == "release-closes")
