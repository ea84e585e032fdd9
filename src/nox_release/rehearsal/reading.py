"""What the stand-in lets anyone read: Simple API, project JSON, provenance, files, project pages.

Sources: warehouse/api/{simple,integrity}.py, packaging/utils.py, legacy/api/json.py,
templates/api/simple/.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_release.rehearsal.answers import CORS, HTML, JSON, PLAIN, Answer, acceptable, json_answer

if TYPE_CHECKING:
    from nox_release.rehearsal.catalogue import (
        Catalogue,
        RehearsalProject,
        RehearsalRelease,
        StoredFile,
    )

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
SIMPLE_HTML = "application/vnd.pypi.simple.v1+html"
INTEGRITY_JSON = "application/vnd.pypi.integrity.v1+json"
API_VERSION = "1.4"
_DAY = 86400


class Roots(NamedTuple):
    """Where the index itself answers, and where its files are."""

    own: str
    files: str


def simple_index(catalogue: Catalogue, accept: str | None) -> Answer:
    """Every project that is not quarantined."""
    projects = sorted(
        (one for one in catalogue.projects.values() if not one.quarantined),
        key=lambda one: one.normalized_name,
    )
    kind = _simple_kind(accept)
    if kind == SIMPLE_JSON:
        document = {
            "meta": {"api-version": API_VERSION, "_last-serial": catalogue.serial},
            "projects": [{"name": one.name, "_last-serial": one.serial} for one in projects],
        }
        answer = json_answer(document, content_type=SIMPLE_JSON)
    else:
        links = [
            f'    <a href="/simple/{one.normalized_name}/">{html.escape(one.name)}</a>'
            for one in projects
        ]
        answer = _page("Simple index", "", links, catalogue.serial, kind)
    return _cached(answer, 600, catalogue.serial, vary=True, origin=1800)


def simple_detail(
    catalogue: Catalogue, spelled: str, roots: Roots, accept: str | None, query: str
) -> Answer:
    """One project; 404 in plain text whatever was asked for."""
    project = catalogue.find(spelled)
    if project is None:
        return Answer(status=404, content_type=PLAIN, body=b"404 Not Found", headers=[*CORS])
    if project.normalized_name != spelled:
        moved = _moved(f"/simple/{project.normalized_name}/", query)
        return _cached(moved, 600, None, vary=True, etag=False)
    files = [] if project.quarantined else _listed(project)
    kind = _simple_kind(accept)
    serial = project.serial
    if kind == SIMPLE_JSON:
        versions = [*project.elsewhere, *(release.version for release, _ in files)]
        document = {
            "meta": {"api-version": API_VERSION, "_last-serial": serial},
            "name": project.normalized_name,
            "project-status": {"status": project.served_status},
            "versions": list(dict.fromkeys(versions)),
            "files": [_simple_file(project, release, one, roots) for release, one in files],
        }
        answer = json_answer(document, content_type=SIMPLE_JSON)
    else:
        links = [_link(project, release, one, roots) for release, one in files]
        status = f'<meta name="pypi:project-status" content="{project.served_status}">'
        name = project.normalized_name
        answer = _page(f"Links for {name}", status, links, serial, kind)
    return _cached(answer, 600, serial, vary=True)


def _listed(project: RehearsalProject) -> list[tuple[RehearsalRelease, StoredFile]]:
    return [
        (release, one)
        for release in project.sorted_releases()
        if not release.quarantined
        for one in sorted(release.files, key=lambda file: file.filename)
    ]


def _simple_kind(accept: str | None) -> str:
    kinds = acceptable(accept or "", ("text/html", SIMPLE_HTML, SIMPLE_JSON))
    return kinds[0] if kinds else "text/html"


def _simple_file(
    project: RehearsalProject, release: RehearsalRelease, one: StoredFile, roots: Roots
) -> dict[str, Any]:
    core: Any = {"sha256": one.metadata_sha256} if one.metadata_sha256 else False
    return {
        "filename": one.filename,
        "url": _file_url(roots.files, one),
        "hashes": {"sha256": one.sha256},
        "requires-python": requires_python(release),
        "size": one.size,
        "upload-time": _instant(one.upload_time),
        "yanked": (release.yanked_reason or True) if release.yanked else False,
        "core-metadata": core,
        "data-dist-info-metadata": core,
        "provenance": _provenance_url(project, release, one, roots),
    }


def _link(
    project: RehearsalProject, release: RehearsalRelease, one: StoredFile, roots: Roots
) -> str:
    attributes = [f'href="{html.escape(_file_url(roots.files, one))}#sha256={one.sha256}"']
    requires = requires_python(release)
    if requires:
        attributes.append(f'data-requires-python="{html.escape(requires)}"')
    if release.yanked:
        attributes.append(f'data-yanked="{html.escape(release.yanked_reason)}"')
    if one.metadata_sha256:
        attributes.append(f'data-dist-info-metadata="sha256={one.metadata_sha256}"')
        attributes.append(f'data-core-metadata="sha256={one.metadata_sha256}"')
    provenance = _provenance_url(project, release, one, roots)
    if provenance:
        attributes.append(f'data-provenance="{html.escape(provenance)}"')
    return f"    <a {' '.join(attributes)}>{html.escape(one.filename)}</a><br />"


def _page(heading: str, status: str, links: list[str], serial: int, kind: str) -> Answer:
    detail = bool(status)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "  <head>",
        f'    <meta name="pypi:repository-version" content="{API_VERSION}">',
        *([f"    {status}"] if detail else []),
        f"    <title>{html.escape(heading)}</title>",
        "  </head>",
        "  <body>",
        *([f"    <h1>{html.escape(heading)}</h1>"] if detail else []),
        *links,
        "  </body>",
        "</html>",
        *([f"<!--SERIAL {serial}-->"] if detail else []),
    ]
    kind = HTML if kind == "text/html" else kind
    return Answer(content_type=kind, body="\n".join(lines).encode())


def project_json(
    catalogue: Catalogue, spelled: str, version: str | None, roots: Roots, query: str
) -> Answer:
    """/pypi/{name}/json and /pypi/{name}/{version}/json."""
    project = catalogue.find(spelled)
    release = None
    if project is not None and not project.quarantined:
        release = _latest(project) if version is None else project.release(version)
    if project is None or release is None or release.quarantined:
        return json_answer({"message": "Not Found"}, status=404)
    if project.normalized_name != spelled:
        middle = "" if version is None else f"/{quote(version)}"
        moved = _moved(f"/pypi/{project.normalized_name}{middle}/json", query)
        return _cached(moved, 900, None, etag=False)
    document = _document(project, release, roots)
    if version is None:
        document["releases"] = {
            one.version: _json_files(one, roots)
            for one in project.sorted_releases()
            if not one.quarantined
        }
    return _cached(json_answer(document), 900, project.serial)


def _latest(project: RehearsalProject) -> RehearsalRelease | None:
    """Not yanked before yanked, final before pre-release, then the highest version."""
    fit = [one for one in project.sorted_releases() if not one.quarantined]
    return max(
        fit,
        key=lambda one: (not one.yanked, not one.prerelease, one.sort_key),
        default=None,
    )


def _document(project: RehearsalProject, release: RehearsalRelease, roots: Roots) -> dict[str, Any]:
    roles = sorted(
        ({"role": role, "user": user} for user, role in project.roles.items()),
        key=lambda one: (one["role"] != "Owner", one["user"]),
    )
    return {
        "info": _info(project, release, roots),
        "last_serial": project.serial,
        "ownership": {"roles": roles, "organization": project.organization},
        "urls": _json_files(release, roots),
        "vulnerabilities": [],
    }


_PLAIN_FIELDS = (
    "summary",
    "description_content_type",
    "license",
    "license_expression",
    "author",
    "author_email",
    "maintainer",
    "maintainer_email",
    "home_page",
    "download_url",
)


def _info(project: RehearsalProject, release: RehearsalRelease, roots: Roots) -> dict[str, Any]:
    fields = release.fields
    info: dict[str, Any] = {name: _one(fields, name) for name in _PLAIN_FIELDS}
    page = f"{roots.own}project/{quote(project.name)}/"
    keywords = _one(fields, "keywords")
    info |= {
        "name": project.name,
        "version": release.version,
        "description": _one(fields, "description") or "",
        "keywords": ", ".join(part.strip() for part in keywords.split(",")) if keywords else None,
        "license_files": _many(fields, "license_file", "license_files"),
        "classifiers": sorted(set(_many(fields, "classifiers") or [])),
        "requires_python": requires_python(release),
        "platform": next(iter(_many(fields, "platform", "platforms") or []), None),
        "downloads": {"last_day": -1, "last_week": -1, "last_month": -1},
        "package_url": page,
        "project_url": page,
        "release_url": f"{page}{release.version}/",
        "project_urls": _urls(fields) or None,
        "requires_dist": _requirements(fields),
        "provides_extra": [canonicalize_name(one) for one in _many(fields, "provides_extra") or []]
        or None,
        "docs_url": None,
        "bugtrack_url": None,
        "yanked": release.yanked,
        "yanked_reason": release.yanked_reason or None,
        "dynamic": [one.title() for one in _many(fields, "dynamic") or []] or None,
    }
    return info


def _urls(fields: dict[str, tuple[str, ...]]) -> dict[str, str]:
    urls = {}
    if _one(fields, "home_page"):
        urls["Homepage"] = str(_one(fields, "home_page"))
    if _one(fields, "download_url"):
        urls["Download"] = str(_one(fields, "download_url"))
    for line in _many(fields, "project_urls") or []:
        label, _, url = line.partition(",")
        urls[label.strip()] = url.strip()
    return urls


def _requirements(fields: dict[str, tuple[str, ...]]) -> list[str] | None:
    shown = []
    for line in _many(fields, "requires_dist") or []:
        try:
            shown.append(str(Requirement(line)))
        except InvalidRequirement:
            shown.append(line)
    return shown or None


def requires_python(release: RehearsalRelease) -> str | None:
    """The release's, as PyPI writes it: the parts in a fixed order."""
    given = _one(release.fields, "requires_python")
    if not given:
        return None
    try:
        return str(SpecifierSet(given)) or None
    except InvalidSpecifier:
        return given


