"""Build the sdist, and the wheel from that sdist, and look at both before PyPI does.

usage: nox -s build -- [--working-tree] [--no-smoke | --smoke] [--tag TAG]

The commit that is checked out is built, from a clean checkout of its own in a temporary folder,
in one isolated environment, with SOURCE_DATE_EPOCH from the commit. The files are inspected and
only then moved into dist/; when something is wrong, dist/ stays as it was.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.errors import (
    ChecksFailed,
    CommandError,
    ConfigurationError,
    ConflictError,
    NoxReleaseError,
    disk_error,
)
from nox_release.core.findings import Finding, Result, Severity, errors_in
from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.edges.aside import temporary_folder
from nox_release.edges.checkouts import export
from nox_release.edges.context import Context
from nox_release.edges.environments import Environment, fresh_environment
from nox_release.edges.git import Repository, find_repository
from nox_release.edges.process import Runner, last_lines, side_by_side
from nox_release.files.distributions import Distribution
from nox_release.operations.build_output import Output
from nox_release.operations.built import Built, shown_folder
from nox_release.operations.options import add_flag, add_json, add_package, add_smoke, load_projects
from nox_release.project.pyproject import Project, read_project

if TYPE_CHECKING:
    from nox_release.checks.files.facts import Facts


def add_options(parser: argparse.ArgumentParser) -> None:
    add_package(parser)
    add_flag(parser, "--working-tree", "build the working tree, with what is not committed")
    parser.add_argument(
        "--tag", metavar="TAG", help="build as if HEAD carried this tag (made in the copy only)"
    )
    add_smoke(parser, "leave out installing, importing and starting what was built")
    parser.add_argument(
        "--outdir", metavar="FOLDER", help="where the files go (default: dist/ of the project)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show what the backend says")
    add_json(parser)


def main(context: Context, options: argparse.Namespace) -> int:
    """The session: build, show, and say whether a release could go on."""
    from nox_release.operations.build_report import as_json, show, show_next

    documents = []
    failed = False
    for project in load_projects(context, options):
        built = build(
            context,
            project,
            working_tree=options.working_tree,
            tag=options.tag,
            smoke=options.smoke,
            destination=context.path(options.outdir) if options.outdir else None,
            verbose=options.verbose,
        )
        failed = failed or bool(built.errors)
        documents.append(as_json(built))
        show(context.console, built, root=context.root)
        context.console.annotate(built.findings)
    show_next(context.console, failed=failed)
    if options.json:
        context.console.json(documents[0] if len(documents) == 1 else {"packages": documents})
    return int(failed)


def build(
    context: Context,
    project: Project,
    *,
    working_tree: bool = False,
    tag: str | None = None,
    smoke: bool | None = None,
    destination: Path | None = None,
    verbose: bool = False,
) -> Built:
    """Build `project` and inspect what came of it.

    `tag`, where git does not have it yet, is made in the temporary checkout first. `smoke` tries
    the wheel out: `None` unless the download is large, `True` always, `False` never.
    `destination` is `dist/` of the project. Nothing is written there unless all went well.

    Raises:
        NoxReleaseError: it could not be built; findings are no exceptions but results.
    """
    into = destination or project.root / "dist"
    _refuse_tracked_link(into, context, project.root)
    watch = _Watch()
    runner = context.runner
    with _aside() as aside, side_by_side(wait=True) as pool:
        # What takes longest begins first, before a word is shown.
        prepared = pool.submit(_environment, project, aside / "environment", runner, watch.hear)
        with context.console.waiting(f"Building {project.name or project.root.name}") as waiting:
            watch.tell = waiting.update
            watch.show = context.console.quote if verbose else waiting.glimpse
            wanted = _Wanted(
                context=context,
                project=project,
                aside=aside,
                runner=runner,
                watch=watch,
                working_tree=working_tree,
                tag=tag,
            )
            made = _make(wanted, pool, prepared)
            watch.step("inspecting")
            results = _inspect(context, made, aside, watch, smoke=smoke)
        distributions = made.facts.distributions
        refused = bool(errors_in(results))
        if not refused:
            distributions = _place(distributions, into, project.root)
    wheel = made.facts.wheel.file
    return Built(
        project=replace(
            made.facts.project, name=wheel.name, version=wheel.version, root=project.root
        ),
        distributions=distributions,
        results=results,
        commit=made.commit,
        tag=tag,
        placed=not refused,
        wheel=made.facts.wheel,
        left_out=made.left_out,
        seconds=watch.seconds(),
    )


# --- what is built ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """The tree that is built, and what is known of it."""

    project: Project
    folder: Path
    tree: tuple[str, ...]
    untracked: tuple[str, ...] = ()
    commit: str | None = None
    epoch: int | None = None
    repository: Repository | None = None
    checkout: Repository | None = None

    def left_out(self) -> tuple[str, ...]:
        """What lies in the maintainer's tree and is not in the checkout that is built."""
        if self.repository is None or self.checkout is None:
            return ()
        changes = self.repository.changes()
        below = self.project.root.relative_to(self.checkout.root)
        differing = _below((*changes.modified, *changes.untracked), below)
        # Loading noxfile.py makes some, and no build takes them along.
        return tuple(path for path in differing if "__pycache__" not in path.split("/"))


