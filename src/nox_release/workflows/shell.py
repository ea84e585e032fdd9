"""The commands of a shell script as far as can be told without running it.

Enough to see what a `run:` step publishes, builds and installs. What depends on variables or
functions stays as it is written.
"""

import functools
import re
import shlex

from nox_release.core.values import dataclass, replace
from nox_release.workflows.expressions import EXPRESSION

_PREFIXES = ("if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "exec")
# Options of `pipx run` and `uvx` whose value names a program without running it.
_TAKES_REQUIREMENT = ("--spec", "--from", "--with", "--python", "-p")
_WRAPPERS = ("sudo", "env", "command", "nohup", "nice")
_PREFIX = re.compile(r"^\$\{\w+\}(?=\w)")  # `${PREFIX}twine`, the folder of a virtual environment
_SHELLS = ("bash", "sh", "zsh", "dash")
_PASSED_OVER = re.compile(r"(?:true|:|echo|printf|exit 0)(?:\s|$)")
_SEPARATORS = re.compile(r"&&|\|\||;;|[;|&\n]")
_MAX_COMMANDS = 5_000
_MAX_LINE = 5_000  # what is longer was not written by a person, and is passed over
_MAX_SCRIPT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command: its words without quotes, and what was set in front of it.

    `opens` and `closes` count the subshells that begin before it and end behind it. `otherwise`
    is the command behind `||`; empty where there is none. `conditional` is one that is a condition
    itself, or stands in a branch.
    """

    words: tuple[str, ...]
    line: int
    text: str
    environ: tuple[tuple[str, str], ...] = ()
    opens: int = 0
    closes: int = 0
    otherwise: str = ""
    conditional: bool = False

    @property
    def cannot_fail(self) -> bool:
        """Whether a failure of this command is passed over: `|| true`, `|| echo …`."""
        return _PASSED_OVER.match(self.otherwise) is not None

    def tool(self, name: str) -> tuple[str, ...] | None:
        """The words after the program `name`, however it is started; `None` when it is not."""
        if not self.words or self.words[0] in ("echo", "printf", "#", "cat"):
            return None
        if _installs(self.words):
            return None
        for position, word in enumerate(self.words):
            if position and self.words[position - 1] in _TAKES_REQUIREMENT:
                continue
            base = _PREFIX.sub("", word).replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".exe")
            if base.split("==")[0].split("@")[0] == name:
                return self.words[position + 1 :]
        return None

    def runs(self, name: str, verb: str) -> tuple[str, ...] | None:
        """The words after `name … verb`, options in between allowed; `None` when it is not run."""
        after = self.tool(name)
        if after is None:
            return None
        for position, word in enumerate(after[:6]):
            if word == verb:
                return after[position + 1 :]
            if not word.startswith("-") and (
                position == 0 or not after[position - 1].startswith("-")
            ):
                return None
        return None


def _installs(words: tuple[str, ...]) -> bool:
    """Whether the command installs the programs it names rather than running them."""
    verbs = [word for word in words[:6] if not word.startswith("-")]
    tools = ("pip", "pip3", "pipx", "uv", "conda", "mamba", "apt-get", "apt", "brew", "poetry")
    for tool in tools:
        if tool in verbs:
            after = verbs[verbs.index(tool) + 1 :][:2]
            if {"install", "add", "sync", "inject"} & set(after):
                return True
    return False


@functools.lru_cache(maxsize=8192)
def parse_commands(script: str, *, first_line: int = 1) -> tuple[Command, ...]:
    """The simple commands of `script`, whose first line is `first_line` of its file."""
    commands: list[Command] = []
    branches = 0
    for line, logical in _logical_lines(script[:_MAX_SCRIPT]):
        if len(logical) > _MAX_LINE:
            continue
        pieces = _split(logical)
        for position, (piece, separator) in enumerate(pieces):
            otherwise = (
                pieces[position + 1][0] if separator == "||" and pieces[position + 1 :] else ""
            )
            head = _HEAD.match(piece)
            first = head[0].split() if head else []
            branches += ("if" in first) + ("case" in first)
            conditional = branches > 0 or bool(_CONDITIONS & set(first))
            commands.extend(
                replace(one, conditional=conditional or one.conditional)
                for one in _commands(piece, first_line + line, otherwise)
            )
            branches -= branches > 0 and first[:1] in (["fi"], ["esac"])
            if len(commands) >= _MAX_COMMANDS:
                return tuple(commands)
    return tuple(commands)


_CONDITIONS = frozenset({"while", "until", "!"})
_HEAD = re.compile(r"(?:(?:if|then|else|elif|do|while|until|case|fi|esac|!)(?:\s+|$)){1,9}")


def _commands(piece: str, line: int, otherwise: str) -> tuple[Command, ...]:
    """The command of one piece; of `bash -c '…'`, those inside."""
    command = _command(piece, line)
    if command is None:
        return ()
    command = replace(command, otherwise=otherwise)
    words = command.words
    if len(words) > 2 and words[0] in _SHELLS and "c" in words[1] and words[1].startswith("-"):
        inner = [replace(one, line=line) for one in parse_commands(words[2])]
        if inner:
            inner[0] = replace(inner[0], opens=inner[0].opens + 1)
            inner[-1] = replace(inner[-1], closes=inner[-1].closes + 1, otherwise=otherwise)
            return tuple(inner)
    return (command,)


def _logical_lines(script: str) -> list[tuple[int, str]]:
    """Lines with their continuations joined, comments gone; 0-based numbers; here-documents out."""
    result: list[tuple[int, str]] = []
    held = ""
    start = 0
    ending: str | None = None
    for number, raw in enumerate(script.splitlines()):
        if ending is not None:
            if raw.strip() == ending:
                ending = None
            continue
        line = raw.rstrip()
        if not held:
            start = number
            if line.lstrip().startswith("#"):
                continue
        if len(held) <= _MAX_LINE and line.endswith(("\\", " `")) and line[-2:] != "\\\\":
            held += line[:-1] + " "
            continue
        whole = held + line
        held = ""
        found = re.search(r"<<-?\s*(['\"]?)(\w+)\1", whole) if len(whole) <= _MAX_LINE else None
        if found and "<<<" not in whole:
            ending = found[2]
        result.append((start, whole))
    if held:
        result.append((start, held))
    return result


def _split(line: str) -> list[tuple[str, str]]:
    """`line` at its separators, where these stand outside quotes and `${{ }}`: each piece with the
    separator behind it.
    """
    pieces: list[tuple[str, str]] = []
    current: list[str] = []
    quote = ""
    position = 0
    while position < len(line):
        sign = line[position]
        if not quote and line.startswith("${{", position):
            end = line.find("}}", position)
            end = len(line) if end < 0 else end + 2
            current.append(line[position:end])
            position = end
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "#" and (not current or current[-1].isspace()):
            break
        elif (
            sign == "&"
            and (current[-1:] in (["<"], [">"]) or line[position + 1 : position + 2] == ">")
        ) or (sign == "|" and current[-1:] == [">"]):
            pass  # a redirect, not a separator
        else:
            found = _SEPARATORS.match(line, position)
            if found:
                pieces.append(("".join(current).strip(), found[0]))
                current = []
                position = found.end()
                continue
        current.append(sign)
        position += 1
    pieces.append(("".join(current).strip(), ""))
    return [(piece, separator) for piece, separator in pieces if piece]


def _command(piece: str, line: int) -> Command | None:
    kept = EXPRESSION.sub(lambda found: re.sub(r"\s+", "\0", found[0]), piece)
    try:
        words = shlex.split(kept, posix=True)
    except ValueError:
        words = kept.split()
    words = [word.replace("\0", " ") for word in words]
    closes = _closing(words)
    opens = 0
    environ: list[tuple[str, str]] = []
    while words:
        head = words[0]
        if head.startswith("("):
            opens += 1
            words = [*filter(None, [head[1:]]), *words[1:]]
        elif head in _PREFIXES or head in _WRAPPERS or head == "export":
            words = words[1:]
        elif re.match(r"[A-Za-z_]\w*=", head):
            name, _, value = head.partition("=")
            environ.append((name, value))
            words = words[1:]
        else:
            break
    if not words and not environ:
        return None
    return Command(
        words=tuple(words),
        line=line,
        text=piece,
        environ=tuple(environ),
        opens=opens,
        closes=closes,
    )


def _closing(words: list[str]) -> int:
    """Takes the parentheses that end subshells away from `words`, and counts them."""
    closes = 0
    while words and words[-1].endswith(")") and words[-1].count(")") > words[-1].count("("):
        words[-1] = words[-1][:-1]
        closes += 1
        if not words[-1]:
            del words[-1]
    return closes
