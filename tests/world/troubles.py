"""What goes wrong in the rehearsed world, arranged beforehand instead of patched into the code.

A `Fault` says which requests it meets and what becomes of them; `Faulty` puts a `Faults` before
any WSGI application, so that the stand-ins for the index and for GitHub share one set of troubles.
Faults below HTTP surface as `HangUp`, which the server turns into a broken connection.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from nox_release.rehearsal.serving import HangUp, request_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Kind = Literal[
    "refuse",  # the connection closes without a word, nothing is done
    "reset",  # done, and the connection breaks in the middle of the answer
    "lost-reply",  # done, and the connection closes before the answer
    "delay",  # answered after `seconds`
    "slow",  # done, and `seconds` pass between the two halves of the answer
    "status",  # answered with `status` (and `retry_after`) instead of being done
    "html",  # a web page with 200 instead of the answer, as captive portals send it
    "truncated",  # done, and the body ends early although HTTP says it is whole
    "redirect",  # to `location`
    "stale",  # answered from the state the world had when the fault was arranged
    "before",  # `call` runs, then the request is done
    "after",  # the request is done, then `call` runs, then the answer is sent
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fault:
    """Trouble for requests whose path matches the glob `endpoint`.

    It spares the first `skip` of them and meets the next `times` (`None`: all that follow).
    """

    kind: Kind
    endpoint: str = "*"
    method: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after: str | None = None
    location: str = ""
    body: str = ""
    call: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that arrived; `status` is 0 when the connection broke instead."""

    method: str
    path: str
    status: int


@dataclass(slots=True)
class _Arranged:
    fault: Fault
    snapshot: Any
    met: int = 0


class Faults:
    """The arranged faults, and every request that was seen. Safe to use from several threads."""

    def __init__(self, *, snapshot: Callable[[], Any] = lambda: None) -> None:
        self.latency = 0.0
        self.seen: list[Seen] = []
        self._snapshot = snapshot
        self._arranged: list[_Arranged] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def arrange(self, fault: Fault) -> Fault:
        snapshot = self._snapshot() if fault.kind == "stale" else None
        with self._lock:
            self._arranged.append(_Arranged(fault, snapshot))
        return fault

    def before(
        self,
        endpoint: str,
        call: Callable[[], object],
        *,
        method: str = "*",
        times: int | None = 1,
        skip: int = 0,
    ) -> Fault:
        """Run `call` when such a request has arrived and nothing was done for it yet."""
        return self.arrange(
            Fault(
                kind="before", endpoint=endpoint, method=method, times=times, skip=skip, call=call
            )
        )

    def after(
        self,
        endpoint: str,
        call: Callable[[], object],
        *,
        method: str = "*",
        times: int | None = 1,
        skip: int = 0,
    ) -> Fault:
        """Run `call` when such a request was done and its answer is not sent yet."""
        return self.arrange(
            Fault(kind="after", endpoint=endpoint, method=method, times=times, skip=skip, call=call)
        )

    def lift(self, fault: Fault) -> None:
        with self._lock:
            self._arranged = [one for one in self._arranged if one.fault is not fault]

    def clear(self) -> None:
        """Lift every fault; `latency` too."""
        self.latency = 0.0
        with self._lock:
            self._arranged.clear()

    def stop(self) -> None:
        """End all delays at once, now and from now on."""
        self._stopped.set()

    def restart(self) -> None:
        self._stopped.clear()

    def wait(self, seconds: float) -> None:
        if seconds > 0:
            self._stopped.wait(seconds)

    def meet(self, method: str, path: str) -> tuple[tuple[Fault, Any], ...]:
        """The faults that this request meets, each with its snapshot; they are counted."""
        met = []
        with self._lock:
            for one in self._arranged:
                if not (fnmatchcase(method, one.fault.method) and _fits(path, one.fault.endpoint)):
                    continue
                one.met += 1
                number = one.met - one.fault.skip
                if number > 0 and (one.fault.times is None or number <= one.fault.times):
                    met.append((one.fault, one.snapshot))
        return tuple(met)

    def note(self, method: str, path: str, status: int) -> None:
        with self._lock:
            self.seen.append(Seen(method=method, path=path, status=status))

    def requests(self, endpoint: str = "*", method: str = "*") -> tuple[Seen, ...]:
        """What arrived so far at `endpoint`."""
        with self._lock:
            return tuple(
                one
                for one in self.seen
                if fnmatchcase(one.method, method) and _fits(one.path, endpoint)
            )


