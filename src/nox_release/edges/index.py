"""What the package index says, as values. The only module that imports httpx.

`None` always means: the index was asked and has no such thing. Whatever else goes wrong raises
`IndexUnavailableError`, so an outage can never be taken for a free name. It only reads, and is
retried by one policy.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import ipaddress
import re
import ssl
import sys
import threading
import time
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urljoin

from packaging.utils import canonicalize_name

from nox_release.core.clock import parse_http_date
from nox_release.core.errors import ConfigurationError, IndexUnavailableError
from nox_release.core.redaction import redact
from nox_release.core.retries import ATTEMPTS, PASSING, Retries, parse_retry_after
from nox_release.edges import index_answers as answers
from nox_release.edges import json_values
from nox_release.edges.simple_html import parse_page
from nox_release.releases.observed import Provenance

# httpx brings its command line along, and that click, Pygments and rich: a third of its start. It
# does without where they are missing. To go when httpx loads it on demand.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
import httpx

if sys.modules.get("httpx._main", httpx) is None:
    del sys.modules["httpx._main"]

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from _typeshed import ReadableBuffer

    from nox_release.core.clock import Clock
    from nox_release.project.pyproject import Index
    from nox_release.releases.observed import IndexFile, IndexProject, Ownership

T = TypeVar("T")

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
SIMPLE_HTML = "application/vnd.pypi.simple.v1+html"
INTEGRITY_JSON = "application/vnd.pypi.integrity.v1+json"
_SIMPLE = f"{SIMPLE_JSON}, {SIMPLE_HTML};q=0.2, text/html;q=0.1"
_ANYTHING = "*/*"

_READ_WITHIN = 60.0
_DOWNLOAD_WITHIN = 600.0
_REDIRECTS = 5

# Bytes, unpacked. PyPI's list of all names has about 40 MB, its largest project's page a tenth of
# that; a file may have some gigabytes, where PyPI was asked for it.
_DOCUMENT_AT_MOST = 64_000_000
_NAMES_AT_MOST = 512_000_000
_FILE_AT_MOST = 4_000_000_000
_CHUNK = 1_000_000

# A clock may be set to another day or zone; what is further off is no time to go by.
TRUSTED_CLOCK = timedelta(hours=26)

# Where an index of one's own sends those who ask for what it does not have.
_PUBLIC_HOSTS = frozenset({"pypi.org", "test.pypi.org", "pypi.python.org"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is asked for, and how much of it is taken: `within` is in seconds, `at_most` in bytes.

    `into` takes the bytes of a file, which may be too many for memory. `head_only` is content with
    the status.
    """

    accept: str = "application/json"
    etag: str | None = None
    within: float | None = None
    at_most: int = _DOCUMENT_AT_MOST
    into: BinaryIO | None = None
    head_only: bool = False

    @property
    def is_file(self) -> bool:
        return self.accept == _ANYTHING

    @property
    def seconds(self) -> float:
        return self.within or _READ_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """An answer read to its end; header names in lower case."""

    url: str
    status: int
    words: str
    headers: Mapping[str, str]
    content: bytes = b""
    document: Any = None
    sha256: str = ""

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        found = re.search(r"charset=\"?([\w-]{1,20})", self.headers.get("content-type", ""))
        with contextlib.suppress(LookupError):
            return self.content.decode(found[1] if found else "utf-8", errors="replace")
        return self.content.decode("utf-8", errors="replace")


class _Nowhere(io.BytesIO):
    """Keeps nothing of what is written."""

    def write(self, data: ReadableBuffer, /) -> int:
        return len(memoryview(data))


