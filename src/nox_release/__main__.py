"""The `nox-release` command, also `python -m nox_release`: the operations without a noxfile."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.words import guess
from nox_release.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one operation, or say which there are; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-V"]):
        from importlib.metadata import version

        sys.stdout.write(f"nox-release {version('nox-release')}\n")
        return 0
    if given in ([], ["--help"], ["-h"]):
        sys.stdout.write(_usage())
        return 0
    if given[0] == "explain":
        return _explain(given[1:])
    if given == ["completion"]:
        sys.stdout.write(_completion())
        return 0
    if given[0] not in OPERATIONS:
        sys.stderr.write(
            f"nox-release: there is no operation {given[0]!r}.{guess(given[0], OPERATIONS)}\n\n{_usage()}"
        )
        return 2
    return _run(given[0], given[1:])


def _run(name: str, arguments: Sequence[str]) -> int:
    from nox_release.operations.running import (
        INTERRUPTED,
        Caller,
        is_answerable,
        leave,
        open_streams,
        run,
    )

    open_streams()
    try:
        here = Path.cwd()
    except OSError:
        sys.stderr.write("nox-release: this folder does not exist any more.\n")
        return 1
    caller = Caller(
        program=f"nox-release {name}",
        root=find_root(here),
        typed_in=here,
        environ=os.environ,
        interactive=is_answerable(),
        names={},
    )
    ended = run(name, arguments, caller)
    if ended.status in INTERRUPTED:
        leave(ended.status)
    return ended.status


def find_root(folder: Path) -> Path:
    """The nearest folder from `folder` upwards with a project in it, not beyond git's top level;
    `folder` itself where there is none.
    """
    for one in (folder, *folder.parents):
        if (one / "pyproject.toml").is_file() or (one / "setup.py").is_file():
            return one
        if (one / ".git").exists():
            break
    return folder


def _explain(ids: Sequence[str]) -> int:
    """Why rules exist and what to do, by their ids."""
    from nox_release.checks.reference import all_rules, render_rule

    rules = {rule.id: rule for rule in all_rules()}
    if not ids or ids[0] in ("-h", "--help"):
        sys.stdout.write(
            "usage: nox-release explain ID [ID ...]\n\nAn id such as `tag-elsewhere-here`.\n"
        )
        return 0 if ids else 2
    for one in ids:
        if one not in rules:
            sys.stderr.write(f"nox-release: there is no rule {one!r}.{guess(one, rules)}\n")
            return 2
        sys.stdout.write(render_rule(rules[one]))
    return 0


def _completion() -> str:
    """What a bash sources, or a zsh after `bashcompinit`, to complete operations and options."""
    cases = [
        f"    {name}) words='{' '.join(o for o in one.options.split() if o[0] == '-')} -v -q --help';;"
        for name, one in OPERATIONS.items()
    ]
    return "\n".join([
        "_nox_release() {",
        f"  local words='{' '.join(OPERATIONS)} explain'",
        '  [ "$COMP_CWORD" -lt 2 ] || case "${COMP_WORDS[1]}" in', *cases, "    *) words='';;", "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
        "}",
        "complete -o default -F _nox_release nox-release", "",
    ])  # fmt: skip


def _usage() -> str:
    width = max(map(len, OPERATIONS))
    lines = [f"  {name:<{width}}  {operation.line}" for name, operation in OPERATIONS.items()]
    lines.append(f"  {'explain':<{width}}  why a rule exists, by its id")
    lines.append(f"  {'completion':<{width}}  completes all this in bash and zsh: eval its output")
    return "\n".join(["usage: nox-release OPERATION [OPTIONS]", "", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
