"""This project's own source, read and parsed once for all tests that look at it."""

import ast
from functools import cache
from pathlib import Path

import nox_release

SOURCE = Path(nox_release.__file__).parent
MODULES = tuple(sorted(SOURCE.rglob("*.py")))


@cache
def text_of(path):
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path):
    return ast.parse(text_of(path))


@cache
def nodes_of(path):
    """Every node of the module, in no order that means anything."""
    return tuple(ast.walk(tree_of(path)))


def called(node):
    """What a call calls, as it is written: `name` or `module.name`; else nothing."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return f"{node.func.value.id}.{node.func.attr}"
    return ""