def _prepare(wanted: _Wanted) -> _Source:
    project, tag = wanted.project, wanted.tag
    repository = find_repository(project.root, wanted.context.runner)
    if repository is None or wanted.working_tree:
        if tag is not None:
            raise ConfigurationError(
                f"The tag {tag} can be made in a clean checkout only.",
                reason="This project is not under git."
                if repository is None
                else "The working tree is built.",
            )
        return _as_it_lies(project, repository)
    wanted.watch.step("a clean checkout")
    commit = repository.head()
    below = project.root.relative_to(repository.root)
    checkout = export(repository, commit, wanted.aside / "checkout", tag=tag)
    folder = checkout / below
    if not (folder / "pyproject.toml").is_file() and not (folder / "setup.py").is_file():
        raise ConfigurationError(
            "pyproject.toml is not in the commit that is checked out.",
            reason=f"Commit {commit[:7]} was to be built, not the working tree.",
            hint="Commit it, or build the working tree: nox -s build -- --working-tree",
        )
    committed = replace(read_project(folder), settings=project.settings)
    _refuse_other_tag(tag, committed)
    copy = Repository(root=checkout, runner=repository.runner)
    return _Source(
        project=committed,
        folder=folder,
        tree=_below(copy.tracked(), below),
        commit=commit,
        epoch=repository.commit_time(commit),
        repository=repository,
        checkout=copy,
    )


def _refuse_other_tag(tag: str | None, project: Project) -> None:
    """Raise where the tag is not that of the version which the tree states: no build changes that.

    Raises:
        ChecksFailed: it is not.
    """
    version = parse_version(project.version or "")
    if tag is None or version is None:
        return
    from nox_release.checks.files.built import check_tag

    wrong = tuple(check_tag(tag, project, version))
    if wrong:
        raise ChecksFailed("Nothing was built.", findings=wrong)


def _as_it_lies(project: Project, repository: Repository | None) -> _Source:
    if repository is None:
        return _Source(project=project, folder=project.root, tree=_walk(project.root))
    below = project.root.relative_to(repository.root)
    try:
        epoch = repository.commit_time(repository.head())
    except ConflictError:  # no commit yet
        epoch = None
    return _Source(
        project=project,
        folder=project.root,
        tree=_below(repository.tracked(), below),
        untracked=_below(repository.changes().untracked, below),
        epoch=epoch,
    )


def _below(paths: Iterable[str], folder: Path) -> tuple[str, ...]:
    prefix = "" if folder == Path() else folder.as_posix() + "/"
    return tuple(path.removeprefix(prefix) for path in paths if path.startswith(prefix))


def _walk(root: Path) -> tuple[str, ...]:
    """The files below `root`, without environments, caches and earlier builds."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in ("__pycache__", "node_modules", "build", "dist")
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        ]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in files]
    return tuple(found)


# --- building --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    facts: Facts
    commit: str | None
    twine: Future[tuple[Result, ...]]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What to build, and where to do it aside."""

    context: Context
    project: Project
    aside: Path
    runner: Runner
    watch: _Watch
    working_tree: bool
    tag: str | None


