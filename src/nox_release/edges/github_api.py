"""Requests to GitHub's API, decided by the HTTP status: 404 is `None`, and no status is never a no.

Reads go over one connection of ours with gh's own token, since a process for each of them takes
most of the time. What changes something is sent by gh, and so is every read where gh does not tell
its token or the connection cannot be made: gh knows the proxies and certificates of this machine.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urljoin

from nox_release.core.clock import Clock
from nox_release.core.errors import ForgeError
from nox_release.core.redaction import redact
from nox_release.core.retries import ATTEMPTS, PASSING, Retries, parse_retry_after
from nox_release.core.values import dataclass
from nox_release.edges import json_values as values
from nox_release.edges.gh import HOST, LATER, Gh, GhMissing, NotLoggedIn, first_line

if TYPE_CHECKING:
    from nox_release.edges.web import Client

T = TypeVar("T")

PAGE = 100  # entries; GitHub gives no more at once
_PAGES = 10
_REDIRECTS = 5
ATTEMPTS_AT_FIRST = 3  # somebody who is offline need not wait long to be told
_API = f"https://api.{HOST}/"
_ACCEPT = "application/vnd.github+json"
_VERSION = {"X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What GitHub answered: header names in lower case, `document` the parsed body."""

    status: int
    headers: Mapping[str, str]
    document: Any


class GitHubApi:
    """GitHub, as this login; may be asked from several threads."""

    def __init__(self, gh: Gh, clock: Clock, *, at_first: int = ATTEMPTS_AT_FIRST) -> None:
        self._gh = gh
        self._clock = clock
        self._attempts = at_first
        self._scouting = threading.Lock()
        self._opening = threading.Lock()
        self._is_opened = False
        self._http: Client | None = None

    def ask(
        self,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        method: str = "GET",
        body: Any = None,
    ) -> Answer:
        """One request, whatever the status of its answer; reads are retried, writes are not.

        Raises:
            ForgeError: there was no answer, or one that says: later.
        """
        endpoint = f"{path}?{urlencode(query)}" if query else path
        retries = Retries(self._clock, self._attempts)
        with ExitStack() as scouting:
            while True:
                try:
                    answer = self._read(endpoint) if method == "GET" else None
                    answer = _of_a_login(answer or self._send(endpoint, method, body))
                    self._attempts = ATTEMPTS
                    scouting.close()
                except (GhMissing, NotLoggedIn):
                    raise
                except ForgeError:
                    if method != "GET" or not self._may_try_again(retries, scouting):
                        raise
                else:
                    passing = answer.status in PASSING or _is_rate_limit(answer)
                    if not passing:
                        return answer
                    asked = parse_retry_after(
                        answer.headers.get("retry-after", ""), self._clock.now()
                    ) or _until_reset(answer, self._clock.now())
                    if method != "GET" or not retries.wait(asked):
                        raise refused(endpoint, answer)

    def _may_try_again(self, retries: Retries, scouting: ExitStack) -> bool:
        """Whether to, after a pause. Until GitHub has answered anything, one question at a time
        finds out whether it can be reached, and the others end as that one does.
        """
        if retries.made == 0 and self._attempts < ATTEMPTS:
            scouting.enter_context(self._scouting)
            if self._attempts == ATTEMPTS:  # another one got through
                scouting.close()
            retries.attempts = min(retries.attempts, self._attempts)
        if retries.wait():
            return True
        if self._attempts < ATTEMPTS:
            self._attempts = 1  # until GitHub answers
        return False

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer | None:
        """The answer with status 200, or `None` for 404."""
        answer = self.ask(path, query=query)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise refused(path, answer)
        return answer

    def read(
        self, path: str, parse: Callable[[Any], T], query: Mapping[str, str | int] | None = None
    ) -> T | None:
        """What `parse` makes of the answer with status 200, or `None` for 404."""
        answer = self.get(path, query)
        return None if answer is None else parsed(path, parse, answer)

    def pages(
        self,
        path: str,
        key: str | None,
        parse: Callable[[Any], T],
        query: Mapping[str, str | int] | None = None,
        *,
        first: Answer | None = None,
    ) -> tuple[T, ...]:
        """What `parse` makes of every entry of a list that GitHub gives in pages; empty for 404.

        `first` is the first page, where it was asked for already.
        """
        entries: list[Any] = []
        for page in range(1, _PAGES + 1):
            answer = (
                first
                if first is not None and page == 1
                else self.get(path, {**(query or {}), "per_page": PAGE, "page": page})
            )
            if answer is None:
                break
            part = parsed(path, lambda d: values.listed(d if key is None else d[key]), answer)
            entries += part
            if len(part) < PAGE:
                break
        return tuple(read_value(path, parse, entry) for entry in entries)

    def _send(self, endpoint: str, method: str, body: Any) -> Answer:
        """A request by gh."""
        arguments = ["api", "--include", "--method", method]
        if body is not None:
            arguments += ["--input", "-"]
        done = self._gh.run(
            *arguments, endpoint, check=False, text=None if body is None else json.dumps(body)
        )
        answer = parse_answer(done.stdout)
        if answer is None:
            raise _unanswered(
                first_line(done.complaint) or f"gh ended with exit code {done.returncode}"
            )
        return answer

    def _read(self, endpoint: str) -> Answer | None:
        """A read over our own connection; `None` where gh has to do it.

        Raises:
            ForgeError: the connection was made, and no answer came.
        """
        http = self._connection()
        if http is None:
            return None
        from nox_release.edges import web

        for _ in range(_REDIRECTS + 1):
            try:
                reply = web.exchange(http, f"/{endpoint}", web.Wanted(accept=_ACCEPT))
            except web.HTTPError as error:
                if web.never_connected(error):
                    self._http = None
                    return None
                raise _unanswered(redact(web.explain(error))) from None
            if reply.status not in (301, 302, 303, 307, 308):
                return _read_answer(reply.status, reply.headers, reply.text)
            there = urljoin(_API, reply.headers.get("location", ""))
            if not there.startswith(_API):
                return None
            endpoint = there.removeprefix(_API)  # a repository that was renamed
        return None

    def _connection(self) -> Client | None:
        with self._opening:
            if not self._is_opened:
                self._is_opened = True
                self._http = self._open()
            return self._http

    def _open(self) -> Client | None:
        self._gh.program()
        try:
            path = self._gh.socket()
        except (OSError, ValueError):
            return None
        token = self._gh.token()
        if token is None or (path and not _can_speak_through(path)):
            return None
        from nox_release.edges import web

        http = web.open_client(
            base=_API.replace("https:", "http:") if path else _API,
            transport=web.open_socket(path) if path else None,
            tls=not path,
            headers={**_VERSION, "Authorization": f"Bearer {token}"},
        )
        weakref.finalize(self, http.close)
        return http


