"""A run's claims, PyPI's answers and the last provenance, against the derived publisher."""

import base64
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from nox_release.checks.publisher import exchange as checks
from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Severity
from nox_release.operations.check_publisher import _identity_token
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI, parse_index

OURS = TrustedPublisher(owner="Octo", repository="Demo", workflow="publish.yml", environment="pypi")
CLAIMS = {
    "repository": "Octo/Demo",
    "repository_owner": "Octo",
    "job_workflow_ref": "Octo/Demo/.github/workflows/publish.yml@refs/tags/v1.0",
    "workflow_ref": "Octo/Demo/.github/workflows/publish.yml@refs/tags/v1.0",
    "environment": "pypi",
    "event_name": "release",
}


def found(claims, ours=OURS):
    return {
        result.id: result.severity
        for result in checks.compare_claims(claims, ours)
        if isinstance(result, Finding)
    }


def test_claims_of_the_right_job_are_all_fine():
    results = checks.compare_claims(CLAIMS, OURS)
    assert found(CLAIMS) == {}
    assert {result.detail for result in results} >= {"Octo/Demo", "publish.yml", "pypi", "release"}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"repository": "octo/Demo"}, {}),
        ({"environment": "PyPI"}, {}),
        ({"repository": "Octo/demo"}, {"claim-repository": Severity.ERROR}),
        ({"environment": None}, {"claim-environment": Severity.ERROR}),
        ({"event_name": "pull_request_target"}, {"claim-event": Severity.ERROR}),
        (
            {
                "job_workflow_ref": "Octo/Demo/.github/workflows/publish.yaml@refs/heads/main",
                "workflow_ref": "Octo/Demo/.github/workflows/publish.yaml@refs/heads/main",
            },
            {"claim-workflow": Severity.ERROR},
        ),
        (
            {"job_workflow_ref": "other/shared/.github/workflows/publish.yml@refs/heads/main"},
            {"claim-reusable": Severity.ERROR},
        ),
        (
            {"job_workflow_ref": "Octo/Demo/.github/workflows/called.yml@refs/tags/v1.0"},
            {"claim-reusable": Severity.ERROR, "claim-workflow": Severity.ERROR},
        ),
    ],
)
def test_each_claim_that_differs_is_named(change, rules):
    assert found({**CLAIMS, **change}) == rules


def test_a_job_environment_without_one_on_the_publisher_is_a_warning_only():
    ours = replace(OURS, environment=None)
    assert found(CLAIMS, ours) == {"claim-environment": Severity.WARNING}


@pytest.mark.parametrize(
    ("code", "description", "exists", "rule"),
    [
        ("invalid-pending-publisher", "valid token, but project already exists", True, "pending-publisher-obsolete"),
        ("invalid-publisher", "valid token, but no corresponding publisher (Publisher with matching claims was not found)", False, "publisher-not-registered"),
        ("invalid-publisher", "Publishing from a workflow invoked via 'pull_request_target' is not supported.", True, "claim-event"),
        ("invalid-publisher", "The job_workflow_ref claim does not match, expecting one of []", True, "claim-reusable"),
        ("invalid-payload", "The name 'x' is too similar to an existing project.", False, "pending-name-unusable"),
        ("invalid-payload", "malformed JWT", None, "exchange-refused"),
        ("invalid-token", "malformed or invalid token", True, "token-for-other-index"),
        ("invalid-reuse-token", "invalid token: already used", True, "exchange-refused"),
        ("not-enabled", "github trusted publishing functionality not enabled", True, "exchange-switched-off"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_own_words(code, description, exists, rule):
    finding = checks.explain_refusal(
        code, description, index=PYPI, project="demo", publisher=OURS, exists=exists
    )
    assert (finding.id, finding.refusal) == (rule, f"{code}: {description}")


def test_the_page_depends_on_whether_the_project_exists():
    def fix(exists):
        return checks.explain_refusal(
            "invalid-publisher",
            "not found",
            index=PYPI,
            project="demo",
            publisher=OURS,
            exists=exists,
        ).fix

    assert "/manage/project/demo/settings/publishing/?provider=github&owner=Octo" in fix(True)
    assert "/manage/account/publishing/" in fix(False)
    assert "Workflow name: publish.yml" in fix(False)
    assert "If `demo` is not yours, somebody took the name meanwhile" in fix(True)
    assert "took the name" not in fix(False)


def test_provenance_of_another_workflow_asks_to_register_first():
    (finding,) = checks.compare_provenance(
        [replace(OURS, workflow="release.yml")], OURS, version="1.0", index=PYPI, project="demo"
    )
    assert finding.id == "provenance-publisher-differs"
    assert "`release.yml`" in finding.message
    assert "`publish.yml`" in finding.message


def test_provenance_without_environment_is_a_weaker_publisher_not_another_one():
    (finding,) = checks.compare_provenance(
        [replace(OURS, environment=None)], OURS, version="1.0", index=PYPI, project="demo"
    )
    assert finding.id == "publisher-without-environment"
    (passed,) = checks.compare_provenance([OURS], OURS, version="1.0", index=PYPI, project="demo")
    assert "1.0 came from `Octo/Demo`" in passed.detail


def test_claims_are_read_from_the_token_and_a_broken_one_is_not_repeated():
    payload = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).decode().rstrip("=")
    assert checks.parse_claims(f"e30.{payload}.sig") == CLAIMS
    for broken in ("sekret", "a.%%%.c", "a.W10.c"):
        with pytest.raises(NoxReleaseError) as caught:
            checks.parse_claims(broken)
        assert broken not in str(caught.value)


class Asks:
    """An index that wants an identity token for this audience."""

    def __init__(self, index, audience):
        self.index = index
        self.audience = audience

    def fetch_audience(self):
        return self.audience


@pytest.mark.parametrize("audience", ["pypi", "testpypi"])
def test_no_index_is_given_the_identity_that_another_one_takes(audience):
    client = Asks(parse_index("https://own.example/"), audience)
    with pytest.raises(NoxReleaseError, match="is good for another index"):
        _identity_token(SimpleNamespace(environ={"GITHUB_ACTIONS": "true"}), client)
