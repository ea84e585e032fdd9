"""HTTP answers as Pyramid and Warehouse shape them: content negotiation, error pages, ETags."""

import gzip
import hashlib
import html
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from nox_release.core.values import dataclass, field

JSON = "application/json"
HTML = "text/html; charset=UTF-8"
PLAIN = "text/plain; charset=UTF-8"
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Headers",
        "Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since",
    ),
    ("Access-Control-Allow-Methods", "GET"),
    ("Access-Control-Max-Age", "86400"),
    ("Access-Control-Expose-Headers", "X-PyPI-Last-Serial"),
)


@dataclass(slots=True, kw_only=True)
class Answer:
    """A status, an optional reason that replaces the standard one, headers and a body.

    `pieces` is for bodies that are read from disk while they are sent.
    """

    status: int = 200
    reason: str = ""
    content_type: str = HTML
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    pieces: Iterable[bytes] | None = None
    length: int | None = None
    etag: bool = False

    @property
    def status_line(self) -> str:
        reason = self.reason or title(self.status)
        return f"{self.status} {reason.encode('latin-1', 'replace').decode('latin-1')}"


class Refused(Exception):  # noqa: N818 - a verdict, not a fault of the program
    """Warehouse says no, in its own words; nothing of the request's effects stays."""

    def __init__(self, status: int, text: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = tuple(headers)


def title(status: int) -> str:
    names = {409: "Conflict", 410: "Gone", 422: "Unprocessable Entity"}
    return names.get(status) or HTTPStatus(status).phrase


def json_answer(document: Any, *, status: int = 200, content_type: str = JSON) -> Answer:
    """Keys sorted and no spaces, as Warehouse's renderer writes JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return Answer(status=status, content_type=content_type, body=text.encode())


def refusal(refused: Refused, accept: str | None) -> Answer:
    """The message in the status line and in a body of the kind asked for.

    Source: pyramid.httpexceptions; without an Accept header the body is plain text.
    """
    code = f"{refused.status} {refused.text}"
    offers = acceptable(accept or "", ("text/html", JSON)) if accept else ()
    kind = offers[0] if offers else "text/plain"
    if kind == JSON:
        document = {"message": refused.text, "code": code, "title": title(refused.status)}
        answer = Answer(content_type=JSON, body=json.dumps(document).encode())
    elif kind == "text/html":
        page = f"<html>\n <head>\n  <title>{html.escape(code)}</title>\n </head>\n <body>\n"
        page += f"  <h1>{html.escape(code)}</h1>\n  {html.escape(refused.text)}<br/><br/>\n"
        answer = Answer(content_type=HTML, body=f"{page} </body>\n</html>".encode())
    else:
        answer = Answer(content_type=PLAIN, body=f"{code}\n\n{refused.text}\n".encode())
    answer.status, answer.reason = refused.status, refused.text
    answer.headers.extend(refused.headers)
    return answer


def acceptable(accept: str, offers: Sequence[str]) -> tuple[str, ...]:
    """`offers` that the Accept header admits, best first; among equals the server's order.

    Source: RFC 9110, 12.5.1. An empty header admits everything.
    """
    if not accept.strip():
        return tuple(offers)
    ranges = []
    for item in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        ranges.append((kind, quality))
    ranked = []
    for offer in offers:
        main = offer.partition("/")[0]
        for form in (offer, f"{main}/*", "*/*"):
            found = [quality for kind, quality in ranges if kind == form]
            if found:
                if max(found) > 0:
                    ranked.append((max(found), offer))
                break
    ranked.sort(key=lambda pair: -pair[0])
    return tuple(offer for _, offer in ranked)


def send(answer: Answer, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """`answer` over WSGI: 304 where the client has it already, gzip where it asked for it."""
    headers = [("Content-Type", answer.content_type), *answer.headers]
    body = answer.body
    if answer.etag and answer.status == 200:
        # Each representation has its own: the body differs between HTML and JSON.
        tag = '"' + b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()[:22] + '"'
        headers.append(("ETag", tag))
        known = environ.get("HTTP_IF_NONE_MATCH", "")
        if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            start_response("304 Not Modified", [*headers[1:], ("Content-Length", "0")])
            return []
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and len(body) > 512:
            body = gzip.compress(body, 1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
    length = answer.length if answer.pieces is not None and answer.length else len(body)
    headers.append(("Content-Length", str(length)))
    start_response(answer.status_line, headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        return []
    return answer.pieces if answer.pieces is not None else [body]
