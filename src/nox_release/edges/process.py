"""The only module that starts programs; secrets are redacted here, once, from everything it returns."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nox_release.core.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

REDACTED = "[secret]"

SECRET_VARIABLES = (
    "TWINE_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "UV_PUBLISH_PASSWORD",
    "PYPI_TOKEN",
    "PYPI_API_TOKEN",
    "TEST_PYPI_TOKEN",
    "HATCH_INDEX_AUTH",
    "FLIT_PASSWORD",
    "POETRY_PYPI_TOKEN_PYPI",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
)

# PyPI macaroons, GitHub tokens of all kinds, JSON Web Tokens, and what a URL has before its host.
# A macaroon has capitals; `pypi-something-or-other` may be the name of a project.
_TOKEN_SHAPES = re.compile(
    r"pypi-(?=[a-z0-9_\-]*[A-Z])[A-Za-z0-9_\-]{16,}={0,2}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\beyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]*"
    r"|(?<=://)[^/\s:@\"'<>]{1,200}:[^/\s@\"'<>]{1,300}(?=@)"
    r"|(?<=://)[A-Za-z0-9_\-]{30,}(?=@)"
)


# On Windows Python would write into pipes in the machine's own code page.
_SPEAK_UTF8 = (
    {"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}
    if sys.platform == "win32"
    else {"LC_ALL": "C.UTF-8"}
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets and without anything shaped like a token."""
    for secret in sorted(
        {s.strip() for s in secrets if len(s.strip()) >= 4}, key=len, reverse=True
    ):
        text = text.replace(secret, REDACTED)
    return _TOKEN_SHAPES.sub(REDACTED, text)


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the variables that are known to hold secrets."""
    return tuple(environ[name] for name in SECRET_VARIABLES if environ.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that has ended; the texts are decoded, redacted and complete."""

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs programs with one environment and one set of secrets; `announce` sees each command."""

    environ: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    announce: Callable[[tuple[str, ...]], None] | None = None

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        extra_environ: Mapping[str, str] | None = None,
        text: str | Iterable[str] | None = None,
        timeout: float | None = None,
        check: bool = True,
        secrets: Iterable[str] = (),
        on_line: Callable[[str], None] | None = None,
        hint: str = "",
        quiet: bool = True,
        interactive: bool = False,
        title: str = "",
    ) -> Completed:
        """Run `command` to its end.

        `text` is its standard input (none otherwise); of an iterable each part is passed on when
        it comes, so the program may get ready, and begin, meanwhile. `timeout` is in seconds,
        counted when all of `text` is there. `on_line` sees every line of both streams as it comes,
        `quiet=False` announces the command first.
        `interactive=True` gives the program the terminal: nothing is captured, nothing redacted.
        `title` is what an error calls the command where its whole line says less.

        Raises:
            CommandError: it cannot be started, takes longer than `timeout`, or, with `check`,
                ends with another exit code than 0.
        """
        argv = tuple(str(part) for part in command)
        hidden = (
            *self.secrets,
            *secrets_of(self.environ),
            *secrets,
            *secrets_of(extra_environ or {}),
        )
        shown = tuple(redact(part, hidden) for part in argv)
        if not quiet and self.announce is not None:
            self.announce(shown)
        environ = {
            **self.environ,
            **_SPEAK_UTF8,
            "GIT_TERMINAL_PROMPT": "0",
            "GH_PROMPT_DISABLED": "1",
            "GH_NO_UPDATE_NOTIFIER": "1",
            "NO_COLOR": "1",
            **(extra_environ or {}),
        }
        started = time.monotonic()
        try:
            child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environ,
                stdin=None
                if interactive
                else subprocess.PIPE
                if text is not None
                else subprocess.DEVNULL,
                stdout=None if interactive else subprocess.PIPE,
                stderr=None if interactive else subprocess.PIPE,
                start_new_session=not interactive and sys.platform != "win32",
            )
        except OSError as error:
            raise CommandError(
                f"`{argv[0]}` cannot be run.",
                command=shown,
                reason=redact(str(error), hidden),
                hint=hint,
            ) from None
        _running.add(child)
        try:
            given = text if text is None or isinstance(text, str) else _fed(child, text)
            stdout, stderr = _collect(child, given, timeout, on_line, hidden)
        except subprocess.TimeoutExpired:
            end_tree(child)
            raise CommandError(
                f"`{title or ' '.join(shown)}` did not end within {timeout:.0f} s.",
                command=shown,
                hint=hint,
            ) from None
        except BaseException:
            end_tree(child)
            raise
        finally:
            _running.discard(child)
        done = Completed(
            command=shown,
            returncode=child.returncode,
            stdout=stdout,
            stderr=stderr,
            seconds=time.monotonic() - started,
        )
        if check and done.returncode != 0:
            raise CommandError(
                f"`{title or ' '.join(shown)}` {_ending(done.returncode)}.",
                command=shown,
                returncode=done.returncode,
                output=done.output,
                reason=last_lines(done.stderr or done.stdout),
                hint=hint,
            )
        return done


def _ending(returncode: int) -> str:
    """How a program that failed has ended, in words."""
    if returncode >= 0:
        return f"failed with exit code {returncode}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"was ended by signal {-returncode}"


# Every program that runs at this moment, in whatever thread.
_running: set[subprocess.Popen[bytes]] = set()


def end_running() -> None:
    """Tell all programs to end that other threads still wait for: after Ctrl-C or a failure here."""
    for child in tuple(_running):
        if child.poll() is None:
            _signal_tree(child, signal.SIGTERM)


@contextlib.contextmanager
def side_by_side(count: int | None = None, *, wait: bool = False) -> Generator[ThreadPoolExecutor]:
    """Threads for what can go on side by side; on failure and Ctrl-C their programs are ended.

    Nobody waits for the threads themselves then, unless `wait`: for those whose files go away.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_workers=count)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        end_running()
        if wait:
            pool.shutdown()
        raise
    pool.shutdown()


