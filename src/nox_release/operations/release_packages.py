"""`release -- --all-packages`: every package that is prepared, those first that others need. Each is a
release like any other; the next begins when the index serves what it needs.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name

from nox_release.checks.judging import what_must_be_known
from nox_release.checks.release import preflight
from nox_release.checks.release.asked import OF_THIS_COMMIT
from nox_release.core.errors import ConfigurationError
from nox_release.core.findings import Finding
from nox_release.core.words import some
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.edges.git import short
from nox_release.edges.index import open_index
from nox_release.operations.checklist import Checklist
from nox_release.operations.errand import Released, command_again
from nox_release.operations.following import await_files
from nox_release.operations.looking import wish_of
from nox_release.operations.next_step import command
from nox_release.operations.packages import Part, Search, Several, find_several
from nox_release.operations.prepare_packages import find_proposer
from nox_release.releases.plan import Expected, Target
from nox_release.releases.together import PENDING_AT_MOST, Turn

_UNCACHED = {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}


def release_packages(
    context: Context,
    options: argparse.Namespace,
    release: Callable[[Context, argparse.Namespace], Released],
) -> int:
    """The session for all packages; `release` is that for one."""
    if not options.wait:
        raise ConfigurationError(
            "`--no-wait` and `--all-packages` do not go together.",
            reason="A package is released when the index serves those that it needs.",
        )
    several = _agree(context, options)
    if several is None:
        return 0
    out: dict[str, Released] = {}
    for turn in several.plan.turns:
        _await_needed(context, several.parts[turn.name], out)
        # What was fetched before a sibling came out does not name it.
        fresh = _UNCACHED if several.plan.before(turn.name) else {}
        inside = replace(context, environ={**context.environ, **fresh})
        released = out[turn.name] = release(inside, _alone(options, turn))
        if released.status:
            return released.status
    if len(several.plan.turns) > 1:
        context.console.line()
        context.console.mark("done", f"Released: {several.titles}")
    return 0


def _await_needed(context: Context, part: Part, out: Mapping[str, Released]) -> None:
    """Wait until the index lists what was released of the packages that this one needs."""
    index = part.project.settings.index
    names = {need.name for need in part.member.needs}
    targets = [
        Target(
            name=name,
            version=one.version,
            tag=one.tag,
            commit=one.commit,
            index=index,
            files=tuple(Expected(filename=file) for file in one.files),
        )
        for name, one in out.items()
        if canonicalize_name(name) in names
    ]
    if targets:
        with open_index(index, clock=context.clock) as client:
            for target in targets:
                await_files(context.console, context.clock, client, target)


def _agree(context: Context, options: argparse.Namespace) -> Several | None:
    """The plan that was shown and agreed to, its commit made; `None`: there is nothing to do."""
    console, words = context.console, tuple(options.version)
    again = command_again(options)
    search = Search(
        arguments=words,
        again=command("release", [*words, "--all-packages"]) if words else again,
        wish=wish_of(options),
        edits=bool(words),
        finishes=True,
    )
    with temporary_folder("release") as aside:
        several = find_several(context, options, search, aside)
        several.show()
        if not several.plan.turns:
            console.mark("done", "Everything that is prepared is released.")
            if not words:
                console.next_step(
                    "Next, to prepare what is new:", "nox -s prepare -- patch --all-packages"
                )
            return None
        made = several.make() if words else ()
        _tell_pending(several)
        passed_over = _passed_over(several, makes=bool(made))
        several.stop_at_blockers(lambda one: _blockers(one, passed_over), again=search.again)
        if made:
            several.show_edits(made)
            if options.build:
                several.prove(made, aside)
        proposer = find_proposer(several, made, aside, follow=True) if made else None
        if options.dry_run:
            console.line(f"Nothing was done: this was --dry-run. To do it: {search.again}")
            return None
        console.line()
        first = "Open a pull request for" if proposer is not None else "Commit"
        act = f"{first} and release" if made else "Release"
        question = f"{act} {several.titles} to {several.index}, one after the other?"
        console.confirm(question, yes=options.yes)
        if proposer is not None:
            return several if proposer.carry_out(proposer.look(), made[-1]).taken else None
        if made:
            commit = several.bring_over(made)
            console.mark("done", f'{short(commit)} "{made[-1].message.splitlines()[0]}"')
    return several


def _alone(options: argparse.Namespace, turn: Turn) -> argparse.Namespace:
    """The options for one package of them, which was agreed to."""
    own = {
        "package": turn.name if turn.folder == "." else turn.folder,
        "version": [str(turn.version)],
        "yes": True,
    }
    return argparse.Namespace(**{**vars(options), **own})


def _blockers(checklist: Checklist, passed_over: frozenset[str]) -> Iterable[Finding]:
    """What stops a release; files in dist/ are not what it uploads."""
    found = (*checklist.errors, *what_must_be_known(checklist.results))
    return (one for one in found if one.subject != "distributions" and one.id not in passed_over)


def _passed_over(several: Several, *, makes: bool) -> frozenset[str]:
    """What does not stop the releases: what concerns the commit whose place another one takes, and
    the run of a release that has begun.
    """
    if makes:
        return OF_THIS_COMMIT - {preflight.CHECKS_RED.id}
    begun = any(one.phase == "under way" for one in several.checklists.values())
    return frozenset({preflight.CHECKS_RUNNING.id} if begun else ())


def _tell_pending(several: Several) -> None:
    """What PyPI allows of projects that are not there yet."""
    console = several.context.console
    absent: dict[str, list[str]] = {}
    for name, checklist in several.checklists.items():
        case, publisher = checklist.case, checklist.publisher
        if case.target.index.is_like_pypi and case.observed.project is None:
            where = f"{publisher.workflow}, {publisher.environment}" if publisher else ""
            absent.setdefault(where, []).append(name)
    names = [name for one in absent.values() for name in one]
    if len(names) > PENDING_AT_MOST:
        console.mark(
            "warning",
            f"{len(names)} projects are not on the index yet ({some(names)}), and an account has "
            f"{PENDING_AT_MOST} pending publishers at most: register the next when one is used up.",
        )
    for where, sharing in absent.items():
        if where and len(sharing) > 1:
            console.mark(
                "warning",
                f"{some(sharing)} would have the same pending publisher ({where}), of which PyPI keeps "
                "one at a time: register the next when the one before is used up, or give each its own "
                "environment.",
            )
