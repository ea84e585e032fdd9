"""Unified diffs against a workflow's text, for findings whose repair is mechanical."""

import difflib
from collections.abc import Sequence

from nox_release.workflows.syntax import Workflow
from nox_release.workflows.yaml_nodes import Node


def difference(workflow: Workflow, changed: Sequence[str]) -> str:
    """The diff from the workflow's text to the lines `changed`; empty when nothing differs."""
    return "".join(
        difflib.unified_diff(
            _lines(workflow), list(changed), f"a/{workflow.file}", f"b/{workflow.file}", n=2
        )
    )


def _lines(workflow: Workflow) -> list[str]:
    lines = workflow.text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines


def insert(workflow: Workflow, after: int, *added: str) -> str:
    """The diff that puts lines behind line `after` (0: at the top)."""
    lines = _lines(workflow)
    return difference(workflow, [*lines[:after], *(f"{line}\n" for line in added), *lines[after:]])


def replace_in_line(workflow: Workflow, line: int, old: str, new: str) -> str:
    """The diff that puts `new` for the only `old` of a line; empty where there is not just one."""
    lines = _lines(workflow)
    if line > len(lines) or lines[line - 1].count(old) != 1:
        return ""
    lines[line - 1] = lines[line - 1].replace(old, new)
    return difference(workflow, lines)


def is_block(workflow: Workflow, mapping: Node) -> bool:
    """Whether the mapping is written with one key on a line, so that lines can be put in."""
    if not mapping.entries:
        return False
    lines = workflow.text.splitlines()
    for key, _ in mapping.entries:
        if key.line > len(lines):
            return False
        before = lines[key.line - 1][: key.column]
        if before.replace("-", " ", 1).strip():
            return False
    return len({key.line for key, _ in mapping.entries}) == len(mapping.entries)


def add_key(workflow: Workflow, mapping: Node, *added: str, before: str = "") -> str:
    """The diff that adds keys to a mapping: before the key `before`, or else behind the first one.

    Empty where the mapping is not written in lines.
    """
    if not is_block(workflow, mapping):
        return ""
    column = mapping.entries[0][0].column
    indented = [f"{' ' * column}{line}" for line in added]
    anchor = mapping.key(before) if before else None
    if anchor is not None and anchor is not mapping.entries[0][0]:
        return insert(workflow, _above_comments(workflow, anchor.line), *indented)
    return insert(workflow, _content_end(workflow, mapping.entries[0][1]), *indented)


def _above_comments(workflow: Workflow, line: int) -> int:
    """The line after which to insert so as to stay above the comments of `line`."""
    lines = workflow.text.splitlines()
    while line > 1 and lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line - 1


def _content_end(workflow: Workflow, value: Node) -> int:
    """The last line of a value that holds anything."""
    lines = workflow.text.splitlines()
    end = min(value.end, len(lines))
    while end > value.line and not lines[end - 1].strip():
        end -= 1
    return end


def set_input(workflow: Workflow, step: Node, name: str, value: str) -> str:
    """The diff that gives an action's step the input `name`, or changes the one it has."""
    given = step.get("with")
    if given is None:
        return add_key_after(workflow, step, "uses", "with:", f"  {name}: {value}")
    present = given.get(name)
    if present is not None:
        key = given.key(name)
        if key is None or key.line != present.line:
            return ""
        old = f"{present.style}{present.text}{present.style}"
        return replace_in_line(workflow, key.line, f"{name}: {old}", f"{name}: {value}")
    return add_key(workflow, given, f"{name}: {value}")


def add_key_after(workflow: Workflow, mapping: Node, key: str, *added: str) -> str:
    """The diff that adds lines to a mapping behind its key `key`."""
    value = mapping.get(key)
    if value is None or not is_block(workflow, mapping):
        return ""
    column = mapping.entries[0][0].column
    indented = [f"{' ' * column}{line}" for line in added]
    return insert(workflow, _content_end(workflow, value), *indented)
