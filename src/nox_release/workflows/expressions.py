"""GitHub's expressions, worked out as far as the known values reach.

Source: https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions
What is not known stays `UNKNOWN`, and so does what depends on it: `UNKNOWN && false` is false,
`UNKNOWN && true` is not known.
"""

import enum
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nox_release.core.values import dataclass


class _Unknown(enum.Enum):
    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown.UNKNOWN
_ASKS_STATUS = re.compile(r"\b(?:always|success|failure|cancelled)\s*\(")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))"
    r"|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))"
)
# One that is never closed is not read again from the next one on.
EXPRESSION = re.compile(r"\$\{\{((?:(?!\$\{\{).)*?)\}\}", re.DOTALL)
_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_MAX_LENGTH = 21_000  # GitHub's own bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of a run: `contexts` by name; of those in `complete`, what is not there is
    null; of the others it is not known. `status` is that of the steps or jobs before: `success`,
    `failure`, `cancelled` or `skipped`.
    """

    contexts: Mapping[str, Any]
    complete: frozenset[str] = frozenset()
    status: str = "success"


class ExpressionError(ValueError):
    """The text is no expression."""


def asks_status(condition: str) -> bool:
    """Whether a condition asks how what came before has ended, so that `success()` is not implied."""
    return _ASKS_STATUS.search(condition) is not None


def holds(condition: str, given: Circumstances) -> bool | None:
    """Whether an `if:` lets its job or step run; `None` when that is not known.

    Without a status function `success()` is implied; an empty condition is `success()`.
    """
    text = condition.strip()
    outer = re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", text, re.DOTALL)
    text = outer[1].strip() if outer else text
    if given.status != "success" and not asks_status(text):
        return False
    if not text:
        return True
    if "${{" in text:  # text around it: GitHub fills it in and takes the whole for a string
        filled = interpolate(text, given)
        return None if filled is None else truth(filled)
    try:
        value = evaluate(text, given)
    except ExpressionError:
        return None
    return None if value is UNKNOWN else truth(value)


def interpolate(text: str, given: Circumstances) -> str | None:
    """`text` with its `${{ }}` filled in; `None` when a part of it is not known."""
    unknown = False

    def fill(found: re.Match[str]) -> str:
        nonlocal unknown
        try:
            value = evaluate(found[1], given)
        except ExpressionError:
            value = UNKNOWN
        if value is UNKNOWN:
            unknown = True
            return ""
        return as_text(value)

    filled = EXPRESSION.sub(fill, text)
    return None if unknown else filled


def evaluate(expression: str, given: Circumstances) -> Any:
    """The value of an expression (without `${{ }}`), or `UNKNOWN`.

    Raises:
        ExpressionError: it is none.
    """
    if len(expression) > _MAX_LENGTH:
        raise ExpressionError("longer than GitHub takes")
    parser = _Parser(_tokens(expression), given)
    try:
        value = parser.either()
    except RecursionError:
        raise ExpressionError("nested too deeply") from None
    if parser.position != len(parser.tokens):
        raise ExpressionError(f"unexpected {parser.tokens[parser.position][1]!r}")
    return value


def truth(value: object) -> bool:
    """Whether GitHub takes a value for true."""
    return value not in (None, False, 0, "")


def as_text(value: object) -> str:
    """A value as GitHub writes it into text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else _NUMBERS.get(str(value), str(value))
    if isinstance(value, Mapping):
        return "Object"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "Array"
    return str(value)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ExpressionError(f"unexpected {text[position : position + 10]!r}")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        position = found.end()
    if not tokens:
        raise ExpressionError("empty")
    return tokens


