"""What the package index says, as values.

`None` always means: the index was asked and has no such thing. Whatever else goes wrong raises
`IndexUnavailableError`, so an outage can never be taken for a free name. It only reads, and is
retried by one policy.
"""

from __future__ import annotations

import contextlib
import io
import ipaddress
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import quote, urljoin

from packaging.utils import canonicalize_name

from nox_release.core.answers import ANSWERED
from nox_release.core.clock import Clock, parse_http_date
from nox_release.core.errors import ConfigurationError, IndexUnavailableError
from nox_release.core.redaction import redact
from nox_release.core.retries import ATTEMPTS, PASSING, Retries, parse_retry_after
from nox_release.edges import index_answers as answers
from nox_release.edges import json_values
from nox_release.edges.web import (
    ANYTHING,
    URL,
    BaseTransport,
    Client,
    HTTPError,
    InvalidURL,
    Reply,
    Wanted,
    exchange,
    explain,
    may_pass,
    open_client,
    parsed,
    words_of,
)
from nox_release.project.pyproject import Index
from nox_release.releases.observed import IndexFile, IndexProject, Ownership, Provenance

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


T = TypeVar("T")

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
SIMPLE_HTML = "application/vnd.pypi.simple.v1+html"
INTEGRITY_JSON = "application/vnd.pypi.integrity.v1+json"
_SIMPLE = f"{SIMPLE_JSON}, {SIMPLE_HTML};q=0.2, text/html;q=0.1"

_DOWNLOAD_WITHIN = 600.0
_REDIRECTS = 5

# Bytes. PyPI's list of all names has about 40 MB; a file may have some gigabytes, where PyPI was
# asked for it.
_NAMES_AT_MOST = 512_000_000
_FILE_AT_MOST = 4_000_000_000

# A clock may be set to another day or zone; what is further off is no time to go by.
TRUSTED_CLOCK = timedelta(hours=26)

# Where an index of one's own sends those who ask for what it does not have.
_PUBLIC_HOSTS = frozenset({"pypi.org", "test.pypi.org", "pypi.python.org"})


class _Nowhere(io.BytesIO):
    """Keeps nothing of what is written."""

    def write(self, data: ReadableBuffer, /) -> int:
        return len(memoryview(data))


@contextlib.contextmanager
def open_index(
    index: Index,
    *,
    clock: Clock,
    transport: BaseTransport | None = None,
    attempts: int = ATTEMPTS,
    at_first: int = ATTEMPTS,
) -> Generator[IndexClient]:
    """A client for `index`; `transport` mounts an index that lives in this process.

    `attempts` is how often a read is tried in all: less where nothing depends on the answer;
    `at_first` until the index has answered once.
    """
    addresses = tuple(filter(None, (index.simple_url, index.api_url)))
    local = all(map(_is_loopback, addresses))
    plain = all(address.startswith("http://") for address in addresses)
    # A proxy has no business between this machine and itself.
    with open_client(transport=transport, proxies=not local, tls=not plain) as http:
        yield IndexClient(index, http, clock, attempts=attempts, at_first=at_first)


