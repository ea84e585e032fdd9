"""Prove trusted publishing before the first tag: inside GitHub Actions, request this job's
identity token, compare each of its claims with what this project would register, exchange it at
the index, say what the index answered, and discard the token unseen. Nothing is uploaded.

From your own machine, `nox -s check-project -- --exchange` starts such a run and follows it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nox_release.checks.publisher.exchange import (
    EMPTY_PROJECT_ELSEWHERE,
    compare_claims,
    explain_refusal,
    parse_claims,
    parse_workflow_ref,
)
from nox_release.core.errors import ConfigurationError, IndexUnavailableError, NoxReleaseError
from nox_release.core.findings import Finding, Passed, Severity, Skipped, errors_in, find
from nox_release.operations import options as shared
from nox_release.project import pages
from nox_release.project.publisher import TrustedPublisher

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from nox_release.core.findings import Result
    from nox_release.edges.context import Context
    from nox_release.edges.index import IndexClient
    from nox_release.project.pyproject import Index


def add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_json(parser)
    parser.add_argument(
        "--project", metavar="NAME", help="the project's name, where there is no checkout to read"
    )
    parser.add_argument(
        "--publisher",
        metavar="OWNER/REPO/FILE[@ENV]",
        help="what is registered on the index, e.g. octo/demo/publish.yml@pypi",
    )


def parse_publisher(value: str) -> TrustedPublisher:
    """The publisher that `--publisher` spells.

    Raises:
        ConfigurationError: it does not.
    """
    found = re.fullmatch(r"([^/@]+)/([^/@]+)/([^/@]+\.ya?ml)(?:@(.+))?", value)
    if not found:
        raise ConfigurationError(
            f"`--publisher {value}` is not a publisher.",
            hint="Write OWNER/REPOSITORY/FILE.yml@ENVIRONMENT, such as octo/demo/publish.yml@pypi.",
        )
    return TrustedPublisher(
        owner=found[1], repository=found[2], workflow=found[3], environment=found[4] or None
    )


def main(context: Context, options: argparse.Namespace) -> int:
    """Compare, exchange, tell; 0 when the index would take an upload from this job."""
    from nox_release.edges.index import open_index

    name, index, publisher = _expected(context, options)
    with open_index(index, clock=context.clock) as client:
        token = _identity_token(context, client)
        claims = parse_claims(token)
        publisher = publisher or _publisher_of(claims)
        results = prove(context, client, token, claims, name=name, publisher=publisher)
    findings = tuple(result for result in results if isinstance(result, Finding))
    failed = bool(errors_in(findings))
    if options.json:
        from nox_release.edges.console import result_as_json

        context.console.json(
            {
                "project": name,
                "index": index.name,
                "proven": not failed,
                "results": [result_as_json(result) for result in results],
            }
        )
    context.console.results(results)
    context.console.annotate(findings)
    context.console.summary(_summary(name, index, results, failed=failed))
    if failed:
        context.console.mark(
            "error", f"{index.title} would not take an upload of {name} from here."
        )
    else:
        context.console.mark("done", f"{index.title} takes uploads of {name} from this job.")
    return int(failed)


def prove(
    context: Context,
    client: IndexClient,
    token: str,
    claims: Mapping[str, Any],
    *,
    name: str,
    publisher: TrustedPublisher,
) -> tuple[Result, ...]:
    """The comparison of every claim, and the index's own answer to the exchange."""
    from nox_release.edges.index import ExchangeRefused

    index = client.index
    results: list[Result] = list(compare_claims(claims, publisher))
    existed, unknown = _exists(client, name)
    if existed is False:
        context.console.line(
            f"{name} does not exist on {index.title}. If a pending publisher is registered for "
            "this workflow, this exchange creates the project, empty."
        )
    try:
        client.exchange(token)  # the answer's token is dropped here, unseen
    except ExchangeRefused as refused:
        results.append(
            explain_refusal(
                refused.code,
                refused.description,
                index=index,
                project=name,
                publisher=publisher,
                exists=existed,
            )
        )
        return tuple(results)
    exists, unknown = _exists(client, name)
    if exists is False:
        other = _empty_project(client, name, publisher)
        seen = f"; `{other}` does, without files" if other else ""
        where = (
            f"`{other}`, if it is yours, at {pages.settings_page(index, other)}"
            if other
            else f"the empty project under another name, listed at {index.api_url}manage/projects/"
        )
        results.append(
            find(
                EMPTY_PROJECT_ELSEWHERE,
                f"{index.title} exchanged the token, but `{name}` still does not exist{seen}.",
                fix=f"Delete {where}, and register `{name}` at {pages.pending_page(index)}; or "
                "give pyproject.toml that other name.",
            )
        )
    elif exists is None:
        results.append(
            Skipped(
                id=EMPTY_PROJECT_ELSEWHERE.id,
                subject=EMPTY_PROJECT_ELSEWHERE.subject,
                title=EMPTY_PROJECT_ELSEWHERE.title,
                reason=unknown,
            )
        )
    else:
        created = "; the exchange has just created it, empty" if existed is False else ""
        results.append(
            Passed(
                id="exchange-refused",
                subject="trusted publisher",
                title=f"{index.title} exchanged this run's token",
                detail=f"{name} exists{created}",
            )
        )
    return tuple(results)


