"""Rules about what the jobs of a publishing workflow may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nox_release.checks.workflow.subject import SECURITY, report, rule, skip, uses_action
from nox_release.core.findings import Severity
from nox_release.workflows import patches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nox_release.checks.workflow.subject import Subject
    from nox_release.core.findings import Finding, Skipped
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
    Severity.WARNING,
    "Jobs that check out may read the repository",
    why="A `permissions:` block takes away what it does not list; a private repository can then "
    "not be checked out.",
    remedy="Add `contents: read` to the job's `permissions:`.",
    link=PERMISSIONS,
)
CONTENTS_WRITE = rule(
    "contents-write",
    Severity.ERROR,
    "Making or filling a GitHub release has a job and a permission of its own",
    why="It needs `contents: write`, which the job with the identity token should not have.",
    remedy="A job of its own, after the publish job, with `permissions: contents: write`.",
    link=SECURITY,
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
            yield skip(OIDC, f"the permissions of job `{job.id}` are an expression")
            continue
        if permissions is not None and permissions.level("id-token") == "write":
            continue
        if not publish.tool.startswith("pypa/"):
            yield skip(OIDC, f"where job `{job.id}` has the credentials for `{publish.tool}` from")
            continue
        whose = "Its" if job.permissions else "The workflow's" if permissions else ""
        gives = (
            f"{whose} `permissions:` does not list `id-token: write`."
            if whose
            else "Neither it nor the workflow has `permissions:`."
        )
        yield report(
            subject,
            OIDC,
            permissions.line if permissions is not None else job.line,
            f"Job `{job.id}` may not request an identity token. {gives}",
            key=f"jobs.{job.id}.permissions",
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
        yield report(
            subject,
            CONTENTS_READ,
            permissions.line,
            f"Job `{job.id}` checks the repository out, but its permissions leave "
            "`contents: read` out.",
            key=f"jobs.{job.id}.permissions",
            patch=patch,
        )


_RELEASE_ACTIONS = ("softprops/action-gh-release", "ncipollo/release-action")
_OWN_TOKEN = re.compile(r"secrets\.GITHUB_TOKEN|github\.token", re.IGNORECASE)


def contents_write(subject: Subject) -> Iterator[Finding | Skipped]:
    publishing = {job.id for job in subject.publish_jobs}
    for job in subject.workflow.jobs:
        line = _release_line(subject, job)
        if line is None:
            continue
        permissions = subject.workflow.permissions_of(job)
        known = permissions is not None and permissions.known
        if permissions is not None and known and permissions.level("contents") != "write":
            yield report(
                subject,
                CONTENTS_WRITE,
                line,
                f"Job `{job.id}` makes or fills a GitHub release without `contents: write`.",
                key=f"jobs.{job.id}.permissions",
            )
            continue
        if job.id in publishing:
            yield report(
                subject,
                CONTENTS_WRITE,
                line,
                f"Job `{job.id}` uploads to the index and makes or fills a GitHub release as well.",
                key=f"jobs.{job.id}",
                severity=Severity.WARNING,
            )


def _release_line(subject: Subject, job: Job) -> int | None:
    """The line that writes to a GitHub release with the run's own token."""
    for step in job.steps:
        environ = {**dict(subject.workflow.environ), **dict(job.environ), **dict(step.environ)}
        if uses_action(step, *_RELEASE_ACTIONS):
            token = step.input("token") or environ.get("GITHUB_TOKEN") or ""
            if not token or _OWN_TOKEN.search(token):
                return step.line
        token = environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN") or ""
        for command in step.commands():
            after = command.tool("gh")
            writes = after and after[0] == "release" and after[1:2] in (("create",), ("upload",))
            if writes and _OWN_TOKEN.search(token):
                return command.line
    return None


CHECKS = (
    (OIDC, oidc_permission),
    (CONTENTS_READ, contents_read),
    (CONTENTS_WRITE, contents_write),
)
RULES = tuple(rule for rule, _ in CHECKS)
