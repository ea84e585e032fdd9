"""Scripts of the repository that steps run: which ones, and what they are sure to run themselves.

Only what a script does on its straight way counts: what stands in a branch, or in a function that
is not called there, is left out.
"""

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from nox_release.workflows.syntax import Step

MAX_SCRIPT = 100_000
_SHELLS = ("bash", "sh", "zsh", "dash", "source", ".")
_PYTHON = re.compile(r"python[\d.]*$")
_RUNS_PROGRAMS = ("run", "system", "call", "check_call", "check_output", "popen", "Popen")
_OPENS = re.compile(r"(?:if|for|while|until|case|select|function)\b|[\w-]+\s*\(\s*\)")
_ENDS = re.compile(r"(?:fi|done|esac|\})(?:$|[\s;&|>)])")


def scripts_of(step: Step) -> tuple[str, ...]:
    """The scripts that `step` runs by name, by their paths from the repository's root."""
    found = []
    for command in step.commands():
        words = command.words
        if words and (words[0] in _SHELLS or _PYTHON.search(words[0])):
            words = tuple(word for word in words[1:] if not word.startswith("-"))
        path = PurePosixPath(words[0]) if words else PurePosixPath()
        named = path.suffix in (".sh", ".py") or (words and "/" in words[0])
        whole = PurePosixPath(step.working_directory or ".", path)
        if named and not path.is_absolute() and not re.search(r"\.\.|[$*]", str(whole)):
            found.append(whole.as_posix())
    return tuple(dict.fromkeys(found))


def commands_in(path: str, text: str) -> str:
    """The commands that a script is sure to run, as lines for a shell; empty where none is."""
    if len(text) > MAX_SCRIPT:
        return ""
    if path.endswith(".py") or re.match(r"#!.*python", text):
        return "\n".join(_of_python(text))
    return "\n".join(_of_shell(text.splitlines()))


def _of_shell(lines: Iterable[str]) -> Iterator[str]:
    depth = 0
    for line in lines:
        bare = line.strip()
        if depth == 0 and bare.startswith("exit"):
            return
        opens = _OPENS.match(bare) is not None
        if depth == 0 and not opens:
            yield line
        # A block on one line opens and ends there.
        depth += opens and not re.search(r"(?:;\s*(?:fi|done|esac)|\})\s*$", bare)
        depth = max(0, depth - bool(_ENDS.match(bare)))


def _of_python(text: str) -> Iterator[str]:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    functions = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
    waiting, seen = list(reversed(module.body)), set[str]()
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.If):
            if "__name__" in ast.unparse(statement.test):
                waiting.extend(reversed(statement.body))
            continue
        if isinstance(statement, ast.With | ast.Try):
            waiting.extend(reversed(statement.body))
            continue
        if not isinstance(
            statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return | ast.Raise
        ):
            continue
        for call in ast.walk(statement):
            if not isinstance(call, ast.Call):
                continue
            name = ast.unparse(call.func).rpartition(".")[2]
            if name in functions and name not in seen:
                seen.add(name)
                waiting.extend(reversed(functions[name].body))
            elif name in _RUNS_PROGRAMS and (line := _command_line(call)):
                yield line


def _command_line(call: ast.Call) -> str:
    """The words of `run(["twine", "upload", …])`, `system("twine upload …")` or `run("twine", …)`."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.List | ast.Tuple):
        return shlex.join(map(_word, first.elts))
    if len(call.args) > 1:
        return shlex.join(map(_word, call.args))
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _word(node: ast.expr) -> str:
    """A word as it is written; what is worked out is a variable."""
    return str(node.value) if isinstance(node, ast.Constant) else "$"
