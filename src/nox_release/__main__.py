"""The `nox-release` command, also `python -m nox_release`: the operations without a noxfile."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
    if given[0] not in OPERATIONS:
        import difflib

        near = difflib.get_close_matches(given[0], OPERATIONS, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        sys.stderr.write(f"nox-release: there is no operation {given[0]!r}.{guess}\n\n{_usage()}")
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
        root=here,
        typed_in=here,
        environ=os.environ,
        interactive=is_answerable(),
        names={},
    )
    ended = run(name, arguments, caller)
    if ended.status in INTERRUPTED:
        leave(ended.status)
    return ended.status


def _usage() -> str:
    width = max(map(len, OPERATIONS))
    lines = [f"  {name:<{width}}  {operation.line}" for name, operation in OPERATIONS.items()]
    return "\n".join(["usage: nox-release OPERATION [OPTIONS]", "", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
