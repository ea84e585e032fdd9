"""The only module that prints. Rich on a terminal; elsewhere the same words as plain lines.

Everything shown passes `safe`, so text from strangers (server messages, tags, log lines) cannot
carry terminal escapes, markup or GitHub workflow commands.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TextIO

from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding
from nox_release.core.redaction import is_plain_word, redact, secrets_of
from nox_release.edges.as_called import as_called, with_options

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.text import Text


# C0 and C1 controls but for tab and newline, and the characters that reorder text.
UNPRINTABLE = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
# The runner takes `::` at the start of a line, and `##[` wherever it stands.
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
_WORKFLOW_COMMAND = re.compile(r"(?m)^[^\S\n]*:(?=:)|#(?=#\[)")


def safe(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as it may be shown: no secrets, no control characters, no workflow commands."""
    cleaned = redact(UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text)), secrets)
    return _WORKFLOW_COMMAND.sub(r"\g<0> ", cleaned)


_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PUSHED = re.compile(rf"\A(?:{_COMMIT.pattern}):refs/(?:heads|tags)/(.+)\Z")

# Columns of coloured output that is no terminal: lines stay whole, as they do without colour.
_UNBROKEN = 10_000

_MARKS = {
    "ok": ("✓", "+", "green"),
    "error": ("✗", "x", "bold red"),
    "warning": ("!", "!", "yellow"),
    "advice": ("·", "-", "cyan"),
    "not known": ("?", "?", "magenta"),
    "step": ("→", ">", "bold"),
    "done": ("✓", "+", "green"),
}


_ALWAYS_SHOWN = ("error", "step", "done")


