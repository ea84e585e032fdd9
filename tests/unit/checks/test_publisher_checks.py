"""A run's claims, PyPI's answers and the last provenance, against the derived publisher."""

from dataclasses import replace

import pytest

from nox_release.checks.publisher import exchange as checks
from nox_release.core.findings import Passed, Severity, Skipped
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI

OURS = TrustedPublisher(owner="Octo", repository="Demo", workflow="publish.yml", environment="pypi")


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


LOG = """\
check	Exchange a token	2026-11-26T10:00:00.0Z ##[group]Run set -euo pipefail
check	Exchange a token	2026-11-26T10:00:00.0Z echo "trusted publishing: exchange ${answer##*}"
check	Exchange a token	2026-11-26T10:00:01.0Z trusted publishing: exchange 200
check	Exchange a token	2026-11-26T10:00:02.0Z trusted publishing: upload %s
"""
RIGHT = "400 400 The digest supplied does not match a digest calculated from the uploaded file. 400"
ABSENT = "400 400 Non-user identities cannot create new projects. This was probably caused by 400"
FOREIGN = "403 403 Invalid API Token: OIDC scoped token is not valid for project 'demo' 403"
READ_ONLY = "403 403 Read-only mode: Uploads are temporarily disabled. 403"


def judged(log, state="active"):
    return checks.judge_trial(
        checks.read_trial(log), index=PYPI, project="demo", publisher=OURS, state=state
    )


def test_a_wrong_digest_that_is_found_proves_that_uploads_are_taken():
    result = judged(LOG % RIGHT)
    assert isinstance(result, Passed)
    assert result.title == "PyPI takes uploads of demo from this workflow"


@pytest.mark.parametrize(
    ("answer", "state", "rule", "said"),
    [
        (FOREIGN, "active", "publisher-of-another-project", "belongs to another project"),
        (FOREIGN, "archived", "publisher-of-another-project", "which is archived"),
        (FOREIGN, "quarantined", "publisher-of-another-project", "which is quarantined"),
        (ABSENT, "", "pending-name-differs", "`demo` does not exist"),
    ],
)
def test_an_exchange_that_succeeds_is_not_the_whole_proof(answer, state, rule, said):
    result = judged(LOG % answer, state)
    assert (result.id, result.severity) == (rule, Severity.ERROR)
    assert said in result.message


@pytest.mark.parametrize("answer", [READ_ONLY, "503 Service Unavailable 503", "000 000"])
def test_an_index_that_is_out_of_order_is_not_known(answer):
    assert isinstance(judged(LOG % answer), Skipped)


def test_a_refused_exchange_is_explained_from_the_log():
    said = (
        '{"message": "Token request failed", "errors": [{"code": "invalid-publisher", '
        '"description": "valid token, but no corresponding publisher (Publisher with matching '
        'claims was not found)"}]} 422'
    )
    result = judged(f"x trusted publishing: exchange 422 {said}\n")
    assert result.id == "publisher-not-registered"
    assert result.refusal.startswith("invalid-publisher: valid token")


def test_a_log_of_an_older_workflow_has_no_trial():
    assert checks.read_trial("PyPI exchanged this run's token") is None