def _make(
    wanted: _Wanted,
    pool: ThreadPoolExecutor,
    prepared: Future[tuple[Environment, frozenset[str], CommandError | None]],
) -> _Made:
    """Build both files and gather the facts; rules and twine get ready meanwhile."""
    from nox_release.edges.building import (
        BuildFailed,
        Listener,
        build_distributions,
        declared_requirements,
        not_installed,
    )
    from nox_release.observing.trying import check_with_twine

    sdist: Future[Path] = Future()
    wheel: Future[Path] = Future()
    loaded = pool.submit(_load, *_renderer(wanted.project))
    warnings: list[str] = []

    def warn(text: str) -> None:
        warnings.append(text)
        for line in text.splitlines():
            wanted.watch.hear(line)

    try:
        looked_at = pool.submit(_look_at, sdist, loaded)
        source = _prepare(wanted)
        left_out = pool.submit(source.left_out)
        extra = source.project.settings.build_requires
        wanted.watch.step("an isolated environment")
        environment, installed, failure = prepared.result()
        needed = declared_requirements(source.folder) | {*extra}
        if failure is not None and needed == _needed(wanted.project):
            raise not_installed(needed, failure)  # a second time would take as long
        if installed - needed:
            # The commit needs less than the working tree, and must do with less.
            environment = fresh_environment(wanted.aside / "environment-of-commit", wanted.runner)
            installed = frozenset()
        # The hooks leave a core idle; installing does not.
        files = (future.result() for future in (sdist, wheel))
        twine = pool.submit(check_with_twine, files, wanted.runner, cwd=wanted.aside)
        built = build_distributions(
            environment,
            source=source.folder,
            outdir=wanted.aside / "made",
            installed=installed,
            extra_requires=extra,
            source_date_epoch=source.epoch,
            listener=Listener(
                step=wanted.watch.step,
                line=wanted.watch.hear,
                warning=warn,
                sdist=sdist.set_result,
            ),
        )
        wheel.set_result(built[1])
        version_now = _version_now(source, environment, built[0], wanted)
        pool.submit(shutil.rmtree, environment.directory, ignore_errors=True)
    except BuildFailed as error:
        from nox_release.operations.build_failure import explained

        raise explained(error, source.project, wanted.watch.output.text() or error.output) from None
    finally:
        for future in (sdist, wheel):
            future.cancel()  # where it has no result, nobody will wait for one
    loaded.result()
    facts = _facts(source, looked_at.result(), built[1], tag=wanted.tag)
    return _Made(
        facts=replace(facts, warnings=tuple(warnings), version_now=version_now),
        commit=source.commit,
        twine=twine,
        left_out=left_out.result(),
    )


def _version_now(
    source: _Source, environment: Environment, sdist: Path, wanted: _Wanted
) -> str | None:
    """The version by the clock, where the one of `sdist` may come from the date of the commit."""
    from nox_release.edges.building import BuildFailed, sdist_of_now
    from nox_release.files.distributions import version_of_file
    from nox_release.project.versions import may_tell_the_time

    project, version = source.project, version_of_file(sdist.name)
    stated = project.version is not None or project.version_from_tags
    if stated or version is None or source.epoch is None:
        return None
    if not may_tell_the_time(version, datetime.fromtimestamp(source.epoch, timezone.utc).year):
        return None
    with contextlib.suppress(BuildFailed):
        again = sdist_of_now(
            environment,
            source=source.folder,
            outdir=wanted.aside / "made-now",
            on_line=wanted.watch.hear,
        )
        return str(version_of_file(again.name) or version)
    return None


def _environment(
    project: Project,
    directory: Path,
    runner: Runner,
    on_line: Callable[[str], None],
) -> tuple[Environment, frozenset[str], CommandError | None]:
    """A fresh environment, and what is in it: what the working tree says a build needs; or why that
    could not be installed.

    Commits seldom say otherwise, and installing takes longer than checking one out.
    """
    environment = fresh_environment(directory, runner)
    wanted = _needed(project)
    try:
        environment.install(*sorted(wanted), on_line=on_line)
    except CommandError as error:
        return environment, frozenset(), error
    return environment, wanted, None


