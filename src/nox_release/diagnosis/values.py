"""The values of this project that a fix is worded in, and filling them in.

They come from the project, from what else is known about it, and from the log itself; what none
of them tells stays a name in angle brackets for the maintainer to fill in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nox_release.core.values import dataclass, replace
from nox_release.diagnosis.backends import backend_of
from nox_release.project import pages
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.project.publisher import TrustedPublisher


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIndex:
    """An index as far as fixes speak of it."""

    title: str
    upload_url: str
    api_url: str
    simple_url: str = ""


PYPI = KnownIndex(
    title="PyPI", upload_url="https://upload.pypi.org/legacy/", api_url="https://pypi.org/"
)
TESTPYPI = KnownIndex(
    title="TestPyPI", upload_url="https://test.pypi.org/legacy/", api_url="https://test.pypi.org/"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known beside the log. `None` is "not known" everywhere.

    `index_files` (names of the version's files) and `status` are what the index says. `folder` is the
    one package that the project has.
    """

    publisher: TrustedPublisher | None = None
    tag: str | None = None
    version: str | None = None
    index_files: tuple[str, ...] | None = None
    status: str | None = None
    run_attempt: int | None = None
    run_url: str | None = None
    folder: str | None = None


_REPOSITORY_URL = re.compile(
    r"https?://(?:www\.)?github\.com/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?(?:[/#?].*)?"
)
_PLACE = re.compile(r"\{([a-z_]+)\}")
_FILENAME = re.compile(
    r"\b([A-Za-z0-9][A-Za-z0-9._]{0,100}?)-(\d[A-Za-z0-9.+!_]{0,60}?)"
    r"(?:-(?:\d[A-Za-z0-9_.]{0,30}-)?[A-Za-z0-9_.]{1,60}-[A-Za-z0-9_.]{1,60}-[A-Za-z0-9_.]{1,200}\.whl|\.tar\.gz|\.zip)"
)
_INDEX_HOST = re.compile(r"(?:upload\.|test\.)?pypi\.org/(?:legacy|_/oidc)|https://test\.pypi\.org")
# An upload to an index of somebody's own.
_ELSEWHERE = re.compile(
    r"(?:distributions to|Publishing \d+ files? (?:to)?|HTTPError: \d{3} .{0,60}?from"
    r"|Client Error: .{0,200}?for url:?|Response (?:code )?(?:from|for)|Failed to publish .{0,200}? to) ?"
    r"(?P<url>https?://(?!(?:[\w.-]+\.)?(?:pypi\.org|python\.org|github\.com)\b)[^\s'\"]{1,200})"
)


# Where the log names the repository, and the tag that is released.
_REMOTE = re.compile(
    r"(?:\bTo https://(?:[^@/\s]{1,200}@)?github\.com|https://api\.github\.com/repos)/([\w-]{1,60})/"
    r"([\w.-]{1,100}?)(?:\.git)?(?=[/\s)]|$)"
)
_TAG = re.compile(
    r"GITHUB_REF(?:_NAME)?: ?(?:refs/tags/)?(v?\d[\w.+-]{0,80})"
    r"|gh release (?:create|upload|edit|view) [\"']?(v?\d[\w.+-]{0,80})"
    r"|new GitHub release for tag (\S{1,80}?)\.\.\."
)


def tag_in(text: str) -> str:
    """The tag that a log says is released; empty where it says none."""
    found = _TAG.search(text)
    return next(filter(None, found.groups())) if found else ""


def another_index(text: str) -> str:
    """The address of the index that is neither PyPI nor TestPyPI and that a log uploads to, or nothing."""
    found = None if _INDEX_HOST.search(text) else _ELSEWHERE.search(text)
    return found["url"].rstrip(":") if found else ""


def index_in(text: str, project: Project | None) -> KnownIndex:
    """The index the log speaks of, or else the project's."""
    found = _INDEX_HOST.search(text)
    if found:
        return TESTPYPI if "test.pypi" in found[0] else PYPI
    index = project.settings.index if project else None
    if (url := another_index(text)) and (index is None or index.upload_url not in url):
        return replace(PYPI, title="the index", api_url="")
    if index is None:
        return PYPI
    return KnownIndex(title=index.title, upload_url=index.upload_url, api_url=index.api_url)


