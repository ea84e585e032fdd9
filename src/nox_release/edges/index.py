"""What the package index says, as values. The only module that imports httpx.

`None` always means: the index was asked and has no such thing. Whatever else goes wrong raises
`IndexUnavailableError`, so an outage can never be taken for a free name. Reads are retried by one
policy; a write is sent once, because its reply may be lost after it took effect.
Source of the shapes: https://docs.pypi.org/api/index-api/ and https://docs.pypi.org/api/integrity/.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import ipaddress
import json
import re
import ssl
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urljoin

from packaging.utils import (
    canonicalize_name,
)

from nox_release.core.clock import parse_time
from nox_release.core.errors import ConfigurationError, IndexUnavailableError, NoxReleaseError
from nox_release.core.redaction import redact
from nox_release.core.retries import ATTEMPTS, PASSING, Retries, parse_retry_after
from nox_release.files.distributions import version_of_file
from nox_release.release.observed import (
    IndexFile,
    IndexProject,
    Ownership,
    Provenance,
    Publisher,
)

# httpx brings its command line along, and that click, Pygments and rich: a third of its start. It
# does without where they are missing. To go when httpx loads it on demand.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
import httpx

if sys.modules.get("httpx._main", httpx) is None:
    del sys.modules["httpx._main"]

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from nox_release.core.clock import Clock
    from nox_release.project.pyproject import Index

T = TypeVar("T")

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
INTEGRITY_JSON = "application/vnd.pypi.integrity.v1+json"

_READ_WITHIN = 60.0
_DOWNLOAD_WITHIN = 600.0
_REDIRECTS = 5

# Bytes, unpacked. PyPI's list of all names has about 40 MB, its largest project's page a tenth of
# that; a file may have some gigabytes, where PyPI was asked for it.
_DOCUMENT_AT_MOST = 64_000_000
_NAMES_AT_MOST = 512_000_000
_FILE_AT_MOST = 4_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedToken:
    """A token that trusted publishing gave; it never shows itself."""

    token: str = field(repr=False)
    expires: datetime | None = None


class ExchangeRefused(NoxReleaseError):  # noqa: N818 - the index's verdict, not a fault of ours
    """The index would not exchange the OIDC token; `code` and `description` are its own words."""

    def __init__(self, code: str, description: str, *, errors: tuple[tuple[str, str], ...]) -> None:
        super().__init__(
            "The index refused to exchange the token of this run.",
            reason="\n".join(f"{one}: {text}" for one, text in errors) or f"{code}: {description}",
        )
        self.code = code
        self.description = description
        self.errors = errors


def user_agent() -> str:
    from importlib.metadata import version

    return f"nox-release/{version('nox-release')} (+https://pypi.org/project/nox-release/)"


@contextlib.contextmanager
def open_index(
    index: Index,
    *,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
    attempts: int = ATTEMPTS,
) -> Generator[IndexClient]:
    """A client for `index`; `transport` mounts an index that lives in this process.

    `attempts` is how often a read is tried in all: less where nothing depends on the answer.
    """
    addresses = (index.simple_url, index.api_url)
    local = all(map(_is_loopback, addresses))
    plain = all(address.startswith("http://") for address in addresses)
    with httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(20.0, connect=10.0),
        headers={"User-Agent": user_agent()},
        follow_redirects=False,
        trust_env=not local,  # a proxy has no business between this machine and itself
        # Where no TLS is spoken, none of the authorities need be read; none would be trusted.
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
    ) as http:
        yield IndexClient(index, http, clock, attempts=attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is asked for, and how much of it is taken: `within` is in seconds, `at_most` in bytes.

    `into` takes the bytes of a file, which may be too many for memory. `head_only` is content with
    the status.
    """

    accept: str
    etag: str | None = None
    within: float = _READ_WITHIN
    at_most: int = _DOCUMENT_AT_MOST
    into: BinaryIO | None = None
    head_only: bool = False


