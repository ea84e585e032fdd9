"""Just enough GraphQL for the questions that `gh` asks, answered from plain trees.

A field that the tree does not have is refused as GitHub refuses it, so a question that the
stand-in cannot answer is never answered with nothing. Source: https://spec.graphql.org/October2021/
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|\w+|[{}()\[\]:$!=]')


class GraphQLRefusal(Exception):  # noqa: N818 - an answer of the stand-in
    """What GitHub puts into `errors`."""

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.entry = {"message": message, **extra}


class _Field(NamedTuple):
    """A field, or the name of a fragment where there is no `alias`."""

    name: str
    alias: str = ""
    arguments: Mapping[str, str] = {}
    fields: tuple[_Field, ...] = ()


def answer(text: str, variables: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer document to a query. An object of `root` is a mapping with its `__typename`; a
    value may be a function of the field's arguments.
    """
    words = deque(_WORD.findall(text))
    fragments: dict[str, tuple[_Field, ...]] = {}
    asked: tuple[_Field, ...] = ()
    try:
        while words:
            name = words[1] if words[0] == "fragment" else ""
            while words.popleft() != "{":
                pass
            fields = _fields(words)
            asked = asked if name else fields
            fragments |= {name: fields} if name else {}
        return {"data": _chosen(root, asked, fragments, variables)}
    except IndexError:
        return {"errors": [{"message": "Parse error on the end of the query"}]}
    except GraphQLRefusal as refusal:
        found = {"data": {"repository": None}} if "type" in refusal.entry else {}
        return {**found, "errors": [refusal.entry]}


def _fields(words: deque[str]) -> tuple[_Field, ...]:
    """What is between a brace that is gone already and the one that closes it."""
    found = []
    while (word := words.popleft()) != "}":
        if word == "...":
            found.append(_Field(words.popleft()))
            continue
        name, arguments = word, {}
        if words[0] == ":":
            words.popleft()
            name = words.popleft()
        if words[0] == "(":
            while (key := words.popleft()) != ")":
                if words[0] == ":":
                    words.popleft()
                    arguments[key] = words.popleft()
                    if arguments[key] == "$":
                        arguments[key] += words.popleft()
        nested: tuple[_Field, ...] = ()
        if words[0] == "{":
            words.popleft()
            nested = _fields(words)
        found.append(_Field(name, word, arguments, nested))
    return tuple(found)


def _chosen(
    node: Mapping[str, Any],
    fields: tuple[_Field, ...],
    fragments: Mapping[str, tuple[_Field, ...]],
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    def value_of(word: str) -> Any:
        if word.startswith("$"):
            return variables.get(word[1:])
        return json.loads(word) if word.startswith('"') else word

    def complete(found: Any, below: tuple[_Field, ...]) -> Any:
        if isinstance(found, list):
            return [complete(one, below) for one in found]
        return _chosen(found, below, fragments, variables) if isinstance(found, dict) else found

    chosen: dict[str, Any] = {}
    for field in fields:
        if not field.alias:
            chosen |= _chosen(node, fragments.get(field.name, ()), fragments, variables)
            continue
        if field.name not in node:
            kind = node["__typename"]
            raise GraphQLRefusal(
                f"Field '{field.name}' doesn't exist on type '{kind}'",
                extensions={
                    "code": "undefinedField",
                    "typeName": kind,
                    "fieldName": field.name,
                },
            )
        found = node[field.name]
        if callable(found):
            found = found({key: value_of(word) for key, word in field.arguments.items()})
        chosen[field.alias] = complete(found, field.fields)
    return chosen
