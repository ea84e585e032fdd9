"""Every rule about a publishing workflow, put to one workflow with what is known around it."""

from nox_release.checks.workflow import artifacts as workflow_artifacts
from nox_release.checks.workflow import github_releases as workflow_github_releases
from nox_release.checks.workflow import machine as workflow_machine
from nox_release.checks.workflow import permissions as workflow_permissions
from nox_release.checks.workflow import scripts as workflow_scripts
from nox_release.checks.workflow import secrets as workflow_secrets
from nox_release.checks.workflow import triggers as workflow_triggers
from nox_release.checks.workflow import upload as workflow_upload
from nox_release.checks.workflow.subject import WorkflowFacts, look_at
from nox_release.core.findings import Finding, Passed, Result, Rule, findings_in
from nox_release.workflows.publishing import Workflow

__all__ = ["RULES", "WorkflowFacts", "check_workflow"]

CHECKS = (
    *workflow_triggers.CHECKS,
    *workflow_github_releases.CHECKS,
    *workflow_permissions.CHECKS,
    *workflow_machine.CHECKS,
    *workflow_artifacts.CHECKS,
    *workflow_scripts.CHECKS,
    *workflow_upload.CHECKS,
    *workflow_secrets.CHECKS,
)
RULES = tuple(rule for rule, _ in CHECKS)


def check_workflow(workflow: Workflow, facts: WorkflowFacts) -> tuple[Result, ...]:
    """What the rules find in a workflow that publishes; nothing for one that does not.

    Findings come first in the order of the rules, then what could not be checked, then one line
    for all rules that hold.
    """
    subject = look_at(workflow, facts)
    if not subject.publishes:
        return ()
    own = facts.index is not None and not facts.index.is_like_pypi
    checks = [one for one in CHECKS if not (own and _is_about_pypi(one[0]))]
    results = [result for _, check in checks for result in check(subject)]
    concerned = {result.id for result in results}
    holds = sum(rule.id not in concerned for rule, _ in checks)
    others = [result for result in results if not isinstance(result, Finding)]
    held = Passed(
        id="workflow-rules",
        subject="workflow",
        title=f"{holds} rules about publishing workflows hold",
        detail=workflow.file,
    )
    return (*findings_in(results), *others, held)


def _is_about_pypi(rule: Rule) -> bool:
    """Whether a rule is about what only PyPI has: trusted publishing, and what depends on it."""
    return "docs.pypi.org" in rule.link
