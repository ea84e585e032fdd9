"""The only module that starts programs.

What they say is kept as it is for those who read values out of it, and shown and raised without
secrets only.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nox_release.core.errors import CommandError
from nox_release.core.redaction import redact, secrets_of
from nox_release.core.values import dataclass, field
from nox_release.edges.children import STRANGER, Child

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# On Windows Python would write into pipes in the machine's own code page.
_SPEAK_UTF8 = (
    {"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}
    if sys.platform == "win32"
    else {"LC_ALL": "C.UTF-8"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that has ended. `stdout` and `stderr` are as it wrote them, to be parsed; what is
    shown or raised comes from `output` and `complaint`.
    """

    command: tuple[str, ...]
    returncode: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    seconds: float
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def shown(self, text: str) -> str:
        """`text`, which is a part of what it said, without secrets."""
        return redact(text, self.hidden)

    @property
    def output(self) -> str:
        """Everything it said, without secrets."""
        return self.shown(self.stdout + self.stderr)

    @property
    def complaint(self) -> str:
        """What it said on standard error, or else at all, without secrets."""
        return self.shown(self.stderr.strip() or self.stdout.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs programs of one kind (`child`) with what passes to them of one environment.

    `announce` sees each command where it is `announced`. `secrets` are hidden besides those that
    the environment names. `title` is what an error calls the command where its whole line says
    less, `hint` what it advises.
    """

    environ: Mapping[str, str] = field(repr=False)
    child: Child = STRANGER
    secrets: tuple[str, ...] = field(default=(), repr=False)
    announce: Callable[[tuple[str, ...]], None] | None = None
    announced: bool = False
    title: str = ""
    hint: str = ""

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        extra_environ: Mapping[str, str] | None = None,
        text: str | Iterable[str] | None = None,
        timeout: float | None = None,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run `command` to its end.

        `text` is its standard input (none otherwise); of an iterable each part is passed on when
        it comes, so the program may get ready, and begin, meanwhile. `timeout` is in seconds,
        counted when all of `text` is there. `on_line` sees every line of both streams as it comes.
        What the program leaves running is not waited for.

        Raises:
            CommandError: it cannot be started, takes longer than `timeout`, or, with `check`,
                ends with another exit code than 0.
        """
        argv = tuple(str(part) for part in command)
        hidden = (*self.secrets, *secrets_of(self.environ), *secrets_of(extra_environ or {}))
        shown = tuple(redact(part, hidden) for part in argv)
        called = self.title or " ".join(shown)
        if self.announced and self.announce is not None:
            self.announce(shown)
        started = time.monotonic()
        child = self._start(argv, shown, hidden, cwd, extra_environ or {}, fed=text is not None)
        _running[child] = threading.get_ident()
        try:
            stdout, stderr = _collect(child, text, timeout, on_line, hidden)
        except subprocess.TimeoutExpired:
            end_tree(child)
            raise CommandError(
                f"`{called}` did not end within {timeout:.0f} s.", command=shown, hint=self.hint
            ) from None
        except BaseException:
            end_tree(child)
            raise
        finally:
            _running.pop(child, None)
        done = Completed(
            command=shown,
            returncode=child.returncode,
            stdout=stdout,
            stderr=stderr,
            seconds=time.monotonic() - started,
            hidden=hidden,
        )
        if check and done.returncode != 0:
            raise CommandError(
                f"`{called}` {_ending(done.returncode)}.",
                command=shown,
                returncode=done.returncode,
                output=done.output,
                reason=last_lines(done.complaint),
                hint=self.hint,
            )
        return done

    def environ_of_child(self, extra_environ: Mapping[str, str]) -> dict[str, str]:
        """What a program that is run with `extra_environ` finds in its environment."""
        return {
            **self.child.environ(self.environ),
            **_SPEAK_UTF8,
            "GIT_TERMINAL_PROMPT": "0",
            "GH_PROMPT_DISABLED": "1",
            "GH_NO_UPDATE_NOTIFIER": "1",
            "NO_COLOR": "1",
            **extra_environ,
        }

    def _start(
        self,
        argv: tuple[str, ...],
        shown: tuple[str, ...],
        hidden: tuple[str, ...],
        cwd: Path,
        extra_environ: Mapping[str, str],
        *,
        fed: bool,
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                argv,
                cwd=cwd,
                env=self.environ_of_child(extra_environ),
                stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=sys.platform != "win32",
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            raise CommandError(
                f"`{shown[0]}` cannot be run.",
                command=shown,
                reason=redact(str(error), hidden),
                hint=self.hint,
            ) from None


def _ending(returncode: int) -> str:
    """How a program that failed has ended, in words."""
    if returncode >= 0:
        return f"failed with exit code {returncode}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"was ended by signal {-returncode}"


# Every program that runs at this moment, in whatever thread.
# Each program that runs, with the thread that started it; each such thread with the one that it
# works for.
_running: dict[subprocess.Popen[bytes], int] = {}
_works_for: dict[int, int] = {}


def end_running(*, of: int | None = None) -> None:
    """Tell the programs to end that other threads still wait for: all of them after Ctrl-C, those
    of the thread `of` and of the threads that work for it after a failure there.
    """
    for child, thread in tuple(_running.items()):
        if child.poll() is None and (of is None or of in _line_of(thread)):
            _signal_tree(child, signal.SIGTERM)


def _line_of(thread: int) -> set[int]:
    """A thread, and those that it works for."""
    line: set[int] = set()
    while thread not in line:
        line.add(thread)
        thread = _works_for.get(thread, thread)
    return line


@contextlib.contextmanager
def side_by_side(count: int | None = None, *, wait: bool = False) -> Generator[ThreadPoolExecutor]:
    """Threads for what can go on side by side; on failure and Ctrl-C their programs are ended.

    Nobody waits for the threads themselves then, unless `wait`: for those whose files go away.
    """
    from concurrent.futures import ThreadPoolExecutor

    here = threading.get_ident()

    def work_for() -> None:
        _works_for[threading.get_ident()] = here

    pool = ThreadPoolExecutor(max_workers=count, initializer=work_for)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        end_running(of=here)
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
    """End the program and what it started, politely first.

    Its pipes are left to those who read them: another program may hold them open.
    """
    if child.poll() is None:
        _signal_tree(child, signal.SIGTERM)
        try:
            child.wait(timeout=3)
        except subprocess.TimeoutExpired:
            _signal_tree(child, getattr(signal, "SIGKILL", signal.SIGTERM))
    child.wait()


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


def _collect(
    child: subprocess.Popen[bytes],
    text: str | Iterable[str] | None,
    timeout: float | None,
    on_line: Callable[[str], None] | None,
    hidden: tuple[str, ...],
) -> tuple[str, str]:
    """Both streams, read from the first moment on, while `text` is passed on in a thread of its own.

    A program may talk before it listens; and it may leave another one behind that holds its pipes
    open for ever, so only the program itself is waited for.

    Raises:
        subprocess.TimeoutExpired: it runs longer than `timeout` seconds.
    """
    listener = _Listener(on_line, hidden)
    pipes = [_Pipe(stream, listener) for stream in (child.stdout, child.stderr) if stream]
    # What yields the parts of an iterable keeps this thread from reading meanwhile.
    beside = not hasattr(select, "poll") or not (text is None or isinstance(text, str))
    readers = [_Reader(pipe) for pipe in pipes] if beside else []
    try:
        if text is not None and child.stdin is not None:
            with _Writer(child.stdin) as writer:
                for part in (text,) if isinstance(text, str) else text:
                    writer.put(part)
        end = None if timeout is None else time.monotonic() + timeout
        if beside:
            _await(child, readers, end)
        else:
            _read(child, pipes, end)
        child.wait(None if end is None else max(end - time.monotonic(), 0))
        for reader in readers:
            reader.drain()
    finally:
        for pipe in pipes:
            # Another program's output is read on, or the next line of it would end that one.
            if not beside and not pipe.closed:
                _Reader(pipe)
    listener.stop()
    stdout, stderr = (_decoded(b"".join(pipe.kept)) for pipe in pipes)
    return stdout, stderr


def _await(child: subprocess.Popen[bytes], readers: list[_Reader], end: float | None) -> None:
    """Wait until the program has ended, which mostly shows in that its pipes close: unlike
    `Popen.wait`, this notices it at once.
    """
    for reader in readers:
        while reader.is_alive() and child.poll() is None:
            reader.join(_nap(child, end))


def _read(child: subprocess.Popen[bytes], pipes: list[_Pipe], end: float | None) -> None:
    """Read until the program has ended, and all that it had written."""
    poll = select.poll()
    reading = {pipe.number: pipe for pipe in pipes}
    for number in reading:
        poll.register(number, select.POLLIN)
    while reading:
        ended = child.poll() is not None
        ready = poll.poll(0 if ended else _nap(child, end) * 1000)
        if ended and not ready:
            break
        for number, _ in ready:
            if not reading[number].read():
                poll.unregister(number)
                del reading[number]


def _nap(child: subprocess.Popen[bytes], end: float | None) -> float:
    """How many seconds to wait before looking again, at most until `end`."""
    left = _LONGEST_NAP if end is None else min(_LONGEST_NAP, end - time.monotonic())
    if left <= 0:
        raise subprocess.TimeoutExpired(child.args, 0)
    return left


class _Listener:
    """Passes lines on to `on_line`, one at a time, without secrets; keeps what that raises."""

    def __init__(self, on_line: Callable[[str], None] | None, hidden: tuple[str, ...]) -> None:
        self._on_line = on_line
        self._hidden = hidden
        self._lock = threading.Lock()
        self._trouble: Exception | None = None

    def tell(self, raw: bytes) -> None:
        with self._lock:
            if self._on_line is None:
                return
            try:
                self._on_line(redact(_decoded(raw).rstrip("\r\n"), self._hidden))
            except Exception as error:  # noqa: BLE001 - raised by `stop`, where the caller is
                self._trouble = error
                self._on_line = None

    def stop(self) -> None:
        """Tell of nothing more: what comes now is from a program that was left behind."""
        with self._lock:
            self._on_line = None
        if self._trouble is not None:
            raise self._trouble


_LONGEST_NAP = 0.05  # seconds, while another program may hold the pipes open
_LONGEST_LINE = 1_000_000  # of what is told in one piece


class _Pipe:
    """Keeps what comes out of a pipe, and tells of each line; on whatever the listener says, it
    reads on, for a full pipe would stop the program.
    """

    def __init__(self, stream: IO[bytes], listener: _Listener) -> None:
        self._stream = stream
        self._listener = listener
        self._rest = b""
        self.number = stream.fileno()
        self.kept: list[bytes] = []

    @property
    def closed(self) -> bool:
        return self._stream.closed

    def read(self) -> bool:
        """Wait for the next piece; return whether there was one."""
        try:
            chunk = os.read(self.number, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            self._stream.close()
            if self._rest:
                self._listener.tell(self._rest)
            return False
        self.kept.append(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._listener.tell(line)
        return True


class _Reader(threading.Thread):
    """Reads a pipe to its end."""

    def __init__(self, pipe: _Pipe) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self.start()

    def run(self) -> None:
        while self._pipe.read():
            pass

    def drain(self) -> None:
        """Wait for all that the program, which has ended, had written.

        Where its pipe stays open, another program holds it, and is not waited for.
        """
        self.join(0.1)
        while self.is_alive() and self._has_more():
            self.join(0.1)

    def _has_more(self) -> bool:
        if not hasattr(select, "poll"):
            before = len(self._pipe.kept)
            self.join(2)
            return len(self._pipe.kept) > before
        poll = select.poll()
        poll.register(self._pipe.number)
        return not self._pipe.closed and bool(poll.poll(0))


class _Writer(threading.Thread):
    """Passes on what it is given, unless the program has ended without reading on."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._parts: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.put = self._parts.put

    def __enter__(self) -> _Writer:  # noqa: PYI034 - never subclassed
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.put(None)

    def run(self) -> None:
        # Windows calls a broken pipe an invalid argument; that it broke, its exit code says.
        with contextlib.suppress(OSError), self._stream:
            while (part := self._parts.get()) is not None:
                self._stream.write(part.encode(errors="replace"))  # an option may be no UTF-8
                self._stream.flush()


def _decoded(raw: bytes) -> str:
    text = raw.decode("utf-8", errors="replace")
    return text.replace("\r\n", "\n") if sys.platform == "win32" else text