def _json_files(release: RehearsalRelease, roots: Roots) -> list[dict[str, Any]]:
    return [
        {
            "filename": one.filename,
            "packagetype": one.packagetype,
            "python_version": one.python_version,
            "has_sig": False,
            "comment_text": one.comment or None,
            "md5_digest": one.md5,
            "digests": {"md5": one.md5, "sha256": one.sha256, "blake2b_256": one.blake2_256},
            "core-metadata": {"sha256": one.metadata_sha256} if one.metadata_sha256 else False,
            "size": one.size,
            "downloads": -1,
            "upload_time": one.upload_time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
            "upload_time_iso_8601": _instant(one.upload_time),
            "url": _file_url(roots.files, one),
            "requires_python": requires_python(release),
            "yanked": release.yanked,
            "yanked_reason": release.yanked_reason or None,
        }
        for one in sorted(release.files, key=lambda file: file.filename)
    ]


def provenance(
    catalogue: Catalogue,
    name: str,
    version: str,
    filename: str,
    *,
    accept: str | None,
    disabled: bool,
) -> Answer | None:
    """/integrity/…; `None` where Warehouse shows its 404 page."""
    project = catalogue.find(name)
    release = project.release(version) if project is not None else None
    file = next(
        (one for one in (release.files if release else []) if one.filename == filename), None
    )
    if file is None:
        return None
    kinds = acceptable(accept or "", (INTEGRITY_JSON, JSON))
    if not kinds:
        answer = json_answer({"message": "Request not acceptable"}, status=406)
    elif disabled:
        answer = json_answer({"message": "Attestations temporarily disabled"}, status=403)
    elif file.provenance is None:
        message = f"No provenance available for {file.filename}"
        answer = json_answer({"message": message}, status=404)
    else:
        answer = json_answer(file.provenance, content_type=kinds[0])
    return _cached(answer, 600, None, vary=True)