class IndexClient:
    """Asks one index; may be used from several threads."""

    def __init__(
        self, index: Index, http: httpx.Client, clock: Clock, *, attempts: int = ATTEMPTS
    ) -> None:
        self._attempts = attempts
        self.index = index
        self._http = http
        self._clock = clock
        self._seen: dict[str, tuple[str, IndexProject]] = {}  # URL: ETag and what it stood for
        self._ahead: timedelta | None = None
        for url in (index.simple_url, index.api_url):
            _insist_on_privacy(url)

    @property
    def server_now(self) -> datetime | None:
        """The index's own time, by the newest answer; `None` before the first."""
        return None if self._ahead is None else self._clock.now() + self._ahead

    # --- reading -----------------------------------------------------------------------------

    def project_url(self, name: str) -> str:
        """The Simple API's address of a project, by its normalized name."""
        return f"{self.index.simple_url}{quote(canonicalize_name(name), safe='')}/"

    def fetch_project(self, name: str) -> IndexProject | None:
        """The project by any spelling of its name, never from a cache; `None`: no such project.

        The Simple API is asked, not the JSON API: that one answers 404 for a project that has
        no release yet.
        """
        url = self.project_url(name)
        known = self._seen.get(url)
        response = self._get(url, _Wanted(accept=SIMPLE_JSON, etag=known[0] if known else None))
        if response is None:
            self._seen.pop(url, None)
            return None
        if response.status_code == 304 and known:
            return known[1]
        base = str(response.url)
        project = _parsed(url, lambda document: _parse_project(document, base), response)
        etag = response.headers.get("ETag")
        if etag:
            self._seen[url] = (etag, project)
        return project

    def fetch_ownership(self, name: str) -> Ownership | None:
        """Who owns the project; `None` also for one without releases, which the JSON API hides."""
        url = f"{self.index.api_url}pypi/{quote(canonicalize_name(name), safe='')}/json"
        response = self._get(url, _Wanted(accept="application/json"))
        return None if response is None else _parsed(url, _parse_ownership, response)

    def fetch_names(self) -> tuple[str, ...]:
        """Every project's name as displayed: one large answer."""
        url = self.index.simple_url
        response = self._get(
            url, _Wanted(accept=SIMPLE_JSON, within=_DOWNLOAD_WITHIN, at_most=_NAMES_AT_MOST)
        )
        if response is None:
            raise self._unavailable(url, "it has no list of projects", status=404)
        return _parsed(url, _parse_names, response)

    def fetch_provenance(self, file: IndexFile) -> Provenance | None:
        """What a file's provenance says; `None`: it has none."""
        if file.provenance is None:
            return None
        response = self._get(file.provenance, _Wanted(accept=INTEGRITY_JSON))
        if response is None:
            return None
        return Provenance(
            publishers=_parsed(file.provenance, _parse_publishers, response),
            document=response.content,
        )

    def fetch_release(self, name: str, version: str) -> tuple[str, ...] | None:
        """The files of a version by the JSON API, which is cached apart from the Simple API."""
        path = f"{quote(canonicalize_name(name), safe='')}/{quote(version, safe='')}"
        url = f"{self.index.api_url}pypi/{path}/json"
        response = self._get(url, _Wanted(accept="application/json"))
        return None if response is None else _parsed(url, _parse_release, response)

    def fetch_audience(self) -> str:
        """The audience that an OIDC token for this index must name."""
        url = f"{self.index.api_url}_/oidc/audience"
        response = self._get(url, _Wanted(accept="application/json"))
        if response is None:
            raise self._unavailable(url, "it offers no trusted publishing", status=404)
        return _parsed(url, lambda document: _string(document, "audience"), response)

    def download(self, url: str, path: Path) -> str | None:
        """Write what is behind an address that the index gave to `path`, and give its SHA-256;
        `None`: not there.
        """
        with path.open("wb") as file:
            wanted = _Wanted(
                accept="*/*", within=_DOWNLOAD_WITHIN, at_most=_FILE_AT_MOST, into=file
            )
            response = self._get(url, wanted)
        return None if response is None else response.headers["x-sha256"]

    def is_served(self, url: str) -> bool:
        """Whether a file can be downloaded; the download is broken off at its first byte."""
        return self._get(url, _Wanted(accept="*/*", head_only=True)) is not None

    # --- writing -----------------------------------------------------------------------------

    def exchange(self, jwt: str) -> MintedToken:
        """Exchange a run's OIDC token for an API token. Sent once, never repeated.

        With a pending publisher this creates the project.

        Raises:
            ExchangeRefused: the index said why not.
        """
        url = f"{self.index.api_url}_/oidc/mint-token"
        deadline = time.monotonic() + _READ_WITHIN
        try:
            with self._http.stream("POST", url, json={"token": jwt}) as answer:
                response = self._received(answer, deadline, _Wanted(accept="application/json"))
        except httpx.HTTPError as error:
            raise self._unavailable(
                url, f"{_trouble(error)}; whether the token was exchanged is not known"
            ) from None
        if response.status_code == 422:
            raise _parsed(url, _parse_refusal, response)
        if response.status_code != 200:
            raise self._unavailable(url, _words(response), status=response.status_code)
        return _parsed(url, _parse_minted, response)

    # --- the one policy for reads ------------------------------------------------------------

    def _get(self, url: str, wanted: _Wanted) -> httpx.Response | None:
        """The answer with status 200 or, where an ETag was sent, 304; `None` for 404."""
        headers = {"Accept": wanted.accept, "Cache-Control": "no-cache"}
        if wanted.etag:
            headers["If-None-Match"] = wanted.etag
        if wanted.accept == "*/*":  # an archive is compressed already; its own bytes are wanted
            headers["Accept-Encoding"] = "identity"
        retries = Retries(self._clock, self._attempts)
        while True:
            status: int | None = None
            asked: float | None = None
            try:
                response = self._follow(url, headers, wanted)
            except httpx.HTTPError as error:
                trouble = _trouble(error)
                if not _may_pass(error):
                    raise self._unavailable(url, trouble) from None
            else:
                status = response.status_code
                if status == 404:
                    return None
                if status == 304 and wanted.etag:
                    return response
                if status == 200:
                    other_kind = _other_kind(response, wanted.accept)
                    if other_kind:
                        raise self._unavailable(url, other_kind, status=status)
                    trouble = _broken_off(response, wanted.accept)
                    if not trouble:
                        return response
                else:
                    trouble = _words(response)
                    if status not in PASSING:
                        raise self._unavailable(url, trouble, status=status)
                    asked = parse_retry_after(
                        response.headers.get("Retry-After", ""), self._clock.now()
                    )
            if not retries.wait(asked):
                raise self._unavailable(
                    url, trouble, status=status, attempts=retries.made, wait=asked
                )

    def _follow(self, url: str, headers: Mapping[str, str], wanted: _Wanted) -> httpx.Response:
        """Ask, following redirects; credentials in the address stay with their own host."""
        try:
            here = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            raise self._unavailable(
                url[:100], "the index names this, which is no address"
            ) from None
        deadline = time.monotonic() + wanted.within
        for _ in range(_REDIRECTS + 1):
            _insist_on_privacy(str(here))
            with self._http.stream("GET", here, headers=headers) as answer:
                response = self._received(answer, deadline, wanted)
            if response.status_code not in (301, 302, 303, 307, 308):
                return response
            location = response.headers.get("Location")
            if not location:
                return response
            try:
                there = httpx.URL(urljoin(str(here), location))
            except (httpx.InvalidURL, ValueError):
                raise self._unavailable(
                    url, f"it redirects to {location[:100]!r}, which is no address", status=301
                ) from None
            if there.scheme not in ("http", "https"):
                raise self._unavailable(url, f"it redirects to `{there.scheme}:`", status=301)
            if here.scheme == "https" and there.scheme == "http":
                raise self._unavailable(
                    url, f"it redirects to an address without TLS, {redact(str(there))}", status=301
                )
            same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
            if same and here.userinfo and not there.userinfo:
                there = there.copy_with(userinfo=here.userinfo)
            here = there
        raise self._unavailable(url, f"it redirects more than {_REDIRECTS} times", status=301)

    def _received(self, answer: httpx.Response, deadline: float, wanted: _Wanted) -> httpx.Response:
        """An answer read to its end, as far as there is one in reach."""
        with contextlib.suppress(KeyError, ValueError, TypeError):
            said = email.utils.parsedate_to_datetime(answer.headers["Date"])
            self._ahead = said - self._clock.now()
        file = wanted.into if answer.status_code == 200 else None
        digest = hashlib.sha256()
        if file is not None:  # an attempt before this one may have broken off
            file.seek(0)
            file.truncate()
        chunks = []
        received = 0
        for chunk in () if wanted.head_only else answer.iter_bytes():
            if file is None:
                chunks.append(chunk)
            else:
                file.write(chunk)
                digest.update(chunk)
            received += len(chunk)
            if received > wanted.at_most:
                raise self._unavailable(
                    str(answer.url),
                    f"an answer that does not end after {wanted.at_most // 1_000_000} MB",
                    status=answer.status_code,
                )
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer takes too long")
        kept = {
            key: value
            for key, value in answer.headers.items()
            if key.lower() not in ("content-encoding", "content-length", "transfer-encoding")
        }
        if file is not None:
            kept["x-sha256"] = digest.hexdigest()
        return httpx.Response(
            answer.status_code,
            headers=kept,
            content=b"".join(chunks),
            extensions={"reason_phrase": answer.extensions.get("reason_phrase", b"")},
            request=answer.request,
        )

    def _unavailable(
        self,
        url: str,
        trouble: str,
        *,
        status: int | None = None,
        attempts: int = 1,
        wait: float | None = None,
    ) -> IndexUnavailableError:
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        answer = f"{status} " if status is not None else ""
        hint = "Run the same command again when the index can be reached."
        if wait is not None:
            hint = f"The index asks to be left alone for {wait:.0f} s; run the same command then."
        return IndexUnavailableError(
            f"{self.index.title} could not be asked.",
            status=status,
            reason=f"{redact(url)} answered: {answer}{trouble}{tried}"
            if status is not None
            else f"{redact(url)}: {trouble}{tried}",
            hint=hint,
        )


