"""Addresses of the pages a maintainer has to open, and the values to type there.

Source: https://docs.pypi.org/trusted-publishers/ and Warehouse's routes. Only the publishing page
of an existing project reads its query; the pending form ignores it, so its values are to be copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from nox_release.project.publisher import TrustedPublisher


class Site(Protocol):
    """What has an index's web pages: `project.Index` is one."""

    @property
    def api_url(self) -> str: ...
    @property
    def simple_url(self) -> str: ...


def project_page(index: Site, name: str, version: str | None = None) -> str:
    """The public page of a project or of one of its releases; its list of files, where the index
    has no such page.
    """
    if not index.api_url:
        return f"{index.simple_url}{quote(canonicalize_name(name))}/"
    page = f"{index.api_url}project/{quote(canonicalize_name(name))}/"
    return page if version is None else f"{page}{quote(version)}/"


def publishing_page(index: Site, name: str, publisher: TrustedPublisher | None = None) -> str:
    """The trusted-publishing page of a project that exists, filled in with `publisher`."""
    page = f"{index.api_url}manage/project/{quote(canonicalize_name(name))}/settings/publishing/"
    if publisher is None:
        return page
    values = {
        "provider": "github",
        "owner": publisher.owner,
        "repository": publisher.repository,
        "workflow_filename": publisher.workflow,
        "environment": publisher.environment or "",
    }
    return f"{page}?{urlencode({key: value for key, value in values.items() if value})}"


def pending_page(index: Site, organization: str | None = None) -> str:
    """The page of pending publishers, of the account or of an organisation on the index."""
    if organization:
        return f"{index.api_url}manage/organization/{quote(organization)}/publishing/"
    return f"{index.api_url}manage/account/publishing/"


def token_page(index: Site) -> str:
    """Where an API token is made."""
    return f"{index.api_url}manage/account/token/"


def tokens_page(index: Site) -> str:
    """Where API tokens are listed and deleted."""
    return f"{index.api_url}manage/account/#api-tokens"


def settings_page(index: Site, name: str) -> str:
    """The project's settings, where an empty project can be deleted."""
    return f"{index.api_url}manage/project/{quote(canonicalize_name(name))}/settings/"


def releases_page(index: Site, name: str) -> str:
    """Where releases are managed and yanked."""
    return f"{index.api_url}manage/project/{quote(canonicalize_name(name))}/releases/"


def form_values(name: str, publisher: TrustedPublisher) -> tuple[tuple[str, str], ...]:
    """The five values of the publisher form, by the labels that PyPI's form shows."""
    return (
        ("PyPI Project Name", name),
        ("Owner", publisher.owner),
        ("Repository name", publisher.repository),
        ("Workflow name", publisher.workflow),
        ("Environment name", publisher.environment or "(leave empty)"),
    )
