"""The judgement over a release that is out, as tables of values."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from nox_release.checks.release.finished import check_end, check_proofs, version_not_raised
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Finding, Location, Passed, Skipped
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI
from nox_release.releases.end_state import Landed, Served, judge_end
from nox_release.releases.observed import IndexFile, IndexProject, Publisher, Run
from nox_release.releases.plan import Expected, Target

NOW = datetime(2026, 8, 1, tzinfo=timezone.utc)
HEAD = "a" * 40
SDIST, WHEEL = "demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"
OURS = Publisher(kind="GitHub", repository="Ada/demo", workflow="publish.yml")
SLUGS = frozenset({"ada/demo"})
TARGET = Target(
    name="demo",
    version="1.0",
    tag="v1.0",
    commit=HEAD,
    index=PYPI,
    slug="Ada/demo",
    workflow="publish.yml",
    publisher=TrustedPublisher(owner="Ada", repository="demo", workflow="publish.yml"),
    files=(Expected(filename=SDIST, sha256="1"), Expected(filename=WHEEL, sha256="2")),
)
RUN = Run(
    id=1, attempt=1, status="completed", conclusion="success", event="release",
    workflow=".github/workflows/publish.yml", commit=HEAD, branch="v1.0", url="", created=NOW,
)  # fmt: skip
ACTIVE = IndexProject(name="demo", versions=("1.0",))


def landed(filename, sha256="", **changes):
    file = IndexFile(filename=filename, sha256=sha256, upload_time=NOW + timedelta(minutes=3))
    whole = Landed(file=file, publishers=(OURS,), served=Served(there=True))
    fields = {key: value for key, value in changes.items() if key in ("publishers", "served")}
    of_file = {key: value for key, value in changes.items() if key not in fields}
    return replace(whole, file=replace(file, **of_file), **fields)


GOOD = landed(SDIST, "1"), landed(WHEEL, "2")


def flaws(*files, target=TARGET, project=ACTIVE, runs=(RUN,), slugs=SLUGS):
    end = judge_end(target, project, files, runs, slugs=slugs)
    return [(flaw.kind, flaw.files) for flaw in end.flaws]


def test_a_whole_release_has_no_flaw():
    end = judge_end(TARGET, ACTIVE, GOOD, (RUN,), slugs=SLUGS)
    assert end.is_complete
    assert [type(result) for result in check_end(TARGET, end)] == [Passed]


EVIL = Publisher(kind="GitHub", repository="evil/demo", workflow="publish.yml")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), [("absent", ())]),
        (GOOD[:1], [("half", (WHEEL,))]),
        ((*GOOD, landed("demo-1.0-1-py3-none-any.whl", publishers=None)),
         [("unexpected", ("demo-1.0-1-py3-none-any.whl",))]),
        ((GOOD[0], landed(WHEEL, "3")), [("other bytes", (WHEEL,))]),
        # An index that tells no SHA-256 says nothing about the bytes.
        ((GOOD[0], landed(WHEEL, "")), []),
        ((GOOD[0], landed(WHEEL, "2", publishers=(EVIL,))), [("foreign", (WHEEL,))]),
        ((GOOD[0], landed(WHEEL, "2", publishers=(EVIL, OURS))), []),
        ((GOOD[0], landed(WHEEL, "2", publishers=None)), []),
        ((GOOD[0], landed(WHEEL, "2", publishers=None, upload_time=NOW - timedelta(hours=1))),
         [("foreign", (WHEEL,))]),
        # What came from us came from us, whatever the clocks say.
        ((GOOD[0], landed(WHEEL, "2", upload_time=NOW - timedelta(hours=1))), []),
        ((GOOD[0], landed(WHEEL, "2", served=Served(there=False))), [("not served", (WHEEL,))]),
        ((GOOD[0], landed(WHEEL, "2", served=Served(there=True, sha256="3"))),
         [("wrong bytes", (WHEEL,))]),
        ((GOOD[0], landed(WHEEL, "2", yanked="broken")), [("yanked", (WHEEL,))]),
    ],
)  # fmt: skip
def test_each_way_in_which_a_release_is_not_what_it_was_to_be(files, expected):
    assert flaws(*files) == expected
    end = judge_end(TARGET, ACTIVE, files, (RUN,), slugs=SLUGS)
    found = [one for one in check_end(TARGET, end) if isinstance(one, Finding)]
    assert len(found) == len(expected)
    assert all(one.severity == "error" and one.fix for one in found)


def test_a_repository_that_was_renamed_is_the_same_one():
    old = Publisher(kind="GitHub", repository="ada/older", workflow="publish.yml")
    files = GOOD[0], landed(WHEEL, "2", publishers=(old,))
    assert flaws(*files) == [("foreign", (WHEEL,))]
    assert flaws(*files, slugs=SLUGS | {"ada/older"}) == []


def test_a_project_in_quarantine_is_that_and_nothing_else():
    assert flaws(project=replace(ACTIVE, status="quarantined")) == [("quarantined", ())]


def test_what_could_not_be_asked_is_neither_a_flaw_nor_fine():
    missing = CouldNotAsk(reason="no route")
    end = judge_end(
        TARGET, ACTIVE, (GOOD[0], landed(WHEEL, "2", served=missing)), (RUN,), slugs=SLUGS
    )
    assert end.flaws == ()
    assert not end.is_complete
    (skipped,) = check_end(TARGET, end)
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "no route"


def test_a_version_that_was_not_raised_names_the_place_to_raise_it_in():
    found = version_not_raised(TARGET, 2, Location(file="demo/__init__.py", line=4))
    assert found.message == "HEAD is 2 commits after v1.0, which is released, and is not in it."
    assert "demo/__init__.py:4" in found.fix


def test_a_file_without_an_attestation_is_proven_by_nobody():
    end = judge_end(TARGET, ACTIVE, (landed(SDIST, "1", publishers=()),), (RUN,), slugs=SLUGS)
    (told,) = check_proofs(TARGET, end)
    assert isinstance(told, Skipped)
    assert told.id == "publisher-last-release"
    assert "no attestation" in told.reason