# --- what went wrong -------------------------------------------------------------------------


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _insist_on_privacy(url: str) -> None:
    if not url.startswith("https://") and not (url.startswith("http://") and _is_loopback(url)):
        raise ConfigurationError(
            f"`{redact(url)}` is not a safe address.",
            reason="Plain http is taken only for this machine (127.0.0.1, localhost).",
            hint="Use the https:// address of the index.",
        )


def _trouble(error: httpx.HTTPError) -> str:
    """What kept us from an answer, in words."""
    text = str(error)
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection within 10 s"
    if isinstance(error, httpx.TimeoutException):
        return text if text and "timed out" not in text else "no answer in time"
    if isinstance(error, httpx.ConnectError):
        if "CERTIFICATE" in text or "SSL" in text or "TLS" in text:
            return f"no safe connection: {text}"
        return f"no connection: {text}"
    if isinstance(error, (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError)):
        return f"the connection broke off{': ' + text if text else ''}"
    return redact(text or type(error).__name__)


def _may_pass(error: httpx.HTTPError) -> bool:
    """Whether asking again may help: not for a certificate that is wrong."""
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error):
        return False
    return isinstance(error, httpx.TransportError) and not isinstance(
        error, (httpx.UnsupportedProtocol, httpx.DecodingError)
    )