def project_page(catalogue: Catalogue, spelled: str, version: str | None) -> Answer | None:
    """/project/{name}/ for people; `None` is 404."""
    project = catalogue.find(spelled)
    if project is None or not project.releases:
        return None
    if project.name != spelled:
        middle = f"{version}/" if version else ""
        return _moved(f"/project/{quote(project.name)}/{middle}", "")
    release = project.release(version) if version else _latest(project)
    if release is None and version is None:
        release = project.sorted_releases()[-1]
    if release is None:
        return None
    heading = html.escape(f"{project.name} {release.version}")
    body = f"<!DOCTYPE html>\n<title>{heading}</title>\n<h1>{heading}</h1>\n"
    return Answer(body=body.encode(), etag=True)


def stored_bytes(catalogue: Catalogue, path: str) -> Answer | None:
    """A file, or the METADATA beside it; `None` is 404."""
    wanted = path.removesuffix(".metadata")
    file = catalogue.at_path(wanted)
    if file is None or not catalogue.can_be_downloaded(file):
        return None
    headers = [("Cache-Control", "max-age=365000000, immutable, public"), *CORS]
    kind = "application/octet-stream"
    if wanted != path:
        if file.metadata is None:
            return None
        return Answer(content_type=kind, headers=headers, body=file.metadata)
    location = catalogue.directory / "packages" / file.path
    return Answer(content_type=kind, headers=headers, pieces=_pieces(location), length=file.size)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 18):
            yield piece


