"""GitHub's expressions (`${{ … }}`), as far as conditions and names of publishing workflows go.

Semantics: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions. What is
not known is null, as there; a function that is not known is an `UnknownExpression`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"\s+|(?P<string>'(?:[^']|'')*')|(?P<number>[-+]?(?:0x[0-9a-fA-F]+|\d+\.?\d*))"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<mark>&&|\|\||==|!=|<=|>=|[!<>().,\[\]*])"
)


class UnknownExpression(ValueError):  # noqa: N818 - a state
    """An expression that only GitHub itself could work out."""


def interpolate(text: str, contexts: Mapping[str, Any]) -> str:
    """`text` with every `${{ … }}` replaced by its value."""
    return re.sub(
        r"\$\{\{(.*?)\}\}",
        lambda found: _shown(evaluate(found[1], contexts)),
        text,
        flags=re.DOTALL,
    )


def holds(
    condition: str,
    contexts: Mapping[str, Any],
    *,
    failed: bool,
    cancelled: bool,
    skipped: bool = False,
) -> bool:
    """Whether an `if:` lets its job or step run; without a status function it needs success.

    What was `skipped` before is no success and no failure either:
    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
    """
    text = condition.strip()
    whole = re.fullmatch(r"\$\{\{(.*)\}\}", text, flags=re.DOTALL)
    text = whole[1] if whole and "${{" not in whole[1] else text
    asks_status = re.search(r"\b(success|failure|always|cancelled)\s*\(", text)
    if not asks_status and (failed or cancelled or skipped):
        return False
    if not text.strip():
        return True
    status = {"failed": failed, "cancelled": cancelled, "skipped": skipped}
    if "${{" in text:
        value: Any = interpolate(text, {**contexts, "_status": status})
    else:
        value = evaluate(text, {**contexts, "_status": status})
    return _truthy(value)


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """The value of one expression.

    Raises:
        UnknownExpression: it cannot be read, or calls what only GitHub has.
    """
    return _Evaluator(text, contexts).value()


class _Evaluator:
    def __init__(self, text: str, contexts: Mapping[str, Any]) -> None:
        self._text = text
        self._contexts = contexts
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise UnknownExpression(text)
            if found.lastgroup:
                self._tokens.append((found.lastgroup, found.group()))
            at = found.end()
        self._at = 0

    def value(self) -> Any:
        found = self._either()
        if self._at < len(self._tokens):
            raise UnknownExpression(self._text)
        return found

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _accept(self, *marks: str) -> str:
        found = self._peek()
        if found in marks and self._tokens[self._at][0] == "mark":
            self._at += 1
            return found
        return ""

    def _either(self) -> Any:
        left = self._both()
        while self._accept("||"):
            right = self._both()
            left = left if _truthy(left) else right
        return left

    def _both(self) -> Any:
        left = self._compared()
        while self._accept("&&"):
            right = self._compared()
            left = right if _truthy(left) else left
        return left

    def _compared(self) -> Any:
        left = self._single()
        while sign := self._accept("==", "!=", "<=", ">=", "<", ">"):
            right = self._single()
            left = _compare(sign, left, right)
        return left

    def _single(self) -> Any:
        if self._accept("!"):
            return not _truthy(self._single())
        if self._accept("("):
            found = self._either()
            if not self._accept(")"):
                raise UnknownExpression(self._text)
            return self._member(found)
        if self._at >= len(self._tokens):
            raise UnknownExpression(self._text)
        kind, word = self._tokens[self._at]
        self._at += 1
        if kind == "string":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(int(word, 16)) if "0x" in word else float(word)
        if kind != "name":
            raise UnknownExpression(self._text)
        if self._accept("("):
            return self._member(self._call(word))
        constants = {"true": True, "false": False, "null": None}
        if word in constants:
            return constants[word]
        return self._member(_property(self._contexts, word))

    def _member(self, found: Any) -> Any:
        while True:
            if self._accept("."):
                if self._accept("*"):
                    raise UnknownExpression(self._text)
                name = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
                self._at += 1
                found = _property(found, name)
            elif self._accept("["):
                found = _property(found, _shown(self._either()))
                if not self._accept("]"):
                    raise UnknownExpression(self._text)
            else:
                return found

    def _call(self, name: str) -> Any:
        arguments = []
        if not self._accept(")"):
            arguments.append(self._either())
            while self._accept(","):
                arguments.append(self._either())
            if not self._accept(")"):
                raise UnknownExpression(self._text)
        status = self._contexts.get("_status") or dict.fromkeys(
            ("failed", "cancelled", "skipped"), False
        )
        states = {
            "success": not any(status.values()),
            "failure": status["failed"],
            "cancelled": status["cancelled"],
            "always": True,
        }
        if name.lower() in states:
            return states[name.lower()]
        function = _FUNCTIONS.get(name.lower())
        if function is None:
            raise UnknownExpression(f"{name}()")
        try:
            return function(*arguments)
        except (TypeError, ValueError, IndexError):
            raise UnknownExpression(self._text) from None


def _property(found: Any, name: str) -> Any:
    if isinstance(found, dict):
        for key, value in found.items():
            if key.lower() == name.lower():
                return value
    return None


def _truthy(value: Any) -> bool:
    return value not in (None, False, "", 0)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return (
        value
        if isinstance(value, str)
        else json.dumps(value)
        if isinstance(value, dict | list)
        else str(value)
    )


def _number(value: Any) -> float:
    if value is None or value is False or value == "":
        return 0.0
    if value is True:
        return 1.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _compare(sign: str, left: Any, right: Any) -> bool:
    """Strings are compared without case, unlike kinds as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        first: Any = left.lower()
        second: Any = right.lower()
    elif type(left) is type(right) and sign in ("==", "!="):
        first, second = left, right
    else:
        first, second = _number(left), _number(right)
    results: dict[str, Callable[[], bool]] = {
        "==": lambda: bool(first == second),
        "!=": lambda: bool(first != second),
        "<": lambda: bool(first < second),
        ">": lambda: bool(first > second),
        "<=": lambda: bool(first <= second),
        ">=": lambda: bool(first >= second),
    }
    return results[sign]()


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(_compare("==", item, what) for item in where)
    return _shown(what).lower() in _shown(where).lower()


def _format(text: Any, *values: Any) -> str:
    shown = re.sub(r"\{(\d+)\}", lambda found: _shown(values[int(found[1])]), _shown(text))
    return shown.replace("{{", "{").replace("}}", "}")


def _join(items: Any, separator: Any = ",") -> str:
    if isinstance(items, list):
        return _shown(separator).join(map(_shown, items))
    return _shown(items)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "startswith": lambda text, start: _shown(text).lower().startswith(_shown(start).lower()),
    "endswith": lambda text, end: _shown(text).lower().endswith(_shown(end).lower()),
    "contains": _contains,
    "format": _format,
    "join": _join,
    "tojson": lambda value: json.dumps(value, indent=2),
    "fromjson": lambda text: json.loads(_shown(text)),
    "hashfiles": lambda *_: "0" * 64,
}