def _needed(project: Project) -> frozenset[str]:
    from nox_release.edges.building import declared_requirements

    return declared_requirements(project.root) | {*project.settings.build_requires}


def _look_at(made: Future[Path], loaded: Future[None]) -> Distribution:
    """The sdist, read while the wheel is made; its description has then been rendered once."""
    sdist = made.result()
    loaded.result()
    from nox_release.checks.files.checking import check_distributions
    from nox_release.files.archives import read_distribution

    found = read_distribution(sdist)
    check_distributions([sdist])
    return found


def _renderer(project: Project) -> tuple[str, ...]:
    """What will render the description; hardly any Markdown is; a guess where pyproject.toml does not
    say what it is.
    """
    readme = project.readme or next(
        (name for name in ("README.md", "README.rst") if (project.root / name).exists()), ""
    )
    return ("readme_renderer.rst",) if readme.lower().endswith(".rst") else ()


def _load(*renderer: str) -> None:
    """Load what looks at the files while others make them: it takes as long as a hook."""
    from importlib import import_module

    for module in (
        "build",
        "nox_release.edges.building",
        "nox_release.files.archives",
        "nox_release.checks.files.checking",
        "nox_release.observing.trying",
        "email_validator",
        "rfc3986",
        "trove_classifiers",
        *renderer,
    ):
        import_module(module)


def _facts(source: _Source, sdist: Distribution, wheel: Path, *, tag: str | None) -> Facts:
    from nox_release.checks.files.built import is_between_tags
    from nox_release.checks.files.facts import Facts
    from nox_release.files.wheels import read_wheel

    facts = Facts(
        project=source.project,
        sdist=sdist,
        wheel=read_wheel(wheel),
        tree=source.tree,
        untracked=source.untracked,
        tag=tag,
    )
    if source.checkout is not None and is_between_tags(facts.wheel.file.version):
        facts = replace(
            facts,
            tags=source.checkout.tags_at("HEAD"),
            changed=source.checkout.changes().modified,
        )
    return facts


def _inspect(
    context: Context, made: _Made, aside: Path, watch: _Watch, *, smoke: bool | None
) -> tuple[Result, ...]:
    """Everything there is to say about the files, each thing once."""
    from nox_release.checks.files.built import TWINE_CHECK, check_built
    from nox_release.checks.files.remedies import in_its_own_words
    from nox_release.observing.trying import not_tried
    from nox_release.observing.trying import smoke as try_out

    results = [*check_built(made.facts)]
    refusals = _of_upload_rules(made.facts)
    if smoke is False:
        tried = not_tried(made.facts, "left out with `--no-smoke`")
    else:
        tried = try_out(
            made.facts,
            context.runner,
            aside=aside / "smoke",
            whatever_the_size=bool(smoke),
            on_step=watch.step,
        )
    described = any(finding.id.startswith("description") for finding in refusals)
    twine = [
        result
        for result in made.twine.result()
        # The rule about the description says the same, and what to do.
        if not (described and isinstance(result, Finding) and result.id == TWINE_CHECK.id)
    ]
    told = (
        in_its_own_words(one, made.facts.project) for one in [*results, *refusals, *twine, *tried]
    )
    return tuple(dict.fromkeys(told))


# What a rule of `checks.built` says better, because it knows the project.
_PLATFORM, _LOCAL, _HALF = "wheel-platform", "local-version", "half-release"
# The release would stop at twine, after the tag.
_TWINE = "twine-refuses"