def _fits(path: str, endpoint: str) -> bool:
    return fnmatchcase(path, endpoint) or fnmatchcase(unquote(path), endpoint)


_REASONS = {
    301: "Moved Permanently",
    302: "Found",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

SNAPSHOT = "disturbed.snapshot"
"""The key in the WSGI environment under which an application finds the state to answer from."""


@dataclass(slots=True)
class _Reply:
    status: str = "500 Internal Server Error"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class Faulty:
    """`application` with `faults` before and behind it; a WSGI application itself."""

    def __init__(
        self,
        application: Callable[[dict[str, Any], Any], Iterable[bytes]],
        faults: Faults,
    ) -> None:
        self.application = application
        self.faults = faults

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        path = request_path(environ)
        try:
            status, headers, body = self._answer(environ, method, path)
        except BaseException:
            self.faults.note(method, path, 0)
            raise
        self.faults.note(method, path, int(status[:3]))
        start_response(status, headers)
        return body

    def _answer(
        self, environ: dict[str, Any], method: str, path: str
    ) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
        met = self.faults.meet(method, path)
        self.faults.wait(self.faults.latency)
        instead = None
        for fault, snapshot in met:
            if fault.kind == "delay":
                self.faults.wait(fault.seconds)
            elif fault.kind == "before" and fault.call is not None:
                fault.call()
            elif fault.kind == "stale":
                environ[SNAPSHOT] = snapshot
            elif fault.kind == "refuse":
                raise HangUp
            elif fault.kind in ("status", "html", "redirect"):
                instead = instead or _instead(fault)
            elif fault.kind in ("reset", "slow", "truncated"):
                # There has to be a body to spoil, and of text that was cut, not of gzip.
                environ.pop("HTTP_IF_NONE_MATCH", None)
                environ.pop("HTTP_ACCEPT_ENCODING", None)
        if instead is not None:
            return instead
        reply = _Reply()

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            reply.status, reply.headers = status, list(headers)

        body = self.application(environ, start)
        return self._spoil(met, reply, body)

    def _slowly(self, first: bytes, rest: bytes, seconds: float) -> Iterator[bytes]:
        yield first
        self.faults.wait(seconds)
        yield rest

    def _spoil(
        self, met: tuple[tuple[Fault, Any], ...], reply: _Reply, body: Iterable[bytes]
    ) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
        for fault, _ in met:
            if fault.kind == "after" and fault.call is not None:
                fault.call()
        for fault, _ in met:
            if fault.kind not in ("reset", "slow", "lost-reply", "truncated"):
                continue
            whole = b"".join(body)
            if hasattr(body, "close"):
                body.close()
            if fault.kind == "lost-reply":
                raise HangUp
            half = whole[: len(whole) // 2]
            if fault.kind == "reset":
                raise HangUp(reply.status, reply.headers, half)
            if fault.kind == "slow":
                rest = whole[len(half) :]
                return reply.status, reply.headers, self._slowly(half, rest, fault.seconds)
            headers = [pair for pair in reply.headers if pair[0].lower() != "content-length"]
            return reply.status, [*headers, ("Content-Length", str(len(half)))], [half]
        return reply.status, reply.headers, body


def _instead(fault: Fault) -> tuple[str, list[tuple[str, str]], list[bytes]]:
    extra: Mapping[str, str] = {}
    kind = "text/html; charset=utf-8"
    if fault.kind == "redirect":
        code = fault.status if 300 <= fault.status < 400 else 302
        extra, body = {"Location": fault.location}, b""
    elif fault.kind == "html":
        code = 200
        body = (fault.body or "<!DOCTYPE html><title>Welcome</title><p>Please log in.").encode()
    else:
        code = fault.status
        body = (
            fault.body or f"<html><h1>{code} {_REASONS.get(code, 'Error')}</h1></html>"
        ).encode()
        if fault.body.startswith(("{", "[")):
            kind = "application/json"
        if fault.retry_after is not None:
            extra = {"Retry-After": fault.retry_after}
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), *extra.items()]
    return f"{code} {_REASONS.get(code, 'OK')}", headers, [body]
