"""Steps that only look into the files of the checkout, as one that greps the changelog for the tag.

They change nothing and ask nobody, so the runner carries them out as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from nox_release.workflows.shell import parse_commands

if TYPE_CHECKING:
    from nox_release.workflows.syntax import Job

_LOOKING = frozenset({"grep", "test", "[", "[[", "echo", "exit", "true", "false", ":", "fi"})
# What starts other programs, or is not known; what reads or writes files, outside quotes.
_STARTS = re.compile(r"\$\((?!\()|`|\$\{\{")
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"")
_REDIRECTS = re.compile(r"<|>(?!\s*(?:&|/dev/null))")
_VARIABLE = re.compile(r"\$\{?(\w+)")


def looks(script: str, variables: Collection[str]) -> bool:
    """Whether a script with those variables does nothing but look."""
    commands = parse_commands(script)
    known = {*variables, *(name for command in commands for name, _ in command.environ)}
    return (
        not _STARTS.search(script)
        and not _REDIRECTS.search(_QUOTED.sub("", script))
        and known.issuperset(_VARIABLE.findall(script))
        and any(command.words[:1] == ("grep",) for command in commands)
        and all(command.words[0] in _LOOKING for command in commands if command.words)
    )


def is_checked_out(job: Job) -> bool:
    """Whether the job's first step is a plain check-out of the run's commit, on Linux."""
    first = job.steps[0] if job.steps else None
    return (
        first is not None
        and first.uses is not None
        and first.uses.action == "actions/checkout"
        and not any(first.input(name) for name in ("ref", "path", "repository"))
        and "windows" not in " ".join(job.runs_on).lower()
    )
