"""Every regular expression of the product, against the text that it likes least.

Where a text is read again from each of its places on, a megabyte of it takes hours. Each pattern that
stands in the source is searched for here, and repetitions of what it repeats are made from its own
syntax tree.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from own_source import MODULES, SOURCE, called, nodes_of, text_of

if TYPE_CHECKING:
    from pathlib import Path

if sys.version_info >= (3, 11):
    import re._parser as parser
else:
    import sre_parse as parser

WAYS = {"search", "match", "fullmatch", "findall", "finditer", "split", "sub"}
# Twice this much takes twice as long, not four times.
SHORT, LONG = 4_000, 16_000
QUICK = 0.05

# Patterns that never meet more than so many characters of a stranger's, and what sees to that.
BOUNDED = {
    "diagnosis/patterns.py": "reads the catalogue's own patterns",
    "diagnosis/normalise.py": "reads lines that were cut before",
    "checks/upload/form.py": "_WHEEL_TAG is twine's own, and reads a file name of 255 at most",
}


def found_patterns(path: Path) -> dict[str, tuple[str, int, set[str]]]:
    """Each pattern of a module by where it stands, with its flags and the ways in which it is used."""
    found: dict[str, tuple[str, int, set[str]]] = {}
    nodes = nodes_of(path)
    names = {
        node.value: node.targets[0].id
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in nodes:
        if not (isinstance(node, ast.Call) and called(node).startswith("re.")):
            continue
        how = called(node)[3:]
        literal = node.args and isinstance(node.args[0], ast.Constant)
        if how not in {"compile", *WAYS} or not literal:
            continue
        ways = _ways(nodes, names.get(node)) if how == "compile" else {how}
        found[f"{_name(path)}:{node.lineno}"] = (node.args[0].value, _flags(node), ways)
    return found


def _name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _ways(nodes: tuple[ast.AST, ...], name: str | None) -> set[str]:
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }
    return used & WAYS or {"search"}


def _flags(node: ast.Call) -> int:
    given = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
    names = [
        part.attr for one in given for part in ast.walk(one) if isinstance(part, ast.Attribute)
    ]
    return sum(
        {int(getattr(re, name)) for name in names if isinstance(getattr(re, name, None), int)}
    )


def sample(tree: object) -> str:
    """A text that this part of a pattern takes, roughly."""
    text = ""
    for operation, argument in tree:  # type: ignore[attr-defined]
        match str(operation):
            case "LITERAL":
                text += chr(argument)
            case "NOT_LITERAL":
                text += "b" if argument == ord("a") else "a"
            case "ANY":
                text += "a"
            case "IN":
                text += letter(argument)
            case "MAX_REPEAT" | "MIN_REPEAT":
                text += sample(argument[2]) * max(argument[0], 1)
            case "SUBPATTERN":
                text += sample(argument[3])
            case "BRANCH":
                text += sample(argument[1][0])
    return text


def letter(choices: list[tuple[object, object]]) -> str:
    kinds = {"SPACE": " ", "DIGIT": "1", "WORD": "a", "NOT_SPACE": "a", "NOT_WORD": "-"}
    letters = ""
    for operation, argument in choices:
        match str(operation):
            case "LITERAL":
                letters += chr(argument)  # type: ignore[arg-type]
            case "RANGE":
                letters += chr(argument[0])  # type: ignore[index]
            case "CATEGORY":
                letters += kinds.get(str(argument).removeprefix("CATEGORY_"), "a")
    if str(choices[0][0]) == "NEGATE":
        return next(one for one in 'a-_.[( 1`"\n~' if one not in letters)
    return letters[0]


def repeated(tree: object, before: str = "") -> set[tuple[str, str]]:
    """What the pattern repeats, each with what has to stand before it."""
    found: set[tuple[str, str]] = set()
    for operation, argument in tree:  # type: ignore[attr-defined]
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT":
                found |= {(before, sample(argument[2]))} | repeated(argument[2], before)
                if str(argument[2][0][0]) == "IN":
                    found |= {
                        (before, letter([one]))
                        for one in argument[2][0][1]
                        if "NEG" not in str(one[0])
                    }
            case "SUBPATTERN":
                found |= repeated(argument[3], before)
            case "BRANCH":
                for branch in argument[1]:
                    found |= repeated(branch, before)
            case "ASSERT" | "ASSERT_NOT":
                found |= repeated(argument[1], before)
        before += sample([(operation, argument)])
    return found


def hated(tree: object, size: int) -> list[str]:
    """Texts of about `size` characters, in an order that the pattern alone decides."""
    whole = sample(tree)
    texts = [whole * (size // len(whole)), whole[0] * size] if whole else []
    for before, pump in sorted(repeated(tree)):
        if pump:
            many = pump * (size // len(pump))
            both = before + pump
            lines = f"{pump}\n" * (size // (len(pump) + 1))
            texts += [many, f"{before}{many}\0", f"{before}{many}\n\0", lines]
            texts.append(both * (size // len(both)))
    return texts


def seconds(pattern: re.Pattern[Any], way: str, given: str) -> float:
    """Of processor time, without that for tidying up what other tests have left in memory."""
    text: Any = given.encode() if isinstance(pattern.pattern, bytes) else given
    gc.disable()
    started = time.thread_time()
    if way == "sub":
        pattern.sub(text[:0], text)
    elif way == "finditer":
        list(pattern.finditer(text))
    else:
        getattr(pattern, way)(text)
    taken = time.thread_time() - started
    gc.enable()
    return taken


WITH_PATTERNS = [path for path in MODULES if "re." in text_of(path) and _name(path) not in BOUNDED]


def test_the_patterns_are_found() -> None:
    assert sum(len(found_patterns(path)) for path in WITH_PATTERNS) > 200


@pytest.mark.parametrize("path", WITH_PATTERNS, ids=_name)
def test_a_pattern_reads_no_text_again_and_again(path: Path) -> None:
    for where, (text, flags, ways) in found_patterns(path).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree, pattern = parser.parse(text, flags), re.compile(text, flags)
        for way in ways:
            for short, long in zip(hated(tree, SHORT), hated(tree, LONG), strict=True):
                quick = seconds(pattern, way, short)
                assert quick < 2, f"{where}: {way} of {short[:60]!r}"
                if quick < QUICK / 16:
                    continue
                slow = min(seconds(pattern, way, long) for _ in range(2))
                assert slow < max(QUICK, 9 * quick), f"{where}: {way} of {long[:60]!r}"
