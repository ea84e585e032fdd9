"""Rules about what the jobs of a publishing workflow may do."""

from collections.abc import Iterator

from nox_release.checks.workflow.subject import Subject, rule, uses_action
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.workflows import patches
from nox_release.workflows.publishing import Job

PERMISSIONS = (
    "https://docs.github.com/actions/writing-workflows/choosing-what-your-workflow-does/"
    "controlling-permissions-for-github_token"
)

OIDC = rule(
    "oidc-permission",
    Severity.ERROR,
    "The publish job may request an identity token",
    why="GitHub gives a job no identity token without `id-token: write`, and without one there is "
    "no trusted publishing. A job's own `permissions:` replaces the workflow's.",
    remedy="Give the publish job `permissions: id-token: write`.",
    link="https://docs.pypi.org/trusted-publishers/using-a-publisher/",
)
CONTENTS_READ = rule(
    "contents-read",
    Severity.ERROR,
    "Jobs that check out a private repository may read it",
    why="A `permissions:` block takes away what it does not list, and a private repository cannot "
    "be checked out without `contents: read`.",
    remedy="Add `contents: read` to the job's `permissions:`.",
    link=PERMISSIONS,
)


def oidc_permission(subject: Subject) -> Iterator[Finding | Skipped]:
    if subject.workflow.is_only_called:
        return
    seen = set()
    for publish in subject.publishes:
        job = publish.job
        if publish.unusable or publish.credentials == "secret" or job.id in seen:
            continue
        seen.add(job.id)
        permissions = subject.workflow.permissions_of(job)
        if permissions is not None and not permissions.known:
            yield skipped(OIDC, f"the permissions of job `{job.id}` are an expression")
            continue
        if permissions is not None and permissions.level("id-token") == "write":
            continue
        if not publish.tool.startswith("pypa/"):
            yield skipped(
                OIDC, f"where job `{job.id}` has the credentials for `{publish.tool}` from"
            )
            continue
        whose = "Its" if job.permissions else "The workflow's" if permissions else ""
        gives = (
            f"{whose} `permissions:` does not list `id-token: write`."
            if whose
            else "Neither it nor the workflow has `permissions:`."
        )
        yield find(
            OIDC,
            f"Job `{job.id}` may not request an identity token. {gives}",
            where=subject.workflow.at(
                permissions.line if permissions is not None else job.line,
                f"jobs.{job.id}.permissions",
            ),
            patch=_grant(subject, job),
        )


def _grant(subject: Subject, job: Job) -> str:
    """The diff that gives the job the permission, and keeps what its steps need."""
    block = job.node.get("permissions")
    if block is not None:
        if block.get("id-token") is not None:
            return patches.replace_in_line(
                subject.workflow,
                block.get("id-token").line,  # type: ignore[union-attr]
                f"id-token: {block.get('id-token').text}",  # type: ignore[union-attr]
                "id-token: write",
            )
        return patches.add_key(subject.workflow, block, "id-token: write")
    kept = []
    inherited = subject.workflow.permissions
    if inherited is not None and inherited.everything is None:
        kept = [f"  {scope}: {level}" for scope, level in inherited.scopes if scope != "id-token"]
    elif inherited is None and _checks_out(job):
        kept = ["  contents: read"]
    return patches.add_key(
        subject.workflow,
        job.node,
        "permissions:",
        *kept,
        "  id-token: write",
        before="steps",
    )


def _checks_out(job: Job) -> bool:
    return any(uses_action(step, "actions/checkout") for step in job.steps)


def contents_read(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.facts.private:
        return
    for job in subject.workflow.jobs:
        permissions = subject.workflow.permissions_of(job)
        if permissions is None or not permissions.known or not _checks_out(job):
            continue
        if permissions.level("contents") != "none":
            continue
        checkout = next(step for step in job.steps if uses_action(step, "actions/checkout"))
        if checkout.input("token") or checkout.input("ssh-key"):
            continue
        block = job.node.get("permissions")
        patch = (
            patches.add_key(subject.workflow, block, "contents: read")
            if block is not None
            else patches.add_key(
                subject.workflow, job.node, "permissions:", "  contents: read", before="steps"
            )
        )
        yield find(
            CONTENTS_READ,
            f"Job `{job.id}` checks the repository out, but its permissions leave "
            "`contents: read` out.",
            where=subject.workflow.at(permissions.line, f"jobs.{job.id}.permissions"),
            patch=patch,
            severity=None if job.id in subject.needed_for_upload else Severity.WARNING,
        )


CHECKS = (
    (OIDC, oidc_permission),
    (CONTENTS_READ, contents_read),
)
RULES = tuple(rule for rule, _ in CHECKS)