def size_in_words(size: int) -> str:
    """Bytes as people read them."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size = size / 1000  # type: ignore[assignment]
    return f"{size:.1f} GB"


class Screen:
    """Lines, tables and waits, on a terminal or in a pipe."""

    def __init__(
        self,
        file: TextIO,
        *,
        stream: TextIO,
        environ: Mapping[str, str],
        interactive: bool,
        json: bool = False,
        width: int | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._file = file
        self._width = width
        self._names = names
        self._secrets = tuple(one for one in secrets_of(environ) if not is_plain_word(one))
        self._index: str | None = None
        self._package: str | None = None
        self._stream = stream
        self._environ = environ
        self.interactive = interactive
        self.is_json = json
        self.found: tuple[Finding, ...] = ()  # by the operations that ran on this console
        self.last_error = ""
        self.is_verbose = False
        self.is_quiet = False
        self._is_hidden = False
        self._has_answered = False
        self._has_agreed = False
        self.is_live = file.isatty() and environ.get("TERM") != "dumb"
        self.is_terminal = self.is_live or bool(environ.get("FORCE_COLOR"))
        self._unicode = is_unicode(file)
        self.in_actions = environ.get("GITHUB_ACTIONS") == "true"

    @cached_property
    def _rich(self) -> RichConsole:
        """For a terminal only, and loaded with the first words: plain lines need none of it."""
        from rich.console import Console as RichConsole

        return RichConsole(
            file=self._file,
            width=self._width if self.is_live else _UNBROKEN,
            force_terminal=True,
            no_color=bool(self._environ.get("NO_COLOR")),
            color_system="auto" if self.is_live else "standard",
            markup=False,
            highlight=False,
            emoji=False,
            soft_wrap=False,
        )

    def hide(self, *secrets: str) -> None:
        """Show none of these from now on."""
        self._secrets += secrets

    def clean(self, text: str) -> str:
        """See `safe`; what this program knows as a secret is hidden too.

        A secret that is a plain word stays: it stands in names and commands that are ours.
        """
        return safe(text, self._secrets)

    def keep_options(self, *, index: str | None, package: str | None) -> None:
        """Repeat these options of the command line in the commands that are shown."""
        self._index, self._package = index, package

    @contextlib.contextmanager
    def about(self, package: str | None) -> Generator[None]:
        """Meanwhile the commands that are shown are about that package."""
        before = self._package
        self._package = package or before
        try:
            yield
        finally:
            self._package = before

    def set_detail(self, *, verbose: bool = False, quiet: bool = False) -> None:
        """How much is shown: with `verbose` every reason and whole commands; with `quiet` only
        errors, verdicts and the next command.
        """
        self.is_verbose = verbose
        self.is_quiet = self._is_hidden = quiet and not verbose

    # --- lines -------------------------------------------------------------------------------

    def line(self, text: str = "", *, quoted: str = "", style: str = "", indent: int = 0) -> None:
        """One paragraph; wraps under its own indent on a terminal.

        `text` is ours, and its commands are shown as they are called here. `quoted`, which follows
        it, is what somebody else wrote: a commit's subject, a line of a log, a program's last words.
        """
        self._print(self.shown(text) + self.clean(quoted), style=style, indent=indent)

    def paste(self, text: str, *, indent: int = 0) -> None:
        """A command or an address on its own line: never broken, so that it can be pasted whole."""
        self._print(self.shown(text), indent=indent, whole=True)

    def next_step(self, text: str, *commands: str) -> None:
        """What to do next, and the commands that do it."""
        self.mark("step", text)
        for command in commands:
            self.paste(command, indent=4)

    def quote(self, text: str, *, indent: int = 0) -> None:
        """What is, or is to be, in a file: commands and line ends in it stay as they are."""
        self._print(self.clean(text), indent=indent, whole=True)

    def title(self, text: str) -> None:
        """The heading of a part of the output."""
        self._is_hidden = self.is_quiet
        self._print("")
        self._print(self.clean(text), style="bold underline" if self.is_terminal else "")

    def mark(
        self,
        kind: str,
        text: str,
        *,
        finding: str = "",
        indent: int = 0,
        detail: str = "",
        verdict: bool = False,
    ) -> None:
        """A line behind a mark: ok, error, warning, advice, not known, step, done; a `verdict` is
        never hidden. A `finding` stands before `text`: it may quote what others wrote, and has no
        command of ours, so that it is shown as it is.
        """
        self._is_hidden = self.is_quiet and not verdict and kind not in _ALWAYS_SHOWN
        said = self.clean(finding) + self.shown(text)
        if kind == "error":
            self.last_error = said
        fancy, plain, style = _MARKS[kind]
        sign = fancy if self._unicode else plain
        word = "" if kind in ("ok", "step", "done") else f"{kind}: "
        shown = f"{word}{said}"
        more = self.clean(f"  {detail}") if detail else ""
        if not self.is_terminal:
            first, *rest = (line.rstrip() for line in f"{shown}{more}".splitlines() or [""])
            self._print(
                "\n".join([f"{sign} {first}", *(f"  {line}" for line in rest)]), indent=indent
            )
            return
        from rich.text import Text

        body = Text(shown)
        if word:
            body.stylize(style, 0, len(word) - 1)
        body.append(more, style="dim")
        self._hang(Text(sign, style=style), body, indent)

    def shown(self, text: str) -> str:
        """`text` as it is shown here: commands as they are called here, and nothing unsafe."""
        return self.clean(self._as_called(text))

    def _as_called(self, text: str) -> str:
        given = with_options(text, index=self._index, package=self._package)
        return as_called(given, names=self._names)

    def command(self, argv: Sequence[str]) -> None:
        """A program that is about to run, by its name: where it lies says nothing to a reader."""
        if self.is_quiet:
            return
        program = PurePath(argv[0]).name.removesuffix(".exe")
        arguments = argv[1:]
        if self.is_verbose:
            pass
        elif tuple(arguments[:2]) == ("-m", "twine"):
            program, arguments = "twine", [arguments[2], PurePath(arguments[-1]).name]
        elif _is_shortened(program, arguments):
            arguments = _in_short(arguments)
        self._print(self.clean(f"$ {shlex.join((program, *arguments))}"), style="dim", whole=True)

    def _print(self, text: str, *, style: str = "", indent: int = 0, whole: bool = False) -> None:
        if self._is_hidden:
            return
        if not self.is_terminal:  # piped lines stay whole
            self._write("".join(f"{' ' * indent}{line}\n" for line in text.split("\n")))
            return
        from rich.text import Text

        body = Text(text, style=style)
        for line in body.split(allow_blank=True) if whole else self._wrapped(body, indent):
            self._put(Text(" " * indent), line)

    def _write(self, text: str, file: TextIO | None = None) -> None:
        """Write and flush: a reader sees each line at once.

        Raises:
            NoxReleaseError: the stream takes nothing more, which no file on the disk is to blame for.
        """
        file = file or self._file
        try:
            file.write(text)
            file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NoxReleaseError(
                f"Standard output takes nothing more: {error.strerror or error}."
            ) from None

    def _hang(self, sign: Text, body: Text, indent: int) -> None:
        """`sign` and a body that wraps beside it, not below it."""
        if self._is_hidden:
            return
        from rich.text import Text

        room = len(sign) + 1
        for number, line in enumerate(self._wrapped(body, indent + room)):
            before = Text(" " * indent)
            before.append_text(Text(" " * room) if number else sign + Text(" "))
            self._put(before, line)

    def _wrapped(self, body: Text, indent: int) -> Iterable[Text]:
        """Lines that fit; a word that does not fit stays whole, for it may be an address."""
        width = max(20, self._rich.width - indent)
        for paragraph in body.split(allow_blank=True):
            for line in paragraph.divide(_breaks(paragraph.plain, width)):
                line.rstrip()
                yield line

    def _put(self, before: Text, line: Text) -> None:
        self._rich.print(before + line, soft_wrap=True)

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = ""
    ) -> None:
        """Rows under headings; on a terminal cells fold, elsewhere columns are aligned and whole. Rows
        without headings that are too wide for it go on in a second line.
        """
        if self.is_quiet:
            return
        cells = [[self.clean(str(cell)) for cell in row] for row in rows]
        if title:
            self.title(title)
        widths = [
            max([len(column), *(len(row[i]) for row in cells)]) for i, column in enumerate(columns)
        ]
        if not self.is_terminal:
            for row in ([list(columns)] if any(columns) else []) + cells:
                padded = "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                )
                self._print(padded.rstrip())
            return
        from rich.table import Table
        from rich.text import Text

        if not any(columns) and len(columns) == 2:
            width = max((len(label) for label, _ in cells), default=0)
            for label, value in cells:
                self._hang(Text(label.ljust(width + 1)), Text(value), 0)
            return
        if not any(columns) and sum(widths) + 2 * len(widths) > self._rich.width:
            for row in cells:
                begin = [one.ljust(width) for one, width in zip(row[:2], widths, strict=False)]
                self._print("  ".join(begin).rstrip())
                if any(row[2:]):
                    self._print("  ".join(filter(None, row[2:])), indent=4)
            return
        grid = Table(box=None, padding=(0, 2, 0, 0), show_header=any(columns), header_style="bold")
        for column in columns:
            grid.add_column(column, overflow="fold")
        for row in cells:
            grid.add_row(*(Text(cell) for cell in row))
        self._rich.print(grid)

    @contextlib.contextmanager
    def waiting(self, what: str, *, where: str = "") -> Generator[Waiting]:
        """A wait that says what for, how long so far, and where to look."""
        self_waiting = Waiting(self, what, where)
        with self_waiting:
            yield self_waiting


_WORD = re.compile(r"\A\s*\S*\s*|\S+\s*")


def _breaks(text: str, width: int) -> list[int]:
    """Where lines of `text` end that are no wider than `width`, but for words that are."""
    from rich.cells import cell_len

    breaks, begun = [], 0
    for word in _WORD.finditer(text):
        if word.start() > begun and cell_len(text[begun : word.end()].rstrip()) > width:
            begun = word.start()
            breaks.append(begun)
    return breaks


class Waiting:
    """Live on a terminal; elsewhere one line per change, with what is new in it."""

    def __init__(self, console: Screen, what: str, where: str) -> None:
        self._console = console
        self._what = what
        self._where = where
        self._last = ""
        self._status: Any = None
        self._started = time.monotonic()

    def __enter__(self) -> Waiting:  # noqa: PYI034 - never subclassed
        if self._console.is_quiet:
            return self
        if self._console.is_live:
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
            from rich.table import Column

            # Only the text may give way on a narrow screen: that time passes has to be seen.
            fixed = Column(no_wrap=True, min_width=1), Column(no_wrap=True, min_width=7)
            text = Column(no_wrap=True, overflow="ellipsis", ratio=1)
            self._status = Progress(
                SpinnerColumn(table_column=fixed[0]),
                TimeElapsedColumn(table_column=fixed[1]),
                TextColumn("{task.description}", markup=False, table_column=text),
                expand=True,
                console=self._console._rich,  # noqa: SLF001 - one module, one output
                transient=True,
            )
            self._status.start()
            self._task = self._status.add_task(self._text(""), total=None)
        else:
            self._console.line(self._text("") + (f" ({self._where})" if self._where else ""))
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def _text(self, state: str) -> str:
        return self._console.clean(f"{self._what}: {state}" if state else f"{self._what} …")

    def glimpse(self, line: str) -> None:
        """Show what a program said last, on a terminal, until it says more."""
        said = self._console.clean(line).split()
        if self._status is not None and said:
            text = f"{self._text(self._last)}: {' '.join(said)}"
            self._status.update(self._task, description=text)

    def update(self, state: str) -> None:
        """Show what is being waited for now; the same again shows nothing new."""
        if state == self._last:
            return
        before, self._last = self._last, state
        if self._console.is_quiet:
            return
        if self._status is not None:
            self._status.update(self._task, description=self._text(state))
        else:
            known = before.split("; ")
            new = [part for part in state.split("; ") if part not in known] or [state]
            elapsed = time.monotonic() - self._started
            self._console.line(f"{self._console.clean('; '.join(new))} [{elapsed:.0f} s]", indent=2)


def is_unicode(stream: Any) -> bool:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return str(encoding).lower().replace("-", "").startswith("utf")


def escaped(characters: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in characters)


def _is_shortened(program: str, arguments: Sequence[str]) -> bool:
    """Whether the options of a command only guard what it does."""
    return program == "git" or (program, *arguments[:2]) == ("gh", "release", "create")


def _in_short(arguments: Sequence[str]) -> list[str]:
    """What git or gh is told, as a person would type it: no option, branch and tag by name."""
    words = [one for one in arguments if not one.startswith("-")]
    return [one[:7] if _COMMIT.fullmatch(one) else _PUSHED.sub(r"\1", one) for one in words]