def _moved(location: str, query: str) -> Answer:
    target = f"{location}?{query}" if query else location
    body = f"<html><head><title>301 Moved Permanently</title></head><body>{html.escape(target)}"
    return Answer(status=301, headers=[("Location", target)], body=f"{body}</body></html>".encode())


def _cached(
    answer: Answer,
    seconds: int,
    serial: int | None,
    *,
    vary: bool = False,
    origin: int = _DAY,
    etag: bool = True,
) -> Answer:
    ttl = origin if answer.content_type == SIMPLE_JSON else _DAY
    answer.headers += [
        ("Cache-Control", f"max-age={seconds}, public"),
        (
            "Surrogate-Control",
            f"max-age={ttl}, stale-while-revalidate=300, stale-if-error={_DAY}",
        ),
        ("Vary", "Accept, Accept-Encoding" if vary else "Accept-Encoding"),
        *CORS,
    ]
    if serial is not None:
        answer.headers.append(("X-PyPI-Last-Serial", str(serial)))
    answer.etag = etag
    return answer


def _file_url(files_root: str, one: StoredFile) -> str:
    return f"{files_root}packages/{quote(one.path)}"


def _provenance_url(
    project: RehearsalProject, release: RehearsalRelease, one: StoredFile, roots: Roots
) -> str | None:
    if one.provenance is None:
        return None
    name, version = project.normalized_name, quote(release.version)
    return f"{roots.own}integrity/{name}/{version}/{quote(one.filename)}/provenance"


def _instant(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _one(fields: dict[str, tuple[str, ...]], name: str) -> str | None:
    values = fields.get(name)
    return values[0] if values and values[0] else None


def _many(fields: dict[str, tuple[str, ...]], *names: str) -> list[str] | None:
    for name in names:
        if fields.get(name):
            return list(fields[name])
    return None


def page_not_found() -> Answer:
    body = "<!DOCTYPE html>\n<title>Page Not Found (404)</title>\n<h1>404</h1>\n"
    return Answer(status=404, body=body.encode(), headers=[*CORS])
