"""The GitHub release itself: made, or a draft of it published, with the index's own files."""

import contextlib
from collections.abc import Generator
from pathlib import Path

from nox_release.checks.judging import Case
from nox_release.core.answers import known
from nox_release.core.errors import ConfigurationError, ConflictError
from nox_release.core.words import some
from nox_release.edges.aside import temporary_folder
from nox_release.observing.kept import other_kept_files
from nox_release.observing.targets import with_known_files
from nox_release.operations.ending import Ways
from nox_release.operations.notes import Notes
from nox_release.releases.observed import GitHubRelease, IndexFile
from nox_release.releases.plan import (
    DIST,
    CreateGitHubRelease,
    files_there,
    judge_runs,
    other_bytes,
    runs_of,
)


def publish(
    ways: Ways,
    case: Case,
    step: CreateGitHubRelease,
    notes: Notes,
    draft: GitHubRelease | None,
) -> None:
    """Make the GitHub release, or publish the `draft` of it that is there.

    Raises:
        ConflictError: the index has other bytes than the run made.
    """
    latest = False if step.behind_newest else None
    with _files(ways, case, step.files or ()) as paths:
        if draft is None:
            ways.forge.create_release(
                step.tag,
                title=step.title,
                notes=notes.text,
                prerelease=step.prerelease,
                latest=latest,
                files=paths,
            )
            return
        lacking = [path for path in paths if draft.asset(path.name) is None]
        if lacking:
            ways.forge.attach(step.tag, lacking)
        ways.forge.publish_draft(
            draft.id,
            title="" if draft.title else step.title,
            notes=notes.text,
            prerelease=step.prerelease,
            latest=latest,
        )


def attach(ways: Ways, case: Case, tag: str, names: tuple[str, ...]) -> None:
    """Attach files of those names to the GitHub release that is out."""
    with _files(ways, case, names) as paths:
        ways.forge.attach(tag, paths)


@contextlib.contextmanager
def _files(ways: Ways, case: Case, names: tuple[str, ...]) -> Generator[tuple[Path, ...]]:
    """Local copies: the index's own files, byte for byte; others as the run made them, and those of the
    project's folder that it did not make.
    """
    local = {
        name.rpartition("/")[2]: case.project.root / name
        for name in case.target.assets
        if name != DIST
    }
    listed = _compared(ways, case)
    with temporary_folder("assets") as folder:
        paths = []
        made = _made_by_run(ways, case, set(names) & set(local), folder / ".run")
        for name in names:
            if name in made:
                paths.append(made[name])
            elif name not in local:
                paths.append(_downloaded(ways, case, listed.get(name), folder / name))
            elif local[name].is_file():
                paths.append(local[name])
            else:
                raise ConfigurationError(
                    f"`assets` names `{name}`, and there is no such file.",
                    reason="Neither the artifacts of the run have it nor the project's folder.",
                    hint="Make it, and run the same command again; all else is out.",
                )
        yield tuple(paths)


def _made_by_run(ways: Ways, case: Case, names: set[str], folder: Path) -> dict[str, Path]:
    """Those files that the run which published kept: what is in the folder here may be older."""
    verdict = judge_runs(runs_of(case.target, known(case.observed.runs) or ()))
    if not names or verdict.run is None or verdict.state != "succeeded":
        return {}
    return other_kept_files(ways.forge, verdict.run, names, folder)


def _compared(ways: Ways, case: Case) -> dict[str, IndexFile]:
    """The files on the index by name, once they are known to be those that the run made."""
    target, observed = case.target, case.observed
    there = files_there(target, observed)
    if not there:
        return {}
    made = with_known_files(target, observed, ways.forge, ways.context.clock.now())
    strange = other_bytes(made, there)
    if strange:
        raise ConflictError(
            f"{target.index.title} has {some(file.filename for file in strange)} with other bytes "
            "than the run made.",
            reason="So the GitHub release is not made.",
            hint="Find out who uploaded them; then release the next version.",
        )
    return {file.filename: file for file in there}


def _downloaded(ways: Ways, case: Case, file: IndexFile | None, path: Path) -> Path:
    digest = None if file is None else ways.client.download(file.url, path)
    if file is not None and digest is not None and file.sha256 in (None, digest):
        return path
    wrong = f"serves other bytes of {path.name} than it lists"
    raise ConflictError(
        f"{case.target.index.title} {wrong if digest else f'does not serve {path.name}'}.",
        hint="Run the same command again in a few minutes; it goes on from here.",
    )