class IndexClient:
    """Asks one index; may be used from several threads."""

    def __init__(
        self,
        index: Index,
        http: Client,
        clock: Clock,
        *,
        attempts: int = ATTEMPTS,
        at_first: int = ATTEMPTS,
    ) -> None:
        self._attempts = attempts
        self._at_first: int | None = at_first
        self.index = index
        self._http = http
        self._clock = clock
        self._seen: dict[str, tuple[str, IndexProject]] = {}  # URL: ETag and what it stood for
        self._digests: dict[str, str] = {}  # by URL, of files whose page tells none
        self._ahead: timedelta | None = None
        self._strange_time = ""
        for url in (index.simple_url, index.api_url):
            if url:
                _insist_on_privacy(url)

    @property
    def server_now(self) -> datetime | None:
        """The index's own time, by the newest answer; `None` before the first, and where it is no
        time to go by.
        """
        return None if self._ahead is None else self._clock.now() + self._ahead

    @property
    def now(self) -> datetime:
        """The index's own time where it is one to go by, else this machine's."""
        return self.server_now or self._clock.now()

    @property
    def clock_trouble(self) -> str:
        """Why the index's time is not gone by, in words; empty where it is, or was never said."""
        if not self._strange_time:
            return ""
        return (
            f"{self.index.title} says that it is {self._strange_time}; "
            "this machine's clock is used instead"
        )

    def project_url(self, name: str) -> str:
        """The Simple API's address of a project, by its normalized name."""
        return f"{self.index.simple_url}{quote(canonicalize_name(name), safe='')}/"

    def fetch_project(self, name: str, *, version: str | None = None) -> IndexProject | None:
        """The project by any spelling of its name, never from a cache; `None`: no such project.

        The files of `version` come with their digests, fetched where the index tells none. The
        Simple API is asked, not the JSON API: that one answers 404 for a project that has
        no release yet.
        """
        project = self._fetch_project(name)
        return self.with_digests(project, version) if project and version else project

    def with_digests(self, project: IndexProject, version: str) -> IndexProject:
        """The project, its files of `version` with their digests, fetched where none is told."""
        lacking = {file for file in project.release_files(version) if not file.sha256}
        files = (self._with_digest(file) if file in lacking else file for file in project.files)
        return replace(project, files=tuple(files)) if lacking else project

    def _fetch_project(self, name: str) -> IndexProject | None:
        url = self.project_url(name)
        known = self._seen.get(url)
        reply = self._get(url, Wanted(accept=_SIMPLE, etag=known[0] if known else None))
        if reply is None:
            self._seen.pop(url, None)
            return None
        if reply.status == 304 and known:
            return known[1]
        project = self._read(
            url,
            reply,
            json=lambda document: answers.parse_project(document, reply.url),
            page=lambda text: answers.parse_project_page(text, canonicalize_name(name), reply.url),
        )
        etag = reply.headers.get("etag", "")
        if etag and etag.isascii():
            self._seen[url] = (etag, project)
        return project

    def _with_digest(self, file: IndexFile) -> IndexFile:
        """The file with the digest of what is there; one that is not there (yet) stays without."""
        if file.url not in self._digests:
            found = self._fetch_file(file.url, _Nowhere())
            if found is None:
                return file
            self._digests[file.url] = found
        return replace(file, sha256=self._digests[file.url])

    def fetch_ownership(self, name: str) -> Ownership | None:
        """Who owns the project; `None` also for one without releases, which the JSON API hides,
        and where the index has no such API.
        """
        if not self.index.api_url:
            return None
        url = f"{self.index.api_url}pypi/{quote(canonicalize_name(name), safe='')}/json"
        reply = self._get(url, Wanted())
        return None if reply is None else self._read(url, reply, json=answers.parse_ownership)

    def fetch_names(self) -> tuple[str, ...]:
        """Every project's name as displayed: one large answer."""
        url = self.index.simple_url
        reply = self._get(
            url, Wanted(accept=_SIMPLE, within=_DOWNLOAD_WITHIN, at_most=_NAMES_AT_MOST)
        )
        if reply is None:
            raise self._unavailable(url, "it has no list of projects", status=404)
        return self._read(url, reply, json=answers.parse_names, page=answers.parse_names_page)

    def fetch_provenance(self, file: IndexFile) -> Provenance | None:
        """What a file's provenance says; `None`: it has none."""
        url = file.provenance
        reply = None if url is None else self._get(url, Wanted(accept=INTEGRITY_JSON))
        if url is None or reply is None:
            return None
        publishers = self._read(url, reply, json=answers.parse_publishers)
        return Provenance(publishers=publishers, document=reply.content)

    def has_taken(self, name: str, version: str, filename: str) -> bool:
        """Whether the index shows the provenance of a file, which it may do without listing it."""
        if not self.index.api_url:
            return False
        parts = (canonicalize_name(name), version, filename)
        path = "/".join(quote(part, safe="") for part in parts)
        url = f"{self.index.api_url}integrity/{path}/provenance"
        return self._get(url, Wanted(accept=INTEGRITY_JSON)) is not None

    def fetch_release(self, name: str, version: str) -> tuple[str, ...] | None:
        """The files of a version by the JSON API, which is cached apart from the Simple API;
        `None` also where the index has no such API.
        """
        if not self.index.api_url:
            return None
        path = f"{quote(canonicalize_name(name), safe='')}/{quote(version, safe='')}"
        url = f"{self.index.api_url}pypi/{path}/json"
        reply = self._get(url, Wanted())
        return None if reply is None else self._read(url, reply, json=answers.parse_release)

    def download(self, url: str, path: Path) -> str | None:
        """Write what is behind an address that the index gave to `path`, and give its SHA-256;
        `None`: not there.
        """
        with path.open("wb") as file:
            return self._fetch_file(url, file)

    def is_served(self, url: str) -> bool:
        """Whether a file can be downloaded; the download is broken off at its first byte."""
        return self._get(url, Wanted(accept=ANYTHING, head_only=True)) is not None

    def _fetch_file(self, url: str, file: BinaryIO) -> str | None:
        wanted = Wanted(accept=ANYTHING, within=_DOWNLOAD_WITHIN, at_most=_FILE_AT_MOST, into=file)
        reply = self._get(url, wanted)
        return None if reply is None else reply.sha256

    # --- the one policy for reads ------------------------------------------------------------

    def _get(self, url: str, wanted: Wanted) -> Reply | None:
        """The answer with status 200 or, where an ETag was sent, 304; `None` for 404."""
        retries = Retries(self._clock, self._attempts)
        while True:
            status: int | None = None
            asked: float | None = None
            try:
                reply = self._follow(url, wanted)
            except HTTPError as error:
                trouble = explain(error)
                if self._http.is_closed or not may_pass(error):  # closed: nobody waits any more
                    raise self._unavailable(url, trouble) from None
                retries.attempts = min(self._at_first or self._attempts, self._attempts)
            else:
                self._at_first = None
                if reply is None or reply.status == 404:
                    return None
                status = reply.status
                if status == 304 and wanted.etag:
                    return reply
                if status == 200:
                    other_kind = self._other_kind(reply, wanted.accept)
                    if other_kind:
                        raise self._unavailable(url, other_kind, status=status)
                    whole = reply if wanted.is_file else parsed(reply)
                    if whole is not None:
                        return whole
                    trouble = f"JSON that breaks off or is none, {len(reply.content)} bytes"
                else:
                    trouble = words_of(reply)
                    if status not in PASSING:
                        raise self._unavailable(url, trouble, status=status)
                    asked = parse_retry_after(
                        reply.headers.get("retry-after", ""), self._clock.now()
                    )
            if not retries.wait(asked):
                raise self._unavailable(
                    url, trouble, status=status, attempts=retries.made, wait=asked
                )

    def _follow(self, url: str, wanted: Wanted) -> Reply | None:
        """Ask, following redirects; `None` where the index hands the question on to PyPI.

        Files may lie anywhere. What another host says of a project is not this index's answer.
        """
        here = _address(url)
        if here is None:
            raise self._unavailable(url[:100], "the index returned an invalid URL")
        until = time.monotonic() + wanted.seconds
        for _ in range(_REDIRECTS + 1):
            _insist_on_privacy(str(here))
            left = max(until - time.monotonic(), 0.1)
            reply = exchange(self._http, str(here), replace(wanted, within=left))
            self._take_time(reply.headers.get("date", ""))
            location = reply.headers.get("location")
            if reply.status not in (301, 302, 303, 307, 308) or not location:
                return reply
            there = _address(location, str(here))
            if there is None or there.scheme not in ("http", "https"):
                raise self._unavailable(
                    url,
                    f"it redirects to {location[:100]!r}, which is not a web address",
                    status=301,
                )
            if here.scheme == "https" and there.scheme == "http":
                raise self._unavailable(
                    url, f"it redirects to an address without TLS, {redact(str(there))}", status=301
                )
            if not wanted.is_file and not _is_same_host(here, there):
                if there.host in _PUBLIC_HOSTS and here.host not in _PUBLIC_HOSTS:
                    return None
                raise self._unavailable(
                    url, f"it redirects to another host, {redact(str(there))}", status=301
                )
            same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
            if same and here.userinfo and not there.userinfo:
                there = there.copy_with(userinfo=here.userinfo)
            here = there
        raise self._unavailable(url, f"it redirects more than {_REDIRECTS} times", status=301)

    def _take_time(self, said: str) -> None:
        moment = parse_http_date(said)
        ahead = None if moment is None else moment - self._clock.now()
        trusted = ahead is not None and abs(ahead) <= TRUSTED_CLOCK
        self._ahead = ahead if trusted else None
        self._strange_time = "" if trusted else said[:40]

    def _other_kind(self, reply: Reply, accept: str) -> str:
        """Which other kind of document came with status 200: a login page, say. Empty: none."""
        if accept == ANYTHING:
            return ""
        wanted = accept.split(",", maxsplit=1)[0]
        if reply.kind == wanted or (reply.kind == "application/json" and accept != _SIMPLE):
            return ""
        # Warehouse speaks JSON: from there a web page is somebody else's.
        if (
            accept == _SIMPLE
            and not self.index.is_pypi
            and reply.kind in (SIMPLE_HTML, "text/html")
        ):
            return ""
        said = words_of(reply).removeprefix(reply.words).strip()
        page = f" ({said})" if said and said != "an HTML page" else ""
        return f"{reply.kind or 'something without a type'} instead of {wanted}{page}"

    def _read(
        self,
        url: str,
        reply: Reply,
        *,
        json: Callable[[Any], T],
        page: Callable[[str], T] | None = None,
    ) -> T:
        """The value that an answer stands for, by its kind."""
        try:
            if page is not None and "html" in reply.kind:
                return page(reply.text)
            document = reply.document
            return json(json_values.load(reply.content) if document is None else document)
        except json_values.MALFORMED as error:
            kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
            raise IndexUnavailableError(
                "The index gave an answer that cannot be understood.",
                status=reply.status,
                reason=f"{redact(url)}{ANSWERED}{kind}{redact(str(error)[:300])}",
                hint="Is this the address of a package index?",
            ) from None

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
            f"Could not ask {self.index.title}.",
            status=status,
            reason=f"{redact(url)}{ANSWERED}{answer}{trouble}{tried}"
            if status is not None
            else f"{redact(url)}: {trouble}{tried}",
            hint=hint,
        )


# --- what went wrong -------------------------------------------------------------------------


def _is_loopback(url: str) -> bool:
    host = URL(url).host
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


def _address(url: str, base: str = "") -> URL | None:
    """The address, or what it leads to from `base`; `None` where it is none."""
    try:
        return URL(urljoin(base, url))
    except (InvalidURL, ValueError):
        return None


def _is_same_host(here: URL, there: URL) -> bool:
    return (here.host, here.port) == (there.host, there.port)
