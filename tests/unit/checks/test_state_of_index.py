"""What the index's answers mean, as values in and values out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest

from nox_release.checks.index.state import Released, check_index_state, similar_names
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Finding, Passed, Severity, Skipped
from nox_release.project.names import ultranormalize
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI
from nox_release.releases.observed import (
    IndexFile,
    IndexProject,
    Login,
    Maintainer,
    Observed,
    Ownership,
    Publisher,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
OURS = TrustedPublisher(owner="Acme", repository="demo", workflow="publish.yml")
ALICE = Ownership(roles=(("Owner", "alice"), ("Maintainer", "bob")))
CAROL = Maintainer(user="carol")


@dataclass(frozen=True)
class Local:
    filename: str
    sha256: str = "aa"
    size: int = 1000

    @property
    def kind(self):
        return "wheel" if self.filename.endswith(".whl") else "sdist"


def there(*names, days=1, sha256="aa", yanked=False, size=1000):
    return tuple(
        IndexFile(
            filename=name,
            sha256=sha256,
            size=size,
            yanked=yanked,
            upload_time=NOW - timedelta(days=days),
        )
        for name in names
    )


def project(*files, status="active"):
    return IndexProject(name="demo", status=status, files=files)


def check(on_index, *local, version="1.0", ownership=ALICE, **more):
    files = tuple(Local(name) if isinstance(name, str) else name for name in local)
    more = {"name": "demo", "index": PYPI, "maintainer": Maintainer(user="alice"), **more}
    seen = {key: more.pop(key) for key in ("maintainer", "names", "publishers") if key in more}
    observed = Observed(head="", project=on_index, ownership=ownership, **seen)
    released = Released(version=version, distributions=files, **more)
    return check_index_state(observed, released, NOW)


def ids(results, kind=Finding):
    return [result.id for result in results if isinstance(result, kind)]


def the(results, slug):
    return next(result for result in results if result.id == slug)


@pytest.mark.parametrize("login", ["alice", "Bob"])
def test_an_owner_who_is_called_so_on_github_is_not_asked_who_they_are(login):
    me = Observed(head="", project=project(), ownership=ALICE, login=Login(user=login))
    released = Released(name="demo", index=PYPI, version="1.0")
    result = the(check_index_state(me, released, NOW), "not-allowed-user")
    assert isinstance(result, Passed)
    assert result.title == f"It belongs to {login.lower()}"
    other = replace(me, login=Login(user="carol"))
    assert isinstance(the(check_index_state(other, released, NOW), "not-allowed-user"), Skipped)


def test_an_absent_project_fails_a_release_and_points_at_first_upload():
    results = check(None)
    assert ids(results) == ["project-absent"]
    assert "nox -s first-upload" in results[0].fix


def test_a_registered_pending_publisher_makes_an_absent_project_fine():
    assert ids(check(None, pending_publisher=True)) == []


def test_an_index_that_could_not_be_asked_is_not_an_absent_project():
    results = check(CouldNotAsk(reason="no answer within 20 s"))
    assert [type(result) for result in results] == [Skipped]
    assert results[0].reason == "no answer within 20 s"


@pytest.mark.parametrize(
    ("name", "form"),
    [("all-in-one-fix", "a111n0nef1x"), ("Foo_Bar.Baz", "f00barbaz"), ("LIlio0", "111100")],
)
def test_ultranormalised_forms_are_warehouses(name, form):
    assert ultranormalize(name) == form


def test_a_name_that_looks_like_another_is_refused_before_anyone_uploads():
    results = check(None, name="numpyl1b", names=("requests", "numpy-lib", "NumpyLib"))
    assert ids(results) == ["project-absent", "name-too-similar"]
    assert "`numpy-lib`, `NumpyLib`" in results[1].message
    assert "too similar to an existing project" in results[1].refusal


def test_another_spelling_of_the_same_name_is_the_same_project():
    assert similar_names("Foo.Bar", ("foo-bar", "FOO_BAR", "f00-bar")) == ("f00-bar",)


def test_names_that_could_not_be_read_leave_similarity_unknown():
    results = check(None, names=CouldNotAsk(reason="503"))
    assert ids(results, Skipped) == ["name-too-similar"]


@pytest.mark.parametrize(
    ("status", "rule"),
    [("archived", "project-archived"), ("quarantined", "project-quarantined")],
)
def test_a_project_set_aside_takes_no_release(status, rule):
    files = there("demo-0.9.tar.gz")
    assert rule in ids(check(project(*files, status=status)))


def test_an_owner_may_upload():
    results = check(project(*there("demo-0.9.tar.gz")))
    assert ids(results) == []
    assert the(results, "not-allowed-user").title == "You (alice) may upload to it"


def test_somebody_elses_project_is_an_error():
    results = check(project(*there("demo-0.9.tar.gz")), maintainer=CAROL)
    assert ids(results) == ["not-allowed-user"]
    assert "belongs to alice, bob on PyPI, and you are carol" in results[-2].message


FOUND = Maintainer(user="carol", source="~/.pypirc")


def test_somebody_elses_project_by_a_name_that_was_found_says_where():
    results = check(project(*there("demo-0.9.tar.gz")), maintainer=FOUND)
    assert ids(results) == ["not-allowed-user"]
    found = the(results, "not-allowed-user")
    assert "and you are carol (~/.pypirc)." in found.message
    assert "If you go by another name there, say so: `pypi-user`" in found.fix
    assert "'carol'" in found.refusal


def test_a_name_that_was_found_gives_way_to_provenance_from_this_repository():
    """The file may be old; what the index has proven to come from here is ours."""
    proven = (Publisher(kind="GitHub", repository="acme/demo", workflow="publish.yml"),)
    files = project(*there("demo-0.9.tar.gz"))
    assert ids(check(files, maintainer=FOUND, publisher=OURS, publishers=proven)) == []
    said = check(files, maintainer=CAROL, publisher=OURS, publishers=proven)
    assert ids(said) == ["not-allowed-user"]


def test_an_owner_by_a_name_that_was_found_reads_where():
    alice = Maintainer(user="Alice", source="the keyring")
    passed = the(check(project(*there("demo-0.9.tar.gz")), maintainer=alice), "not-allowed-user")
    assert (passed.title, passed.detail) == (
        "You (Alice) may upload to it",
        "owner, by the name in the keyring",
    )


def test_an_unknown_maintainer_is_shown_the_owners_to_judge():
    results = check(project(*there("demo-0.9.tar.gz")), maintainer=None)
    assert ids(results, Skipped) == ["not-allowed-user"]
    assert "it belongs to alice, bob" in the(results, "not-allowed-user").reason


def test_membership_of_an_organisation_is_not_known():
    ownership = Ownership(roles=(("Owner", "alice"),), organization="acme")
    results = check(project(*there("demo-0.9.tar.gz")), ownership=ownership, maintainer=CAROL)
    assert ids(results) == []
    assert "the organisation acme" in the(results, "not-allowed-user").reason


def test_an_earlier_release_from_this_repository_speaks_for_it():
    proven = (Publisher(kind="GitHub", repository="acme/Demo", workflow="publish.yml"),)
    results = check(
        project(*there("demo-0.9.tar.gz")), maintainer=None, publisher=OURS, publishers=proven
    )
    assert ids(results, Skipped) == []
    assert isinstance(the(results, "not-allowed-user"), Passed)


def test_an_earlier_release_from_another_repository_reads_as_a_taken_name():
    proven = (Publisher(kind="GitHub", repository="other/demo", workflow="publish.yml"),)
    results = check(
        project(*there("demo-0.9.tar.gz")), maintainer=None, publisher=OURS, publishers=proven
    )
    assert ids(results) == ["name-exists"]


def test_an_empty_project_is_not_an_absent_one():
    results = check(project(), ownership=None, maintainer=None)
    assert ids(results) == []
    assert the(results, "project-absent").detail == "without any release yet"


def test_a_project_of_which_everything_is_yanked_has_had_releases():
    results = check(project(*there("demo-0.9.tar.gz", yanked=True)))
    assert the(results, "project-absent").detail == "every release of it is yanked"


def test_quarantine_stops_a_workflow_and_not_an_owners_own_token():
    in_quarantine = project(*there("demo-0.9.tar.gz"), status="quarantined")
    by_workflow = check(in_quarantine, uploads=False)
    assert the(by_workflow, "project-quarantined").severity is Severity.ERROR
    by_owner = check(in_quarantine, uploads=True)
    assert the(by_owner, "project-quarantined").severity is Severity.WARNING


FILES = ("demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl")


def test_the_same_bytes_are_already_there():
    results = check(project(*there(*FILES)), *FILES, version="1.0.0")
    assert ids(results) == []
    assert the(results, "file-exists").title == "1.0.0 is on PyPI, the same bytes as here"


def test_other_bytes_under_a_used_name_are_refused():
    results = check(project(*there(*FILES, sha256="bb")), *FILES)
    assert ids(results) == ["file-exists", "file-exists"]
    assert {finding.severity for finding in results if isinstance(finding, Finding)} == {
        Severity.ERROR
    }


def test_other_bytes_of_somebody_elses_project_are_not_answered_with_a_higher_version():
    results = check(project(*there(*FILES, sha256="bb")), *FILES, maintainer=CAROL)
    assert "It belongs to alice, bob" in the(results, "file-exists").fix


def test_what_an_interrupted_first_upload_left_can_be_gone_on_with():
    left = project(*there(FILES[0], sha256="bb"))
    assert "nox -s release" in the(check(left, *FILES), "file-exists").fix
    more = project(*there(FILES[0], sha256="bb"), *there("demo-0.9.tar.gz"))
    assert "interrupted" not in the(check(more, *FILES), "file-exists").fix


def test_other_bytes_do_not_stop_where_a_workflow_builds():
    results = check(project(*there(*FILES, sha256="bb")), *FILES, uploads=False)
    assert not [r for r in results if isinstance(r, Finding) and r.severity is Severity.ERROR]


def test_a_release_closes_after_fourteen_days():
    results = check(project(*there(FILES[1], days=15)), *FILES)
    assert ids(results) == ["release-closed"]
    assert (
        "takes no more files since 2026-11-21 12:00 UTC" in the(results, "release-closed").message
    )


def test_an_unfinished_release_shows_until_when_it_can_be_finished():
    results = check(project(*there(FILES[1], days=13)), *FILES)
    assert ids(results) == ["version-exists"]
    assert "It takes files until 2026-11-23 12:00 UTC." in the(results, "version-exists").message


def test_a_closed_release_with_all_its_files_is_merely_there():
    assert ids(check(project(*there(*FILES, days=400)), *FILES)) == []


def test_a_second_sdist_is_refused():
    results = check(project(*there("Demo-1.0.0.zip")), *FILES, version="1.0")
    assert "second-sdist" in ids(results)


def test_a_yanked_version_is_told():
    results = check(project(*there(*FILES, yanked="broken")), *FILES)
    assert ids(results) == ["version-yanked"]
    assert "(broken)" in the(results, "version-yanked").message


@pytest.mark.parametrize(
    ("known", "version", "found"),
    [
        (("demo-2.0.tar.gz",), "1.1", ["version-lower"]),
        (("demo-2.0.tar.gz", "demo-1.0.tar.gz"), "1.1", []),
        (("demo-2.0b1.tar.gz", "demo-1.0.tar.gz"), "1.1", []),
        (("demo-1.0.tar.gz",), "2.0", []),
        (("nonsense.exe",), "2.0", []),
    ],
)
def test_a_lower_version_is_told_unless_it_continues_a_series(known, version, found):
    assert ids(check(project(*there(*known)), version=version)) == found


def test_the_total_size_counts_what_would_be_added():
    nearly = there("demo-0.9.tar.gz", size=10 * 1024**3 - 500)
    assert ids(check(project(*nearly), *FILES)) == ["project-too-large"]
    assert ids(check(project(*nearly), version="1.0")) == []


def test_a_project_that_holds_more_than_the_limit_was_granted_more():
    granted = there("demo-0.9.tar.gz", size=11 * 1024**3)
    finding = the(check(project(*granted), *FILES), "project-too-large")
    assert finding.severity is Severity.WARNING