class _TooSlow(httpx.ReadTimeout):
    """An answer that would not end; asked again, it would not either."""


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
    addresses = tuple(filter(None, (index.simple_url, index.api_url)))
    local = all(map(_is_loopback, addresses))
    plain = all(address.startswith("http://") for address in addresses)
    with httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(20.0, connect=10.0),
        headers={"User-Agent": user_agent(), "Accept-Encoding": "gzip"},
        follow_redirects=False,
        trust_env=not local,  # a proxy has no business between this machine and itself
        # Where no TLS is spoken, none of the authorities need be read; none would be trusted.
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
    ) as http:
        yield IndexClient(index, http, clock, attempts=attempts)


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
        reply = self._get(url, _Wanted(accept=_SIMPLE, etag=known[0] if known else None))
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
        reply = self._get(url, _Wanted())
        return None if reply is None else self._read(url, reply, json=answers.parse_ownership)

    def fetch_names(self) -> tuple[str, ...]:
        """Every project's name as displayed: one large answer."""
        url = self.index.simple_url
        reply = self._get(
            url, _Wanted(accept=_SIMPLE, within=_DOWNLOAD_WITHIN, at_most=_NAMES_AT_MOST)
        )
        if reply is None:
            raise self._unavailable(url, "it has no list of projects", status=404)
        return self._read(url, reply, json=answers.parse_names, page=answers.parse_names_page)

    def fetch_provenance(self, file: IndexFile) -> Provenance | None:
        """What a file's provenance says; `None`: it has none."""
        url = file.provenance
        reply = None if url is None else self._get(url, _Wanted(accept=INTEGRITY_JSON))
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
        return self._get(url, _Wanted(accept=INTEGRITY_JSON)) is not None

    def fetch_release(self, name: str, version: str) -> tuple[str, ...] | None:
        """The files of a version by the JSON API, which is cached apart from the Simple API;
        `None` also where the index has no such API.
        """
        if not self.index.api_url:
            return None
        path = f"{quote(canonicalize_name(name), safe='')}/{quote(version, safe='')}"
        url = f"{self.index.api_url}pypi/{path}/json"
        reply = self._get(url, _Wanted())
        return None if reply is None else self._read(url, reply, json=answers.parse_release)

    def download(self, url: str, path: Path) -> str | None:
        """Write what is behind an address that the index gave to `path`, and give its SHA-256;
        `None`: not there.
        """
        with path.open("wb") as file:
            return self._fetch_file(url, file)

    def is_served(self, url: str) -> bool:
        """Whether a file can be downloaded; the download is broken off at its first byte."""
        return self._get(url, _Wanted(accept=_ANYTHING, head_only=True)) is not None

    def _fetch_file(self, url: str, file: BinaryIO) -> str | None:
        wanted = _Wanted(
            accept=_ANYTHING, within=_DOWNLOAD_WITHIN, at_most=_FILE_AT_MOST, into=file
        )
        reply = self._get(url, wanted)
        return None if reply is None else reply.sha256

    # --- the one policy for reads ------------------------------------------------------------

    def _get(self, url: str, wanted: _Wanted) -> _Reply | None:
        """The answer with status 200 or, where an ETag was sent, 304; `None` for 404."""
        retries = Retries(self._clock, self._attempts)
        while True:
            status: int | None = None
            asked: float | None = None
            try:
                reply = self._follow(url, wanted)
            except httpx.HTTPError as error:
                trouble = _trouble(error)
                if not _may_pass(error):
                    raise self._unavailable(url, trouble) from None
            else:
                if reply is None or reply.status == 404:
                    return None
                status = reply.status
                if status == 304 and wanted.etag:
                    return reply
                if status == 200:
                    other_kind = self._other_kind(reply, wanted.accept)
                    if other_kind:
                        raise self._unavailable(url, other_kind, status=status)
                    whole = reply if wanted.is_file else _whole(reply)
                    if whole is not None:
                        return whole
                    trouble = f"JSON that breaks off or is none, {len(reply.content)} bytes"
                else:
                    trouble = _words(reply)
                    if status not in PASSING:
                        raise self._unavailable(url, trouble, status=status)
                    asked = parse_retry_after(
                        reply.headers.get("retry-after", ""), self._clock.now()
                    )
            if not retries.wait(asked):
                raise self._unavailable(
                    url, trouble, status=status, attempts=retries.made, wait=asked
                )

    def _follow(self, url: str, wanted: _Wanted) -> _Reply | None:
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
            reply = self._send(str(here), replace(wanted, within=left))
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

    def _send(self, url: str, wanted: _Wanted) -> _Reply:
        """One exchange, in a thread of its own: a server may send headers without end, and no
        timeout of the HTTP library counts those together.
        """
        headers = {"Accept": wanted.accept, "Cache-Control": "no-cache"}
        if wanted.etag:
            headers["If-None-Match"] = wanted.etag
        if wanted.is_file:  # an archive is compressed already; its own bytes are wanted
            headers["Accept-Encoding"] = "identity"
        until = time.monotonic() + wanted.seconds
        replies: list[_Reply] = []
        errors: list[BaseException] = []

        def exchange() -> None:
            try:
                with self._http.stream("GET", url, headers=headers) as answer:
                    replies.append(self._received(answer, until, wanted))
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                errors.append(error)

        worker = threading.Thread(target=exchange, name="index", daemon=True)
        worker.start()
        worker.join(wanted.seconds + 1.0)
        if errors:
            raise errors[0]
        if not replies:
            raise _TooSlow(f"no complete answer within {wanted.seconds:.0f} s")
        return replies[0]

    def _received(self, answer: httpx.Response, until: float, wanted: _Wanted) -> _Reply:
        """An answer read to its end, as far as there is one in reach."""
        self._take_time(answer.headers.get("Date", ""))
        file = wanted.into if answer.status_code == 200 else None
        if file is not None:  # an attempt before this one may have broken off
            file.seek(0)
            file.truncate()
        digest = hashlib.sha256()
        chunks: list[bytes] = []
        received = 0
        pieces = answer.iter_raw(_CHUNK) if wanted.is_file else _decoded(answer)
        for chunk in () if wanted.head_only else pieces:
            received += len(chunk)
            if received > wanted.at_most:
                raise self._unavailable(
                    str(answer.url),
                    f"an answer that does not end after {wanted.at_most // 1_000_000} MB",
                    status=answer.status_code,
                )
            if time.monotonic() > until:
                raise _TooSlow("the answer takes too long")
            if file is None:
                chunks.append(chunk)
            else:
                file.write(chunk)
                digest.update(chunk)
        return _Reply(
            url=str(answer.url),
            status=answer.status_code,
            words=answer.reason_phrase,
            headers={key.lower(): value for key, value in answer.headers.items()},
            content=b"".join(chunks),
            sha256=digest.hexdigest() if file is not None else "",
        )

    def _take_time(self, said: str) -> None:
        moment = parse_http_date(said)
        ahead = None if moment is None else moment - self._clock.now()
        trusted = ahead is not None and abs(ahead) <= TRUSTED_CLOCK
        self._ahead = ahead if trusted else None
        self._strange_time = "" if trusted else said[:40]

    def _other_kind(self, reply: _Reply, accept: str) -> str:
        """Which other kind of document came with status 200: a login page, say. Empty: none."""
        if accept == _ANYTHING:
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
        return f"not {wanted} but {reply.kind or 'something without a type'} ({_words(reply)})"

    def _read(
        self,
        url: str,
        reply: _Reply,
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
            raise IndexUnavailableError(
                "The index gave an answer that cannot be understood.",
                status=reply.status,
                reason=f"{redact(url)}: {type(error).__name__}: {redact(str(error)[:300])}",
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
        error, (httpx.UnsupportedProtocol, httpx.DecodingError, _TooSlow)
    )


def _words(reply: _Reply) -> str:
    """The server's own words, short and in one line."""
    said = ""
    if "json" in reply.kind:
        with contextlib.suppress(ValueError):
            document = json_values.load(reply.content)
            if isinstance(document, dict):
                said = str(document.get("message") or document.get("error") or "")[:1000]
    elif reply.kind == "text/plain":
        said = reply.text[:1000]
    elif "html" in reply.kind:
        title = parse_page(reply.text[:20_000]).title
        said = f"HTML page “{title[:1000]}”" if title else "an HTML page"
    reason = reply.words
    words = " ".join(f"{reason} {said}".split()) if said != reason else reason
    return redact(words[:300]) or "no words"


def _address(url: str, base: str = "") -> httpx.URL | None:
    """The address, or what it leads to from `base`; `None` where it is none."""
    try:
        return httpx.URL(urljoin(base, url))
    except (httpx.InvalidURL, ValueError):
        return None


def _whole(reply: _Reply) -> _Reply | None:
    """The answer with its JSON read; `None` where it breaks off before its end."""
    if "json" not in reply.kind:
        return reply
    try:
        return replace(reply, document=json_values.load(reply.content))
    except ValueError:
        return None


def _is_same_host(here: httpx.URL, there: httpx.URL) -> bool:
    return (here.host, here.port) == (there.host, there.port)


def _decoded(answer: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of bounded size, unpacked once at most; a piece may be empty."""
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        yield from answer.iter_raw(_CHUNK)
        return
    if coding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError(f"the answer is coded as {coding[:60]!r}, which nobody asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for packed in answer.iter_raw(_CHUNK):
        left = packed
        while True:
            try:
                yield unpacking.decompress(left, _CHUNK)
            except zlib.error:
                raise httpx.DecodingError("the answer is not the gzip that it says it is") from None
            left = unpacking.unconsumed_tail
            if not left:
                break
    if not unpacking.eof:
        raise httpx.ReadError("the answer breaks off")
