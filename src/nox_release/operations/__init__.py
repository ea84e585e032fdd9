"""The stories, one per session, and the table of them. Importing this loads nothing else."""

from typing import NamedTuple


class Operation(NamedTuple):
    """One operation: its module below this package, and the line that `nox -l` shows.

    `options` is what `nox --usage` adds to `-v` and `-q`. `acts` says that it changes something outside this
    folder or in its files; `resumable` that the same command finishes what was interrupted;
    `each_package` that it takes every package in turn unless `--package` names one.
    """

    module: str
    line: str
    options: str
    acts: bool = False
    resumable: bool = False
    each_package: bool = False


OPERATIONS = {
    "build": Operation(
        "build",
        "sdist and wheel, inspected, proven to install and import",
        "--package --working-tree --tag --no-smoke --smoke --outdir --json",
        each_package=True,
    ),
    "check-project": Operation(
        "check_project",
        "the checklist: what is ready, what is not, what to do next",
        "FILE --index --package --json --tag --build --pending-publisher --exchange --open --yes",
        each_package=True,
    ),
    "first-upload": Operation(
        "first_upload",
        "once: the project comes into being on PyPI",
        "--index --package --yes --pending-publisher --placeholder --open --no-smoke --smoke",
        acts=True,
        resumable=True,
    ),
    "prepare": Operation(
        "prepare",
        "each version: every file that states it, the changelog, one commit",
        "WORD|VERSION --check --all-packages --pull-request --no-commit --no-build --dry-run --yes --index --package --json",
        acts=True,
        resumable=True,
    ),
    "release": Operation(
        "release",
        "each version: a GitHub release, watched until it is on PyPI",
        "WORD|VERSION --all-packages --yes --dry-run --no-wait --notes --notes-file --generate-notes --index --package "
        "--pending-publisher --ignore-checks --no-smoke --smoke --no-build",
        acts=True,
        resumable=True,
    ),
    "rehearse": Operation(
        "rehearse",
        "the whole way on this machine: no account, nothing published",
        "--package --json --no-smoke --keep",
        each_package=True,
    ),
    "diagnose": Operation(
        "diagnose",
        "why the last publish failed, and what to do about it",
        "RUN|FILE|- --index --package --json",
    ),
    "init": Operation(
        "init",
        "write noxfile.py and the publish workflow for this project",
        "--index --package --yes --workflow --environment --on --release-workflow --diff",
        acts=True,
    ),
}
