"""Just enough GraphQL for the questions that `gh` asks: parsed in full, answered from plain trees.

A field that the tree does not have is refused as GitHub refuses it, so a question that the
stand-in cannot answer is never answered with nothing. Source: https://spec.graphql.org/October2021/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nox_release.core.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"""[\s,]+|\#[^\n]*
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<spread>\.\.\.)
    |(?P<mark>[{}()\[\]:$!=@|&])""",
    re.VERBOSE,
)


class GraphQLRefusal(Exception):  # noqa: N818 - an answer of the stand-in
    """What GitHub puts into `errors`."""

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.entry = {"message": message, **extra}


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(slots=True)
class Selection:
    """A field, or a fragment spread when `name` is empty."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    selections: list[Selection] = field(default_factory=list)
    on_type: str = ""
    fragment: str = ""


@dataclass(slots=True)
class Node:
    """An object of a type; a value may be a function of the field's arguments."""

    type: str
    fields: Mapping[str, Any]


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(self._split(text))
        self._at = 0
        self.fragments: dict[str, Selection] = {}
        self.root: Selection | None = None
        self.defaults: dict[str, Any] = {}

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise GraphQLRefusal(f'Parse error on "{text[at]}" (error) at [1, {at + 1}]')
            if found.lastgroup:
                yield found.lastgroup, found.group()
            at = found.end()

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise GraphQLRefusal(f'Parse error on "{token}", expected "{expected or "a name"}"')
        self._at += 1
        return token

    def document(self) -> None:
        while self._peek():
            word = self._peek()
            if word == "fragment":
                self._take()
                name = self._take()
                self._take("on")
                on_type = self._take()
                self.fragments[name] = Selection("", "", on_type=on_type, selections=self._set())
                continue
            kind = "query"
            if word != "{":
                kind = self._take()
                if self._peek() not in ("(", "{"):
                    self._take()
                self._variables()
            self.root = Selection(kind, kind, selections=self._set())

    def _variables(self) -> None:
        if self._peek() != "(":
            return
        self._take()
        while self._peek() != ")":
            self._take("$")
            name = self._take()
            self._take(":")
            while self._peek() in ("[", "]", "!") or self._tokens[self._at][0] == "name":
                self._take()
            if self._peek() == "=":
                self._take()
                self.defaults[name] = self._value()
        self._take(")")

    def _set(self) -> list[Selection]:
        self._take("{")
        selections = []
        while self._peek() != "}":
            selections.append(self._selection())
        self._take("}")
        return selections

    def _selection(self) -> Selection:
        if self._peek() == "...":
            self._take()
            if self._peek() == "on":
                self._take()
                on_type = self._take()
                return Selection("", "", on_type=on_type, selections=self._set())
            if self._peek() == "{":
                return Selection("", "", selections=self._set())
            return Selection("", "", fragment=self._take())
        alias = name = self._take()
        if self._peek() == ":":
            self._take()
            name = self._take()
        arguments = {}
        if self._peek() == "(":
            self._take()
            while self._peek() != ")":
                key = self._take()
                self._take(":")
                arguments[key] = self._value()
            self._take(")")
        nested = self._set() if self._peek() == "{" else []
        return Selection(name, alias, arguments, nested)

    def _value(self) -> Any:
        kind, word = self._tokens[self._at]
        self._at += 1
        if word == "$":
            return Variable(self._take())
        if word == "[":
            items = []
            while self._peek() != "]":
                items.append(self._value())
            self._take("]")
            return items
        if word == "{":
            fields = {}
            while self._peek() != "}":
                key = self._take()
                self._take(":")
                fields[key] = self._value()
            self._take("}")
            return fields
        if kind == "string":
            return word[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        if kind == "number":
            return float(word) if "." in word else int(word)
        return {"true": True, "false": False, "null": None}.get(word, word)


def answer(text: str, variables: Mapping[str, Any], roots: Mapping[str, Node]) -> dict[str, Any]:
    """The whole answer document to a query; `roots` has a node for `query`, and for `mutation`."""
    errors: list[dict[str, Any]] = []
    try:
        parser = _Parser(text)
        parser.document()
        if parser.root is None or parser.root.name not in roots:
            raise GraphQLRefusal(  # noqa: TRY301 - one place turns refusals into answers
                "A query attribute must be specified and must be a string."
            )
        given = {**parser.defaults, **variables}
        data = _select(roots[parser.root.name], parser.root.selections, parser, given, errors, [])
    except GraphQLRefusal as refusal:
        return {"errors": [refusal.entry]}
    return {"data": data, "errors": errors} if errors else {"data": data}


def _bound(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, list):
        return [_bound(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: _bound(item, variables) for key, item in value.items()}
    return value


def _select(
    node: Node,
    selections: list[Selection],
    parser: _Parser,
    variables: Mapping[str, Any],
    errors: list[dict[str, Any]],
    path: list[str],
) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for selection in selections:
        if not selection.name:
            spread = parser.fragments[selection.fragment] if selection.fragment else selection
            if spread.on_type in ("", node.type):
                chosen.update(_select(node, spread.selections, parser, variables, errors, path))
            continue
        if selection.name == "__typename":
            chosen[selection.alias] = node.type
            continue
        if selection.name not in node.fields:
            raise GraphQLRefusal(
                f"Field '{selection.name}' doesn't exist on type '{node.type}'",
                path=["query", *path, selection.alias],
                extensions={
                    "code": "undefinedField",
                    "typeName": node.type,
                    "fieldName": selection.name,
                },
            )
        here = [*path, selection.alias]
        value = node.fields[selection.name]
        arguments = {key: _bound(item, variables) for key, item in selection.arguments.items()}
        try:
            found = value(arguments) if callable(value) else value
            chosen[selection.alias] = _complete(found, selection, parser, variables, errors, here)
        except GraphQLRefusal as refusal:
            if "extensions" in refusal.entry:
                raise
            errors.append({**refusal.entry, "path": here})
            chosen[selection.alias] = None
    return chosen


def _complete(
    found: Any,
    selection: Selection,
    parser: _Parser,
    variables: Mapping[str, Any],
    errors: list[dict[str, Any]],
    path: list[str],
) -> Any:
    if isinstance(found, Node):
        return _select(found, selection.selections, parser, variables, errors, path)
    if isinstance(found, list):
        return [_complete(item, selection, parser, variables, errors, path) for item in found]
    return found


def connection(type_name: str, nodes: list[Node], arguments: Mapping[str, Any]) -> Node:
    """A page of `nodes`, forward only, as GitHub's connections are."""
    first = arguments.get("first") or 30
    after = arguments.get("after")
    start = int(after) if isinstance(after, str) and after.isdigit() else 0
    page = nodes[start : start + first]
    more = start + first < len(nodes)
    return Node(
        f"{type_name}Connection",
        {
            "totalCount": len(nodes),
            "nodes": page,
            "edges": [Node(f"{type_name}Edge", {"node": node}) for node in page],
            "pageInfo": Node(
                "PageInfo",
                {
                    "hasNextPage": more,
                    "endCursor": str(start + len(page)) if page else None,
                    "hasPreviousPage": start > 0,
                    "startCursor": str(start) if page else None,
                },
            ),
        },
    )