class _Parser:
    """Reads and works out in one pass."""

    def __init__(self, tokens: list[tuple[str, str]], given: Circumstances) -> None:
        self.tokens = tokens
        self.given = given
        self.position = 0

    def _sign(self, *signs: str) -> str | None:
        if self.position < len(self.tokens):
            kind, text = self.tokens[self.position]
            if kind == "sign" and text in signs:
                self.position += 1
                return text
        return None

    def _expect(self, sign: str) -> None:
        if self._sign(sign) is None:
            raise ExpressionError(f"{sign!r} is missing")

    def either(self) -> Any:
        value = self.both()
        while self._sign("||"):
            other = self.both()
            if value is UNKNOWN:
                value = True if other is not UNKNOWN and truth(other) else UNKNOWN
            elif not truth(value):
                value = other
        return value

    def both(self) -> Any:
        value = self.comparison()
        while self._sign("&&"):
            other = self.comparison()
            if value is UNKNOWN:
                value = False if other is not UNKNOWN and not truth(other) else UNKNOWN
            elif truth(value):
                value = other
        return value

    def comparison(self) -> Any:
        value = self.negation()
        while True:
            sign = self._sign("==", "!=", "<", "<=", ">", ">=")
            if sign is None:
                return value
            other = self.negation()
            value = UNKNOWN if _is_open(value, other) else _compare(sign, value, other)

    def negation(self) -> Any:
        if self._sign("!"):
            value = self.negation()
            return UNKNOWN if value is UNKNOWN else not truth(value)
        return self.access()

    def access(self) -> Any:
        value = self.primary()
        while True:
            if self._sign("."):
                if self._sign("*"):
                    value = UNKNOWN
                    continue
                kind, text = self._next()
                if kind != "name":
                    raise ExpressionError("a name is missing after `.`")
                value = _member(value, text)
            elif self._sign("["):
                value = UNKNOWN if self._sign("*") else _member(value, self.either())
                self._expect("]")
            else:
                return value

    def _next(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise ExpressionError("ends too early")
        self.position += 1
        return self.tokens[self.position - 1]

    def primary(self) -> Any:
        kind, text = self._next()
        if kind == "number":
            return float(int(text, 16)) if "x" in text.lower() else float(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "sign" and text == "(":
            value = self.either()
            self._expect(")")
            return value
        if kind != "name":
            raise ExpressionError(f"unexpected {text!r}")
        if self._sign("("):
            return self._call(text)
        words = {"true": True, "false": False, "null": None}
        if text.lower() in words:
            return words[text.lower()]
        return self._context(text.lower())

    def _context(self, name: str) -> Any:
        if name not in self.given.contexts:
            return UNKNOWN
        value = self.given.contexts[name]
        if isinstance(value, Mapping) and name not in self.given.complete:
            return _Partial(value)
        return value

    def _call(self, name: str) -> Any:
        arguments = []
        if not self._sign(")"):
            arguments.append(self.either())
            while self._sign(","):
                arguments.append(self.either())
            self._expect(")")
        return _function(name.lower(), arguments, self.given)


class _Partial(dict[str, Any]):
    """A context of which only some members are known."""


def _is_open(*values: Any) -> bool:
    """Whether one of the values is not known, or not all of it."""
    return any(
        value is UNKNOWN
        or isinstance(value, _Partial)
        or (isinstance(value, list) and _is_open(*value))
        for value in values
    )


def _member(value: Any, key: Any) -> Any:
    if value is UNKNOWN or _is_open(key):
        return UNKNOWN
    if isinstance(value, Mapping):
        wanted = as_text(key).lower()
        for name, member in value.items():
            if str(name).lower() == wanted:
                return (
                    _Partial(member)
                    if isinstance(value, _Partial) and isinstance(member, dict)
                    else member
                )
        return UNKNOWN if isinstance(value, _Partial) else None
    if isinstance(value, list) and isinstance(key, float):
        return value[int(key)] if 0 <= int(key) < len(value) else None
    return None


def _number(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value) if value.strip() else 0.0
        except ValueError:
            return float("nan")
    return float("nan")


def _compare(sign: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.lower(), right.lower()
    elif type(left) is not type(right) or isinstance(left, bool):
        left, right = _number(left), _number(right)
    elif left is None:
        left = right = 0.0
    if sign == "==":
        return bool(left == right)
    if sign == "!=":
        return bool(left != right)
    try:
        return bool(
            {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]
        )
    except TypeError:
        return False


def _function(name: str, arguments: list[Any], given: Circumstances) -> Any:
    if name == "always":
        return True
    if name in ("success", "failure", "cancelled"):
        return given.status == name
    if name == "case":
        return _case(*arguments)
    function = _FUNCTIONS.get(name)
    if function is None or _is_open(*arguments):
        return UNKNOWN
    try:
        return function(*arguments)
    except (TypeError, ValueError, IndexError):
        raise ExpressionError(f"{name} cannot take these arguments") from None


def _case(*arguments: Any) -> Any:
    """Conditions, each followed by its value, and last the value where none holds.

    https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions#case
    """
    if len(arguments) < 3 or len(arguments) % 2 == 0:
        raise ExpressionError("case cannot take these arguments")
    for condition, value in zip(arguments[:-1:2], arguments[1::2], strict=True):
        if _is_open(condition):
            return UNKNOWN
        if truth(condition):
            return value
    return arguments[-1]


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(_compare("==", item, what) for item in where)
    return as_text(what).lower() in as_text(where).lower()


def _format(text: Any, *values: Any) -> str:
    """Braces that are meant stand twice."""

    def fill(found: re.Match[str]) -> str:
        return as_text(values[int(found[1])]) if found[1] else found[0][0]

    return re.sub(r"\{\{|\}\}|\{(\d+)\}", fill, as_text(text))


def _join(items: Any, separator: Any = ",") -> str:
    return as_text(separator).join(map(as_text, items if isinstance(items, list) else [items]))


# Of `hashFiles` only a run knows the value.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": _contains,
    "startswith": lambda text, start: as_text(text).lower().startswith(as_text(start).lower()),
    "endswith": lambda text, end: as_text(text).lower().endswith(as_text(end).lower()),
    "format": _format,
    "join": _join,
    "fromjson": lambda text: json.loads(as_text(text)),
    "tojson": lambda value: json.dumps(value, indent=2),
}