def parse_answer(text: str) -> Answer | None:
    """The output of `gh api --include`; `None` when it holds no answer."""
    head, separator, body = text.replace("\r\n", "\n").partition("\n\n")
    lines = head.split("\n")
    found = re.fullmatch(r"HTTP/[\d.]+ (\d{3})(?: .*)?", lines[0].strip())
    if found is None or (not separator and len(lines) < 2):
        return None
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return _read_answer(int(found[1]), headers, body)


def _read_answer(status: int, headers: Mapping[str, str], body: str) -> Answer:
    document: Any = None
    if body.strip():
        try:
            document = values.load(body)
        except ValueError:
            if 200 <= status < 300:
                raise ForgeError(
                    "GitHub gave an answer that breaks off or is no JSON.",
                    status=status,
                    reason=f"{len(body)} characters that begin with {body.strip()[:60]!r}",
                    hint=LATER,
                ) from None
    return Answer(status=status, headers=headers, document=document)


def _of_a_login(answer: Answer) -> Answer:
    if answer.status == 401:
        raise NotLoggedIn(_words(answer), status=401)
    return answer


def _can_speak_through(path: str) -> bool:
    return hasattr(socket, "AF_UNIX") and Path(path).is_socket()


def _unanswered(reason: str) -> ForgeError:
    return ForgeError("Could not ask GitHub.", reason=reason, hint=LATER)


def _words(answer: Answer) -> str:
    if isinstance(answer.document, dict):
        details = answer.document.get("errors")
        said = [str(answer.document.get("message") or "")]
        if isinstance(details, list):
            said += [
                str(one.get("message") or one.get("code") or "")
                if isinstance(one, dict)
                else str(one)
                for one in details
            ]
        return "; ".join(filter(None, said)) or "no words"
    return "no words"


def refused(path: str, answer: Answer) -> ForgeError:
    if _is_rate_limit(answer):
        hint = "GitHub's rate limit is used up; run the same command again in a while."
    elif answer.status == 403:
        hint = "This login may not ask that: see `gh auth status`."
    else:
        hint = LATER
    return ForgeError(
        "GitHub did not answer the question.",
        status=answer.status,
        reason=f"`gh api {path}`: {answer.status} {_words(answer)}",
        hint=hint,
    )


def _is_rate_limit(answer: Answer) -> bool:
    """Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api."""
    return answer.status in (403, 429) and (
        answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    )


def _until_reset(answer: Answer, now: datetime) -> float | None:
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") != "0" or not re.fullmatch(
        r"[0-9]{1,11}", reset
    ):
        return None
    return max(0.0, float(reset) - now.timestamp())


def read_value(path: str, parse: Callable[[Any], T], document: Any) -> T:
    try:
        return parse(document)
    except values.MALFORMED as error:
        raise ForgeError(
            "GitHub gave an answer that cannot be understood.",
            reason=f"`gh api {path}`: {type(error).__name__}: {error}",
        ) from None


def parsed(path: str, parse: Callable[[Any], T], answer: Answer) -> T:
    return read_value(path, parse, answer.document)