def _words(response: httpx.Response) -> str:
    """The server's own words, short and in one line."""
    kind = response.headers.get("Content-Type", "")
    said = ""
    if "json" in kind:
        with contextlib.suppress(ValueError, RecursionError):
            document = response.json()
            if isinstance(document, dict):
                said = str(document.get("message") or document.get("error") or "")
    elif kind.startswith("text/plain"):
        said = response.text
    elif "html" in kind:
        title = re.search(
            r"<title[^>]{0,200}>(.{0,300}?)</title>",
            response.text[:20000],
            re.DOTALL | re.IGNORECASE,
        )
        said = f"HTML page “{title[1].strip()}”" if title else "an HTML page"
    reason = response.reason_phrase
    words = " ".join(f"{reason} {said}".split()) if said != reason else reason
    return redact(words[:300]) or "no words"


def _other_kind(response: httpx.Response, accept: str) -> str:
    """Which other kind of document came with status 200: a login page, say. Empty: none."""
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    # The Simple API answers HTML to an Accept it does not know, so its type has to be exact.
    if accept in ("*/*", kind) or (kind == "application/json" and accept != SIMPLE_JSON):
        return ""
    return f"not {accept} but {kind or 'something without a type'} ({_words(response)})"


def _broken_off(response: httpx.Response, accept: str) -> str:
    if accept == "*/*":
        return ""
    try:
        json.loads(response.content)
    except (ValueError, RecursionError):
        return f"JSON that breaks off or is none, {len(response.content)} bytes"
    return ""


