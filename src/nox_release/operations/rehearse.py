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

import argparse
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.core.errors import NoxReleaseError
from nox_release.core.words import listed
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.operations import options as shared
from nox_release.operations import rehearse_coming, rehearse_releasing
from nox_release.operations.rehearse_screen import summary, summary_of_all
from nox_release.operations.rehearse_story import YOU, QuickClock, Story
from nox_release.project.pyproject import Project
from nox_release.project.workspace import needs_of

if TYPE_CHECKING:
    from nox_release.rehearsal.copying import Origin
    from nox_release.rehearsal.world import World


def add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_flag(parser, "--keep", "keep the folder with everything in it, to look around")
    parser.add_argument(
        "--no-smoke",
        dest="smoke",
        action="store_false",
        default=None,
        help="try out neither the wheels that are built nor what is on the index",
    )
    shared.add_package(parser)
    shared.add_json(parser)


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
                    _stay(context, world, user=projects[0].settings.pypi_user or YOU)


def in_order(projects: Sequence[Project]) -> tuple[Project, ...]:
    """The packages as they are listed, but what another one depends on before it."""
    from packaging.utils import canonicalize_name

    needs = {
        project.normalized_name: {canonicalize_name(one.name) for one in needs_of(project)}
        for project in projects
    }
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
    console.title(f"Rehearsal of {listed([story.title for story in stories])}")
    console.line("Everything below happens on this machine, in one temporary folder.")
    console.line("Nothing is published, and no account, token or setting of yours is used.")
    if len(stories) > 1:
        name = shlex.quote(stories[0].title)
        console.line(f"One of them alone: nox -s rehearse -- --package {name}")
        return _rehearse_each(stories, started)
    story = stories[0]
    _go_through(story, (rehearse_coming.copy, *rehearse_coming.PARTS, *rehearse_releasing.PARTS))
    summary(story, time.monotonic() - started)
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
    rehearse_coming.open_world(first)
    done = len(first.parts)
    first.parts.clear()  # it is nobody's alone
    siblings = _with_local_index(first)
    for parts, doing in (
        ((rehearse_coming.settle, *rehearse_coming.PARTS), ""),
        (rehearse_releasing.PARTS, "Releasing "),
    ):
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
    return summary_of_all(stories, time.monotonic() - started, done)


def _with_local_index(story: Story) -> dict[str, str]:
    """The environment in which packages find each other: uv and pip ask the local index, too."""
    environ = dict(story.world.environ)
    simple = story.world.index.index.simple_url
    for name in ("UV_INDEX", "PIP_EXTRA_INDEX_URL"):
        environ[name] = " ".join(filter(None, (simple, environ.get(name))))
    return environ


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