class EndedBySignal(KeyboardInterrupt):
    """This program was told to end: everything is left as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextlib.contextmanager
def ending_on_signals() -> Generator[None]:
    """Have SIGTERM, and the hangup of a closed terminal, end this program as Ctrl-C does.

    Programs that run here lead process groups of their own, so nothing but this would end them.
    Signals that are ignored (nohup) or taken by somebody else stay theirs; only a program's main
    thread can take any.

    Raises:
        EndedBySignal: one came, whatever else went wrong on the way out.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP", "SIGBREAK")]
    taken = [one for one in known if one is not None and signal.getsignal(one) == signal.SIG_DFL]
    came: list[int] = []

    def end(number: int, _: object) -> None:
        for one in taken:  # a second one must not stop the tidying up
            signal.signal(one, signal.SIG_IGN)
        came.append(number)
        end_running()
        raise EndedBySignal(number)

    for one in taken:
        signal.signal(one, end)
    try:
        yield
    except BaseException:
        if came:
            raise EndedBySignal(came[0]) from None
        raise
    finally:
        for one in taken:
            signal.signal(one, signal.SIG_DFL)


def last_lines(text: str, count: int = 12) -> str:
    """The last `count` lines that say anything."""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-count:])


def end_tree(child: subprocess.Popen[bytes]) -> None:
    """End the program and what it started, politely first."""
    if child.poll() is not None:
        return
    _signal_tree(child, signal.SIGTERM)
    try:
        child.wait(timeout=3)
    except subprocess.TimeoutExpired:
        _signal_tree(child, getattr(signal, "SIGKILL", signal.SIGTERM))
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _signal_tree(child: subprocess.Popen[bytes], number: int) -> None:
    """Signal the child's whole process group where it leads one of its own."""
    if sys.platform == "win32":
        # There is no polite way, and what it started would live on and hold its pipes open.
        with contextlib.suppress(OSError):
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False
            )
        with contextlib.suppress(OSError):  # where there is no taskkill
            child.kill()
        return
    with contextlib.suppress(OSError):  # it may end at any moment
        if os.getpgid(child.pid) == child.pid:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)


def _fed(child: subprocess.Popen[bytes], parts: Iterable[str]) -> str:
    """Pass `parts` on as they come; nothing is left of them."""
    for part in parts:
        _pass_on(child, part)
    return ""


def _pass_on(child: subprocess.Popen[bytes], text: str) -> None:
    """Write to the program's standard input, unless it has ended without reading on."""
    if child.stdin is None:
        return
    try:
        child.stdin.write(_encoded(text))
        child.stdin.flush()
    except OSError as error:  # Windows calls a broken pipe an invalid argument
        if not isinstance(error, BrokenPipeError) and error.errno != errno.EINVAL:
            raise


def _collect(
    child: subprocess.Popen[bytes],
    text: str | None,
    timeout: float | None,
    on_line: Callable[[str], None] | None,
    hidden: tuple[str, ...],
) -> tuple[str, str]:
    if on_line is None or child.stdout is None or child.stderr is None:
        out, err = child.communicate(None if text is None else _encoded(text), timeout=timeout)
        return _decoded(out, hidden), _decoded(err, hidden)
    streams = (child.stdout, child.stderr)
    lines: tuple[list[str], list[str]] = ([], [])
    told = threading.Lock()
    trouble: list[Exception] = []

    def follow(stream: Iterable[bytes], kept: list[str]) -> None:
        for raw in stream:
            line = _decoded(raw, hidden)
            with told:
                kept.append(line)
                if trouble:  # read on all the same: a full pipe would stop the program for ever
                    continue
                try:
                    on_line(line.rstrip("\r\n"))
                except Exception as error:  # noqa: BLE001 - raised below, where the caller is
                    trouble.append(error)

    threads = [
        threading.Thread(target=follow, args=(stream, kept), daemon=True)
        for stream, kept in zip(streams, lines, strict=True)
    ]
    for thread in threads:
        thread.start()
    if child.stdin is not None:
        _pass_on(child, text or "")
        with contextlib.suppress(OSError):
            child.stdin.close()
    child.wait(timeout=timeout)
    for thread, stream in zip(threads, streams, strict=True):
        thread.join(timeout=5)
        if not thread.is_alive():  # else the program left another one behind that holds the pipe
            stream.close()
    if trouble:
        raise trouble[0]
    return "".join(lines[0]), "".join(lines[1])


def _encoded(text: str) -> bytes:
    """In UTF-8; an option that is not has no better letter than `?` for what it holds."""
    return text.encode(errors="replace")


def _decoded(raw: bytes | None, hidden: tuple[str, ...]) -> str:
    text = (raw or b"").decode("utf-8", errors="replace")
    return redact(text.replace("\r\n", "\n") if sys.platform == "win32" else text, hidden)