# --- JSON to values --------------------------------------------------------------------------


def _parsed(url: str, parse: Callable[[Any], T], response: httpx.Response) -> T:
    try:
        return parse(json.loads(response.content))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise IndexUnavailableError(
            "The index gave an answer that cannot be understood.",
            status=response.status_code,
            reason=f"{redact(url)}: {type(error).__name__}: {error}",
            hint="Is this the address of a package index?",
        ) from None


def _string(document: Any, key: str) -> str:
    value = document[key]
    if not isinstance(value, str) or not value:
        raise TypeError(f"`{key}` is not a string")
    return value


def _parse_project(document: Any, base: str) -> IndexProject:
    major = str(document["meta"]["api-version"]).split(".")[0]
    if major != "1":
        raise ValueError(f"API version {document['meta']['api-version']} is not known")
    files = tuple(_parse_file(entry, base) for entry in document["files"])
    name = _string(document, "name")
    versions = document.get("versions")
    if versions is None:  # before PEP 700
        found = {version_of_file(file.filename, name) for file in files}
        versions = [str(version) for version in sorted(v for v in found if v is not None)]
    serial = document["meta"].get("_last-serial")
    return IndexProject(
        name=name,
        status=str((document.get("project-status") or {}).get("status") or "active"),
        versions=tuple(str(version) for version in versions),
        files=files,
        serial=serial if isinstance(serial, int) else None,
    )


def _parse_file(entry: Any, base: str) -> IndexFile:
    """A file of the list at `base`, to which its address may be relative."""
    filename = _string(entry, "filename")
    if set(filename) & {"/", "\\", "\0"}:
        raise ValueError(f"{filename!r} is not a file's name")
    yanked = entry.get("yanked") or False
    size = entry.get("size")
    return IndexFile(
        filename=filename,
        sha256=str(entry["hashes"].get("sha256", "")),
        size=size if isinstance(size, int) else None,
        yanked=yanked if isinstance(yanked, str) else bool(yanked),
        upload_time=parse_time(entry.get("upload-time")),
        url=urljoin(base, _string(entry, "url")),
        # The address of the document: https://peps.python.org/pep-0740/#index-support
        provenance=urljoin(base, str(entry["provenance"])) if entry.get("provenance") else None,
        requires_python=entry.get("requires-python") or None,
    )


def _parse_ownership(document: Any) -> Ownership | None:
    ownership = document.get("ownership")
    if ownership is None:
        return None
    return Ownership(
        roles=tuple((_string(role, "role"), _string(role, "user")) for role in ownership["roles"]),
        organization=ownership.get("organization") or None,
    )


def _parse_release(document: Any) -> tuple[str, ...]:
    return tuple(_string(entry, "filename") for entry in document["urls"])


def _parse_names(document: Any) -> tuple[str, ...]:
    return tuple(_string(entry, "name") for entry in document["projects"])


def _parse_publishers(document: Any) -> tuple[Publisher, ...]:
    publishers = [bundle["publisher"] for bundle in document["attestation_bundles"]]
    return tuple(
        dict.fromkeys(
            Publisher(
                kind=_string(publisher, "kind"),
                repository=str(publisher.get("repository") or ""),
                workflow=str(publisher.get("workflow") or ""),
                environment=publisher.get("environment") or None,
            )
            for publisher in publishers
        )
    )


def _parse_minted(document: Any) -> MintedToken:
    expires: datetime | None = None
    with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError, OSError):
        expires = datetime.fromtimestamp(document["expires"], timezone.utc)
    return MintedToken(token=_string(document, "token"), expires=expires)


def _parse_refusal(document: Any) -> ExchangeRefused:
    errors = tuple((str(e["code"]), str(e["description"])) for e in document["errors"])
    code, description = errors[0] if errors else ("", str(document.get("message", "")))
    return ExchangeRefused(code, description, errors=errors)
