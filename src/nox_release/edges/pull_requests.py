"""Pull requests on GitHub, asked and opened through gh as the maintainer."""

from collections.abc import Callable
from typing import Any, TypeVar

from nox_release.core.errors import ForgeError
from nox_release.edges import json_values as values
from nox_release.edges.forge import Forge
from nox_release.edges.github_api import Answer, parsed, refused
from nox_release.releases.observed import PullRequest

T = TypeVar("T")


def find_pull_request(forge: Forge, branch: str, base: str) -> PullRequest | None:
    """The newest pull request from `branch` of this repository to `base`; `None`: there is none.

    https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
    """
    path = f"repos/{forge.slug}/pulls"
    owner = forge.slug.partition("/")[0]
    query: dict[str, str | int] = {
        "head": f"{owner}:{branch}",
        "base": base,
        "state": "all",
        "per_page": 20,
    }
    answer = forge.api.ask(path, query=query)
    if answer.status == 404:
        return None
    listed = _read(
        path, answer, 200, lambda document: [values.number(x, "number") for x in document]
    )
    if not listed:
        return None
    path = f"{path}/{max(listed)}"
    return _read(path, forge.api.ask(path), 200, _parse)


def open_pull_request(forge: Forge, *, branch: str, base: str, title: str) -> PullRequest:
    """Open one. Sent once.

    https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request

    Raises:
        ForgeError: it was refused, or its reply was lost: look before trying again.
    """
    path = f"repos/{forge.slug}/pulls"
    body = {"head": branch, "base": base, "title": title}
    try:
        return _read(path, forge.api.ask(path, method="POST", body=body), 201, _parse)
    except ForgeError as error:
        error.hint = (
            f"Open it yourself: {forge.url}/compare/{base}...{branch}?expand=1; then the same command "
            "again goes on from there."
        )
        raise


def _read(path: str, answer: Answer, status: int, parse: Callable[[Any], T]) -> T:
    if answer.status != status:
        error = refused(path, answer)
        if answer.status in (403, 422):
            error.message = "GitHub refused."
        raise error
    return parsed(path, parse, answer)


def _parse(document: Any) -> PullRequest:
    merged = values.text_or_none(document, "merged_at") is not None
    return PullRequest(
        number=values.number(document, "number"),
        url=values.text(document, "html_url"),
        state="merged" if merged else values.text(document, "state"),
        head=values.text(values.table(document, "head"), "sha"),
        merge_state=values.text_or_empty(document, "mergeable_state"),
        merged=values.text_or_none(document, "merge_commit_sha") if merged else None,
    )