def repository_of(project: Project | None) -> tuple[str, str] | None:
    """Owner and repository, as far as `[project.urls]` tells."""
    for _, url in project.urls if project else ():
        found = _REPOSITORY_URL.fullmatch(url)
        if found:
            return found[1], found[2]
    return None


def values_of(
    text: str,
    project: Project | None,
    known: Circumstances,
    claims: Mapping[str, str],
) -> dict[str, str]:
    """The values for `fill`; those that nothing tells are left out."""
    index = index_in(text, project)
    backend = backend_of(text, project)
    values = {
        "backend_package": backend.package,
        "pack": backend.pack,
        "named": backend.named,
        "index": index.title,
        "upload_url": index.upload_url,
    }
    if index.api_url:
        values |= {
            "pypi": index.api_url.rstrip("/"),
            "token_page": pages.token_page(index),
            "pending_page": pages.pending_page(index),
        }
    filename = _FILENAME.search(text)
    name = project.name if project else filename[1] if filename else None
    version = known.version or (project.version if project else None)
    if version is None and filename:
        version = filename[2]
    if filename:
        values["file"] = filename[0]
    if name:
        values["project"] = name
        if index.api_url or index.simple_url:
            values["project_page"] = pages.project_page(index, name)
        if index.api_url:
            values |= {
                "settings_page": pages.settings_page(index, name),
                "publishing_page": pages.publishing_page(index, name, known.publisher),
                "releases_page": pages.releases_page(index, name),
            }
        values["package"] = re.sub(r"[^a-z0-9]+", "_", name.lower())
        values["folder"] = known.folder or f"src/{values['package']}"
    if version:
        values["version"] = version
        settings = project.settings if project else None
        values["tag"] = settings.tag(name or "", version) if settings else f"v{version}"
        if "+" in version:  # made between two tags
            del values["tag"]
    if tag := known.tag or tag_in(text):
        values["tag"] = tag
    if remote := _REMOTE.search(text):
        values["owner"], values["repo"] = remote.groups()
    values |= _publisher_values(project, known, claims)
    return values


def _publisher_values(
    project: Project | None, known: Circumstances, claims: Mapping[str, str]
) -> dict[str, str]:
    values: dict[str, str] = {}
    if repository := claims.get("repository"):
        values["owner"], _, values["repo"] = repository.partition("/")
    if workflow := claims.get("workflow"):
        values["workflow"] = workflow
    if environment := claims.get("environment"):
        values["env"] = environment
    if found := repository_of(project):
        values["owner"], values["repo"] = found
    if project and project.settings.workflow:
        values["workflow"] = project.settings.workflow
    if project and project.settings.environment:
        values["env"] = project.settings.environment
    if known.publisher:
        values |= {
            "owner": known.publisher.owner,
            "repo": known.publisher.repository,
            "workflow": known.publisher.workflow,
        }
        if known.publisher.environment:
            values["env"] = known.publisher.environment
    return values


_SPOKEN = {
    "project": "<project>",
    "version": "<version>",
    "tag": "<tag>",
    "owner": "<owner>",
    "repo": "<repository>",
    "workflow": "publish.yml",
    "env": "pypi",
    "file": "<file>",
    "pypi": "https://pypi.org",
    "token_page": "the index's page of tokens",
    "pending_page": "https://pypi.org/manage/account/publishing/",
    "package": "<package>",
    "folder": "src/<package>",
    "project_page": "the project's page",
    "settings_page": "the project's settings page",
    "publishing_page": "the project's publishing page",
    "releases_page": "the project's releases page",
}


def fill(template: str, values: Mapping[str, str], captures: Mapping[str, str]) -> str:
    """`template` with its names in braces replaced; braces around anything else stay.

    A single letter stands for what a pattern may have captured, and says … where it has not.
    """

    def value(found: re.Match[str]) -> str:
        key = found[1]
        if key == "pack":
            return values.get("pack", "").replace("FILE", captures.get("f", "FILE"))
        unsaid = "…" if len(key) == 1 else found[0]
        return captures.get(key) or values.get(key) or _SPOKEN.get(key) or unsaid

    return _PLACE.sub(value, template)