def _of_upload_rules(facts: Facts) -> list[Finding]:
    """What PyPI would refuse, and what others would; of both files once."""
    from nox_release.checks.files.built import is_uploadable
    from nox_release.checks.files.checking import check_distributions

    kept: dict[str, Finding] = {}
    between = facts.project.version_from_tags and facts.tag is None
    wheel = facts.wheel.file
    names = [one.filename for one in facts.distributions]
    for finding in check_distributions([one.path for one in facts.distributions]):
        if finding.id in (_PLATFORM, _HALF) and not is_uploadable(wheel):
            continue
        if finding.id == _LOCAL and between:
            continue
        where = finding.where and replace(finding.where, file=Path(finding.where.file).name)
        said = finding.message.replace(wheel.filename, names[0])
        severity = Severity.ERROR if finding.id == _TWINE else finding.severity
        kept.setdefault(f"{finding.id} {said}", replace(finding, where=where, severity=severity))
    return list(kept.values())


# --- placing ---------------------------------------------------------------------------------


def _refuse_tracked_link(into: Path, context: Context, root: Path) -> None:
    """A link of the maintainer's own is theirs; one from the repository would choose where we write.

    Raises:
        ConfigurationError: git tracks the folder, or one on the way to it, as a link.
    """
    ways = [into, *into.parents]
    links = [way for way in ways if way.is_symlink() and way.is_relative_to(root) and way != root]
    repository = find_repository(root, context.runner) if links else None
    if repository is None:
        return
    tracked = {repository.root / name for name in repository.tracked()}
    for link in links:
        if link.parent.resolve() / link.name in tracked:
            raise ConfigurationError(
                f"`{link.relative_to(root).as_posix()}` is a link that git tracks.",
                reason=f"What is built would be written to `{link.resolve()}`.",
                hint="Take it out of git, or name another folder: nox -s build -- --outdir FOLDER",
            )


def _place(
    distributions: tuple[Distribution, ...], into: Path, root: Path
) -> tuple[Distribution, ...]:
    """Move the files into `into`, each whole: first all beside their places, then each renamed."""
    placed: list[tuple[Path, Path]] = []
    created = not into.exists()
    try:
        into.mkdir(parents=True, exist_ok=True)
        for one in distributions:
            partial = into / f".{one.filename}.{os.getpid()}.part"
            placed.append((partial, into / one.filename))
            shutil.copyfile(one.path, partial)
        for partial, final in placed:
            partial.replace(final)
    except OSError as error:
        for partial, _ in placed:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
        if created:
            with contextlib.suppress(OSError):
                into.rmdir()
        raise disk_error(
            error, f"The files cannot be written into `{shown_folder(into, root)}`."
        ) from None
    return tuple(
        replace(one, path=final) for one, (_, final) in zip(distributions, placed, strict=True)
    )


@contextlib.contextmanager
def _aside() -> Generator[Path]:
    """A temporary folder; a full disk is one clear error, whichever program met it."""
    try:
        with temporary_folder("build") as folder:
            try:
                yield folder
            except NoxReleaseError as error:
                free = shutil.disk_usage(folder).free
                if free > _NOTHING_LEFT:
                    raise
                raise NoxReleaseError(
                    "The disk with the temporary files is full.",
                    reason=f"`{tempfile.gettempdir()}` has {free / 1e6:.1f} MB left.\n"
                    + last_lines(error.reason or error.message, 1),
                    hint="Make room there, or name another folder in TMPDIR.",
                ) from None
    except OSError as error:
        raise disk_error(error, "The build could not write its temporary files.") from None


_NOTHING_LEFT = 1_000_000


class _Watch:
    """What is going on, what programs say meanwhile, and how long each part took."""

    def __init__(self) -> None:
        self.tell: Callable[[str], None] | None = None
        self.show: Callable[[str], None] | None = None
        self.output = Output()
        self._begun: list[tuple[str, float]] = []

    def hear(self, line: str) -> None:
        """A line of the backend or of an installer."""
        self.output.add(line)
        if self.show is not None:
            self.show(line)

    def step(self, name: str) -> None:
        self._begun.append((name, time.monotonic()))
        if self.tell is not None:
            self.tell(name)

    def seconds(self) -> tuple[tuple[str, float], ...]:
        ends = [begun for _, begun in self._begun[1:]] + [time.monotonic()]
        return tuple(
            (name, end - begun) for (name, begun), end in zip(self._begun, ends, strict=True)
        )
