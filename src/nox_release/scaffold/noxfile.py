"""The text of `noxfile.py`, and what one that exists still lacks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from nox_release.core.quiet import without_warnings

TEXT = '''\
# /// script
# dependencies = ["nox", "nox-release"]
# ///
"""`nox -l` lists the sessions."""

import nox_release

nox_release.register()
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class NoxfileChange:
    """A noxfile with this tool's sessions: `text` is `None` when it has them already.

    `prefix` stands before the sessions' names where the file has sessions of these names.
    """

    text: str | None
    prefix: str = ""
    problem: str = ""


def extend_noxfile(existing: str, *, names: tuple[str, ...]) -> NoxfileChange:
    """`existing` with the two lines that register sessions called `names`."""
    try:
        with without_warnings():
            tree = ast.parse(existing)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return NoxfileChange(text=None, problem=f"it is not Python{line}")
    if _registers(tree):
        return NoxfileChange(text=None)
    taken = set(names) & _sessions(tree)
    prefix = "pypi-" if taken else ""
    call = f'nox_release.register(prefix="{prefix}")' if prefix else "nox_release.register()"
    lines = existing.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    last = _last_import(tree)
    before_main = _main_line(tree)
    end = len(lines) if before_main is None else before_main - 1
    tail = ["\n", f"{call}\n"] if before_main is None else [f"{call}\n", "\n", "\n"]
    if before_main is None:
        while end and not lines[end - 1].strip():
            end -= 1
        lines = lines[:end]
    imported = [] if _imports(tree) else ["import nox_release\n"]
    if last == 0 and imported:
        imported.append("\n")
    lines = [*lines[:last], *imported, *lines[last:end], *tail, *lines[end:]]
    return NoxfileChange(text=_with_requirement("".join(lines)), prefix=prefix)


def _imports(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Import) and any(alias.name == "nox_release" for alias in node.names)
        for node in tree.body
    )


def _registers(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("nox_release.register", "register")
        and "nox_release" in ast.unparse(tree)
        for node in ast.walk(tree)
    )


def _last_import(tree: ast.Module) -> int:
    """The line after which another import may stand."""
    ends = [
        node.end_lineno or 0 for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    if ends:
        return max(ends)
    first = tree.body[0] if tree.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.end_lineno or 0
    return 0


def _main_line(tree: ast.Module) -> int | None:
    """Where `if __name__ == "__main__":` stands, which has to stay last."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            return node.lineno
    return None


def _sessions(tree: ast.Module) -> set[str]:
    found = set()
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(called) not in ("nox.session", "session", "nox_uv.session"):
                continue
            name = node.name
            if isinstance(decorator, ast.Call):
                for keyword in decorator.keywords:
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                        name = str(keyword.value.value)
            found.add(name)
    return found


def _with_requirement(text: str) -> str:
    """The same with `nox-release` among the requirements of a `# /// script` block, if any."""
    block = re.search(r"(?m)^# /// script$(?P<body>(?:\n#.*)*?)\n# ///$", text)
    if not block or "nox-release" in block["body"]:
        return text
    found = re.search(r"dependencies = \[", block["body"])
    if not found:
        return text
    place = block.start("body") + found.end()
    rest = text[place:]
    if rest.startswith("\n"):
        return f'{text[:place]}\n#     "nox-release",{rest}'
    return f'{text[:place]}"nox-release", {rest}'
