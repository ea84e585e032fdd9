"""The text of `noxfile.py`, and what one that exists still lacks."""

import ast
import re

from nox_release.core.quiet import without_warnings
from nox_release.core.values import dataclass

TEXT = '''\
#!/usr/bin/env -S uv run --script

# /// script
# dependencies = ["nox>=2025.2.9", "nox-release"]
# ///
"""Nox sessions: `nox -l` lists them."""

import nox
import nox_release

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"

nox_release.register()

if __name__ == "__main__":
    nox.main()
'''

# Contributors and CI run this noxfile too, and need nothing of ours for it.
_BLOCK = """\
try:
    import nox_release
except ModuleNotFoundError:
    pass  # for maintainers: {command}
else:
    {call}
"""
_SCRIPT = re.compile(r"(?m)^# /// script$")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoxfileChange:
    """A noxfile with this tool's sessions: `text` is `None` when it has them already.

    `prefix` stands before the sessions' names where the file has sessions of these names.
    `command` runs one of them with this tool beside Nox.
    """

    text: str | None
    prefix: str = ""
    command: str = ""
    problem: str = ""


def extend_noxfile(existing: str, *, names: tuple[str, ...]) -> NoxfileChange:
    """`existing` with sessions called `names` for those who have this tool installed.

    The block stands at the end, before `if __name__ == "__main__":`. Everything else stays as it
    is: a requirement in the file's script block would be installed by every contributor.
    """
    try:
        with without_warnings():
            tree = ast.parse(existing)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return NoxfileChange(text=None, problem=f"it is not Python{line}")
    if _registers(tree):
        return NoxfileChange(text=None)
    prefix = "pypi-" if set(names) & _sessions(tree) else ""
    call = f'nox_release.register(prefix="{prefix}")' if prefix else "nox_release.register()"
    # In script mode Nox runs the file with its script block's requirements alone.
    mode = " --script-mode none" if _SCRIPT.search(existing) else ""
    command = f"uvx --with nox-release nox{mode} -s {prefix}release"
    block = _BLOCK.format(call=call, command=command)
    return NoxfileChange(text=_with_block(existing, tree, block), prefix=prefix, command=command)


def _with_block(existing: str, tree: ast.Module, block: str) -> str:
    """`existing` with `block` at its end, one or two blank lines apart as a formatter has it."""
    newline = "\r\n" if "\r\n" in existing else "\n"
    lines = existing.splitlines(keepends=True)
    end = _end_of_sessions(lines, tree)
    before, after = lines[:end], lines[end:]
    while before and not before[-1].strip():
        before.pop()
    if before and not before[-1].endswith(("\n", "\r")):
        before[-1] += newline
    text = "".join(before)
    gap = newline * (2 if _ends_in_definition(tree, end) else 1) if text else ""
    tail = newline + "".join(after).lstrip("\r\n") if after else ""
    return text + gap + block.replace("\n", newline) + tail


def _end_of_sessions(lines: list[str], tree: ast.Module) -> int:
    """The index of the line before which the block goes: that of `if __name__ == "__main__":`,
    which has to stay last, with the comments above it; else the end.
    """
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            start = node.lineno - 1
            while start and lines[start - 1].lstrip().startswith("#"):
                start -= 1
            return start
    return len(lines)


def _ends_in_definition(tree: ast.Module, end: int) -> bool:
    before = [node for node in tree.body if node.lineno <= end]
    return bool(before) and isinstance(
        before[-1], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    )


def _registers(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("nox_release.register", "register")
        and "nox_release" in ast.unparse(tree)
        for node in ast.walk(tree)
    )


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
