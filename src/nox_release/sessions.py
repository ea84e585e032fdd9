"""The ways in: Nox sessions and the `nox-release` command, both over one table of operations.

Loading this module loads nothing heavy: `nox -l` must stay as fast as without it.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from nox.sessions import Session

    from nox_release.edges.console import Console

# name: (module below nox_release.operations, the line that `nox -l` shows)
OPERATIONS = {
    "build": ("build", "sdist and wheel, inspected, proven to install and import"),
    "check-project": (
        "check_project",
        "the checklist: what is ready, what is not, what to do next",
    ),
    "first-upload": ("first_upload", "once: the project comes into being on PyPI"),
    "release": ("release", "each version: a GitHub release, watched until it is on PyPI"),
    "rehearse": ("rehearse", "the whole way on this machine: no account, nothing published"),
    "check-publisher": (
        "check_publisher",
        "in Actions: prove trusted publishing without an upload",
    ),
    "diagnose": ("diagnose", "why the last publish failed, and what to do about it"),
    "init": ("init", "write noxfile.py and the publish workflow for this project"),
}

# What finishes later when it is run again.
RESUMABLE = ("first-upload", "release")
# 128 and the number of SIGHUP, SIGINT, SIGPIPE, SIGTERM and, on Windows, SIGBREAK.
_INTERRUPTED = (129, 130, 141, 143, 149)
_GOES_ON = "When that is mended, the same command goes on from here."


def register_sessions(prefix: str = "") -> None:
    """See `nox_release.register`."""
    import nox
    import nox.registry

    taken = sorted(prefix + name for name in OPERATIONS if prefix + name in nox.registry.get())
    if taken:
        raise ValueError(
            f"noxfile.py already has a session called {', '.join(taken)}: rename it, or call "
            'nox_release.register(prefix="pypi-")'
        )
    for name, (_, line) in OPERATIONS.items():
        decorate = nox.session(name=prefix + name, default=False, venv_backend="none")
        decorate(_session(name, line, prefix))


def _session(name: str, line: str, prefix: str) -> Callable[[Session], None]:
    def session_function(session: Session) -> None:
        status = run(
            name,
            session.posargs,
            interactive=session.interactive,
            program=f"nox -s {prefix}{name} --",
            prefix=prefix,
        )
        if status in _INTERRUPTED:  # Nox would go on with the next session
            _leave(status)
        if status:
            session.error()

    session_function.__doc__ = line
    session_function.__name__ = name.replace("-", "_")
    return session_function


def quieten_libraries() -> None:
    """Keep the logs of libraries off the screen: Nox shows whatever reaches the root logger."""
    import logging

    for library in ("build", "sigstore", "tuf", "urllib3", "readme_renderer", "docutils"):
        logging.getLogger(library).setLevel(logging.ERROR)


def load(name: str) -> ModuleType:
    """The operation's module: it has `add_options(parser)` and `main(context, options) -> int`."""
    import importlib

    return importlib.import_module(f"nox_release.operations.{OPERATIONS[name][0]}")


def run(
    name: str,
    arguments: Sequence[str],
    *,
    interactive: bool,
    program: str,
    prefix: str = "",
    script: bool = False,
) -> int:
    """Run one operation with command-line arguments and return its exit status.

    `prefix` is that of the registered sessions, `script` says that there need not be any: the
    commands on the screen are those that work here.
    """
    import argparse
    import os
    from pathlib import Path

    from nox_release.core.clock import SystemClock
    from nox_release.edges.console import Console, as_called
    from nox_release.edges.context import Context

    module = load(name)
    parser = argparse.ArgumentParser(
        prog=program,
        description=as_called(_description(module), prefix=prefix, script=script),
        formatter_class=_wrapping_formatter(),
    )
    module.add_options(parser)
    try:
        options = parser.parse_args(list(arguments))
    except SystemExit as leaving:  # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else 2
    asked = interactive and sys.stdin.isatty() and not os.environ.get("CI")
    console = Console.for_terminal(
        environ=os.environ,
        interactive=asked,
        json=_wants_json(options),
        prefix=prefix,
        script=script,
    )
    console.keep_options(
        index=getattr(options, "index", None), package=getattr(options, "package", None)
    )
    context = Context(
        root=Path.cwd(),
        environ=dict(os.environ),
        interactive=asked,
        console=console,
        clock=SystemClock(),
    )
    quieten_libraries()
    try:
        return _carry_out(name, lambda: int(module.main(context, options)), console)
    except BrokenPipeError:  # whoever read our output has left
        return 141