def _expected(
    context: Context, options: argparse.Namespace
) -> tuple[str, Index, TrustedPublisher | None]:
    """Name, index and publisher: given as options, or derived from the checkout."""
    from nox_release.project.pyproject import PYPI, parse_index

    publisher = parse_publisher(options.publisher) if options.publisher else None
    if options.project:
        index = parse_index(options.index) if options.index else PYPI
        return options.project, index, publisher
    project = shared.load_project(context, options)
    if publisher is None:
        settings = project.settings
        slug = context.environ.get("GITHUB_REPOSITORY", "")
        owner, _, repository = slug.partition("/")
        if repository:
            publisher = _derived(context, owner, repository, settings)
    return project.name, project.settings.index, publisher


def _derived(
    context: Context, owner: str, repository: str, settings: Any
) -> TrustedPublisher | None:
    from nox_release.observing.workflow_files import read_actions, read_workflows
    from nox_release.workflows.publishing import derive_publisher

    workflows = read_workflows(context.root)
    return derive_publisher(
        workflows,
        owner=owner,
        repository=repository,
        settings=settings,
        actions=read_actions(context.root, workflows),
    ).publisher


def _publisher_of(claims: Mapping[str, Any]) -> TrustedPublisher:
    """What one would register for exactly this run, where nothing else is known."""
    owner, _, repository = str(claims.get("repository", "")).partition("/")
    _, file = parse_workflow_ref(str(claims.get("job_workflow_ref", "")))
    return TrustedPublisher(
        owner=owner,
        repository=repository,
        workflow=file,
        environment=claims.get("environment") or None,
    )


def _identity_token(context: Context, client: IndexClient) -> str:
    from id import AmbientCredentialError, GitHubOidcPermissionCredentialError, detect_credential

    from nox_release.project.pyproject import PYPI, TESTPYPI

    if context.environ.get("GITHUB_ACTIONS") != "true":
        raise NoxReleaseError(
            "There is no identity token here: this is not a GitHub Actions job.",
            hint="From your own machine, `nox -s check-project -- --exchange` starts a run that "
            "checks this, and follows it.",
        )
    audience = client.fetch_audience()
    index = client.index
    here = index.upload_url.startswith("http://")  # plain http is taken for this machine alone
    if audience in (PYPI.name, TESTPYPI.name) and audience != index.name and not here:
        raise NoxReleaseError(
            f"{index.title} asks for a token that is good for another index.",
            reason=f"With an identity token for `{audience}` it could upload there as this job.",
            hint="Look at the addresses of `[tool.nox-release] index`.",
        )
    try:
        token = detect_credential(audience)
    except GitHubOidcPermissionCredentialError:
        token = None
    except AmbientCredentialError as error:
        raise NoxReleaseError(
            "GitHub did not give this job an identity token.",
            reason=str(error),
            hint="Run the job again.",
        ) from None
    if token is None:
        raise NoxReleaseError(
            "This job may not request an identity token.",
            reason="GitHub gives one only to jobs with the permission `id-token: write`, and never "
            "to pull requests from forks.",
            hint="Add `permissions: {id-token: write}` to this job; a job's own `permissions:` "
            "replaces the workflow's.",
        )
    return token


def _exists(client: IndexClient, name: str) -> tuple[bool | None, str]:
    """Whether the project is on the index; `None` and the reason when that could not be asked."""
    try:
        return client.fetch_project(name) is not None, ""
    except IndexUnavailableError as error:
        return None, str(error)


def _empty_project(client: IndexClient, name: str, publisher: TrustedPublisher) -> str:
    """The project without files that bears the repository's name: most likely the other one.

    No address of the index tells which project an exchange has created.
    """
    from packaging.utils import canonicalize_name

    if canonicalize_name(publisher.repository) == canonicalize_name(name):
        return ""
    try:
        found = client.fetch_project(publisher.repository)
    except IndexUnavailableError:
        return ""
    return found.name if found is not None and not found.files else ""


def _summary(name: str, index: Index, results: tuple[Result, ...], *, failed: bool) -> str:
    verdict = "would **not** take" if failed else "takes"
    rows = [f"## {index.title} {verdict} uploads of `{name}` from this job", ""]
    for result in results:
        if isinstance(result, Finding):
            mark = "❌" if result.severity is Severity.ERROR else "⚠️"
            rows.append(f"- {mark} {result.message} {result.fix}")
        elif isinstance(result, Skipped):
            rows.append(f"- ❔ {result.title}: {result.reason}")
        else:
            rows.append(f"- ✅ {result.title}: {result.detail}")
    return "\n".join(rows)
