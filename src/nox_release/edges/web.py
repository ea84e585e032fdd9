"""One exchange over HTTP, bounded in time and size. The only module that imports httpx."""

import contextlib
import functools
import hashlib
import os
import re
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from nox_release.core.redaction import redact
from nox_release.core.values import dataclass, field, replace
from nox_release.edges import json_values
from nox_release.edges.simple_html import parse_page

# httpx brings its command line along, and that click, Pygments and rich: a third of its start. It
# does without where they are missing. To go when httpx loads it on demand.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
import httpx

if sys.modules.get("httpx._main", httpx) is None:
    del sys.modules["httpx._main"]


URL = httpx.URL
BaseTransport = httpx.BaseTransport
Client = httpx.Client
HTTPError = httpx.HTTPError
HTTPTransport = httpx.HTTPTransport
InvalidURL = httpx.InvalidURL

ANYTHING = "*/*"
_READ_WITHIN = 60.0
# Bytes, unpacked. PyPI's list of all names has about 40 MB, its largest project's page a tenth of
# that.
_DOCUMENT_AT_MOST = 64_000_000
_CHUNK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
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
        return self.accept == ANYTHING

    @property
    def seconds(self) -> float:
        return self.within or _READ_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer read to its end; header names in lower case."""

    url: str
    status: int
    words: str
    headers: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)
    document: Any = field(default=None, repr=False)
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


class TooSlow(httpx.ReadTimeout):
    """An answer that would not end; asked again, it would not either."""


class TooLarge(httpx.DecodingError):
    """An answer of more bytes than are taken."""


def open_client(
    *,
    base: str = "",
    transport: BaseTransport | None = None,
    headers: Mapping[str, str] | None = None,
    proxies: bool = True,
    tls: bool = True,
) -> Client:
    """A client that follows no redirect. `base` is what paths are relative to, `proxies` are those
    of the environment.
    """
    from importlib.metadata import version

    agent = f"nox-release/{version('nox-release')} (+https://pypi.org/project/nox-release/)"
    return Client(
        base_url=base,
        transport=transport,
        timeout=httpx.Timeout(20.0, connect=10.0),
        headers={"User-Agent": agent, "Accept-Encoding": "gzip", **(headers or {})},
        follow_redirects=False,
        trust_env=proxies,
        verify=_authorities(
            os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""), asked=proxies
        )
        if tls
        else _nobody(),
    )


def open_socket(path: str) -> BaseTransport:
    """A way to what listens on the Unix socket `path`."""
    return httpx.HTTPTransport(uds=path, verify=_nobody())


def _nobody() -> ssl.SSLContext:
    """For where no TLS is spoken: none of the authorities need be read; none would be trusted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@functools.cache
def _authorities(file: str, folder: str, *, asked: bool) -> ssl.SSLContext:  # noqa: ARG001 - the key
    """Whom to trust as the environment has it, where that is `asked`: read once for all clients."""
    return httpx.create_ssl_context(trust_env=asked)


def exchange(http: Client, url: str, wanted: Wanted) -> Reply:
    """One GET, in a thread of its own: a server may send headers without end, and no timeout of
    the HTTP library counts those together.

    Raises:
        HTTPError: no answer, none within the time, or more than is taken.
    """
    headers = {"Accept": wanted.accept, "Cache-Control": "no-cache"}
    if wanted.etag:
        headers["If-None-Match"] = wanted.etag
    if wanted.is_file:  # an archive is compressed already; its own bytes are wanted
        headers["Accept-Encoding"] = "identity"
    until = time.monotonic() + wanted.seconds
    replies: list[Reply] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            with http.stream("GET", url, headers=headers) as answer:
                replies.append(_received(answer, until, wanted))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            errors.append(error)

    worker = threading.Thread(target=ask, name="http", daemon=True)
    worker.start()
    worker.join(wanted.seconds + 1.0)
    if errors:
        raise errors[0]
    if not replies:
        raise TooSlow(f"no complete answer within {wanted.seconds:.0f} s")
    return replies[0]


def _received(answer: httpx.Response, until: float, wanted: Wanted) -> Reply:
    """An answer read to its end, as far as there is one in reach."""
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
            raise TooLarge(f"an answer that does not end after {wanted.at_most // 1_000_000} MB")
        if time.monotonic() > until:
            raise TooSlow("the answer takes too long")
        if file is None:
            chunks.append(chunk)
        else:
            file.write(chunk)
            digest.update(chunk)
    return Reply(
        url=str(answer.url),
        status=answer.status_code,
        words=answer.reason_phrase,
        headers={key.lower(): value for key, value in answer.headers.items()},
        content=b"".join(chunks),
        sha256=digest.hexdigest() if file is not None else "",
    )


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


def parsed(reply: Reply) -> Reply | None:
    """The answer with its JSON read; `None` where it breaks off before its end."""
    if "json" not in reply.kind:
        return reply
    try:
        return replace(reply, document=json_values.load(reply.content))
    except ValueError:
        return None


def explain(error: HTTPError) -> str:
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


def never_connected(error: HTTPError) -> bool:
    """Whether nothing reached the server: no route, no proxy, or no certificate that is trusted."""
    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError))


def may_pass(error: HTTPError) -> bool:
    """Whether asking again may help: not for a certificate that is wrong."""
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error):
        return False
    return isinstance(error, httpx.TransportError) and not isinstance(
        error, (httpx.UnsupportedProtocol, httpx.DecodingError, TooSlow)
    )


def words_of(reply: Reply) -> str:
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