def _carry_out(name: str, operation: Callable[[], int], console: Console) -> int:
    """The exit status of an operation; what it could not do has been said."""
    from nox_release.core.errors import Declined, NoxReleaseError
    from nox_release.edges.process import EndedBySignal, ending_on_signals

    try:
        with ending_on_signals():
            return operation()
    except NoxReleaseError as error:
        if name in RESUMABLE and not error.hint and not isinstance(error, Declined):
            error.hint = _GOES_ON
        console.error(error)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, a folder that may not be written: not our bug
        where = f": {error.filename}" if error.filename else ""
        console.error(
            NoxReleaseError(
                "This machine does not let the work go on.",
                reason=f"{error.strerror or error}{where}",
                hint=_GOES_ON,
            )
        )
        return 1
    except EndedBySignal as ended:
        return _interrupted(console, 128 + ended.number, by=str(ended))
    except KeyboardInterrupt:
        return _interrupted(console, 130)


def _interrupted(console: Console, status: int, *, by: str = "") -> int:
    try:
        console.interrupted(by=by)
    except OSError:  # the terminal, or whoever read our output, is gone, too
        _write_nowhere()
    return status


def _leave(status: int) -> NoReturn:
    """End this program now: Python's own end would wait for threads that wait for an answer."""
    import os

    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def _write_nowhere() -> None:
    """Let what Python still writes at its end go nowhere, instead of failing once more."""
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _wants_json(options: argparse.Namespace) -> bool:
    return bool(getattr(options, "json", False))


def _description(module: ModuleType) -> str:
    return (module.__doc__ or "").strip()


def _wrapping_formatter() -> type[argparse.HelpFormatter]:
    """Help that keeps examples as they stand and wraps everything else to the terminal."""
    import argparse
    import textwrap

    class Wrapping(argparse.HelpFormatter):
        def _fill_text(self, text: str, width: int, indent: str) -> str:
            parts = []
            for block in text.split("\n\n"):
                lines = block.splitlines()
                # argparse has said it, with every option
                if block.startswith(("usage: nox -s", "usage: nox-release")):
                    continue
                if any(line.startswith((" ", "usage:")) for line in lines):
                    parts.append("\n".join(indent + line for line in _aligned(lines)))
                else:
                    parts.append(textwrap.fill(" ".join(lines), width, initial_indent=indent))
            return "\n\n".join(parts)

    return Wrapping


def _aligned(lines: list[str]) -> list[str]:
    """Lines with what stands behind a gap in one column: commands may have become longer."""
    halves = [line.rstrip().rpartition("   ") for line in lines]
    width = max((len(command.rstrip()) for command, gap, _ in halves if gap), default=0)
    return [
        f"{command.rstrip():<{width}}   {text}"
        if gap and command.strip()
        else f"{command}{gap}{text}"
        for command, gap, text in halves
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """The `nox-release` command: the same operations without a noxfile."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in OPERATIONS:
        status = run(
            given[0],
            given[1:],
            interactive=sys.stdin.isatty(),
            program=f"nox-release {given[0]}",
            script=True,
        )
        if status in _INTERRUPTED:
            _leave(status)
        return status
    if given in (["--version"], ["-V"]):
        from importlib.metadata import version

        sys.stdout.write(f"nox-release {version('nox-release')}\n")
        return 0
    width = max(map(len, OPERATIONS))
    lines = [f"  {name:<{width}}  {line}" for name, (_, line) in OPERATIONS.items()]
    text = "\n".join(["usage: nox-release OPERATION [OPTIONS]", "", *lines, ""])
    if given in ([], ["--help"], ["-h"]):
        sys.stdout.write(text)
        return 0
    sys.stderr.write(f"nox-release: there is no operation {given[0]!r}\n\n{text}")
    return 2
