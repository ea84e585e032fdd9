"""What an index answers, as values: the Simple API in JSON and HTML, and PyPI's own addresses.

Sources: https://packaging.python.org/en/latest/specifications/simple-repository-api/,
https://docs.pypi.org/api/index-api/ and https://docs.pypi.org/api/integrity/.
"""

import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from nox_release.core.clock import parse_time
from nox_release.edges import json_values as values
from nox_release.edges.simple_html import Link, Page, parse_page
from nox_release.files.distributions import version_of_file
from nox_release.releases.observed import IndexFile, IndexProject, Ownership, Publisher

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILES = re.compile(
    r".+\.(whl|tar\.gz|zip|egg|exe|msi|rpm|deb|dmg|tar\.bz2|tar\.xz|tar\.Z|tgz|tar)", re.IGNORECASE
)


# --- the Simple API in JSON ----------------------------------------------------------------------


def parse_project(document: Any, base: str) -> IndexProject:
    """The project that the list of files at `base` is about."""
    meta = values.table(document, "meta")
    _insist_on_version(str(meta.get("api-version")))
    files = tuple(_parse_file(entry, base) for entry in values.listed(document["files"]))
    name = values.text(document, "name")
    versions = values.texts(document, "versions")
    if document.get("versions") is None:  # before PEP 700
        versions = _versions_of(files, name)
    serial = meta.get("_last-serial")
    status = values.text_or_none(values.table(document, "project-status"), "status")
    return IndexProject(
        name=name,
        status=status or "active",
        versions=versions,
        files=files,
        serial=serial if isinstance(serial, int) else None,
    )


def _insist_on_version(version: str) -> None:
    if version.split(".", maxsplit=1)[0] != "1":
        raise ValueError(f"API version {version[:20]} is not known")


def _versions_of(files: tuple[IndexFile, ...], name: str) -> tuple[str, ...]:
    found = {version_of_file(file.filename, name) for file in files}
    return tuple(str(version) for version in sorted(v for v in found if v is not None))


def _parse_file(entry: Any, base: str) -> IndexFile:
    """A file of the list at `base`, to which its address may be relative."""
    filename = values.text(entry, "filename")
    if set(filename) & {"/", "\\", "\ufffd"}:
        raise ValueError(f"{filename!r} is not a file's name")
    yanked = entry.get("yanked")
    if yanked is not None and not isinstance(yanked, (bool, str)):
        raise TypeError("`yanked` is neither a reason nor true nor false")
    provenance = values.text_or_none(entry, "provenance")
    return IndexFile(
        filename=filename,
        sha256=_sha256(values.text_or_none(values.table(entry, "hashes"), "sha256")),
        size=None if entry.get("size") is None else values.number(entry, "size"),
        yanked=yanked or False,
        upload_time=parse_time(values.text_or_none(entry, "upload-time")),
        url=urljoin(base, values.text(entry, "url")),
        # The address of the document: https://peps.python.org/pep-0740/#index-support
        provenance=urljoin(base, provenance) if provenance else None,
        requires_python=values.text_or_none(entry, "requires-python"),
    )


def _sha256(said: str | None) -> str | None:
    """The digest; `None` where none is said, or something that can be none."""
    return said.lower() if said and _SHA256.fullmatch(said.lower()) else None


def parse_names(document: Any) -> tuple[str, ...]:
    return tuple(
        values.text(entry, "name") for entry in values.listed(values.entries(document, "projects"))
    )


# --- the Simple API in HTML ----------------------------------------------------------------------


def parse_project_page(text: str, name: str, base: str) -> IndexProject:
    """The project `name`, by the page at `base`.

    Raises:
        ValueError: this is another kind of page.
    """
    page = _simple_page(text)
    base = urljoin(base, page.base)
    found = [_file_of(link, base) for link in page.links]
    files = tuple(file for file in found if file is not None)
    return IndexProject(
        name=name,
        status=page.meta.get("pypi:project-status") or "active",
        versions=_versions_of(files, name),
        files=files,
    )


def parse_names_page(text: str) -> tuple[str, ...]:
    """The names of all projects, by the index's first page."""
    return tuple(link.text for link in _simple_page(text).links if link.text)


def _simple_page(text: str) -> Page:
    """A page that is one of the Simple API, and not the words of whatever stands before it."""
    page = parse_page(text)
    version = page.meta.get("pypi:repository-version")
    if version is not None:
        _insist_on_version(version)
    elif page.asks or not (_names_itself(page) or _lists_files(page)):
        raise ValueError(f"a web page that lists no files, “{page.title[:80]}”")
    if re.search(r"<(html|body)\b", text[:10_000], re.IGNORECASE) and not re.search(
        r"</(html|body)\b", text[-10_000:], re.IGNORECASE
    ):
        raise ValueError("a web page that breaks off")
    return page


def _names_itself(page: Page) -> bool:
    """As pypiserver, devpi and most others do, where they have nothing to list too."""
    return bool(re.search(r"\blinks for\b|\bsimple index\b", page.title, re.IGNORECASE))


def _lists_files(page: Page) -> bool:
    return bool(page.links) and all(_filename(link) for link in page.links)


def _filename(link: Link) -> str:
    """The file that a link leads to; empty for other pages."""
    name = unquote(urlsplit(link.href).path.rpartition("/")[2])
    return name if _FILES.fullmatch(name) and not set(name) & {"/", "\\", "\0"} else ""


def _file_of(link: Link, base: str) -> IndexFile | None:
    filename = _filename(link)
    if not filename:
        return None
    address, _, fragment = urljoin(base, link.href).partition("#")
    algorithm, _, digest = fragment.partition("=")
    yanked = link.attributes.get("data-yanked")
    provenance = link.attributes.get("data-provenance")
    return IndexFile(
        filename=filename,
        sha256=_sha256(digest) if algorithm == "sha256" else None,
        yanked=False if yanked is None else yanked or True,
        url=address,
        provenance=urljoin(base, provenance) if provenance else None,
        requires_python=link.attributes.get("data-requires-python") or None,
    )


# --- PyPI's own addresses ------------------------------------------------------------------------


def parse_ownership(document: Any) -> Ownership | None:
    ownership = values.table(document, "ownership")
    if not ownership:
        return None
    return Ownership(
        roles=tuple(
            (values.text(role, "role"), values.text(role, "user"))
            for role in values.listed(ownership["roles"])
        ),
        organization=values.text_or_none(ownership, "organization"),
    )


def parse_release(document: Any) -> tuple[str, ...]:
    return tuple(values.text(entry, "filename") for entry in values.listed(document["urls"]))


def parse_publishers(document: Any) -> tuple[Publisher, ...]:
    publishers = [bundle["publisher"] for bundle in values.listed(document["attestation_bundles"])]
    return tuple(
        dict.fromkeys(
            Publisher(
                kind=values.text(publisher, "kind"),
                repository=values.text_or_empty(publisher, "repository"),
                workflow=values.text_or_empty(publisher, "workflow"),
                environment=values.text_or_none(publisher, "environment"),
            )
            for publisher in publishers
        )
    )
