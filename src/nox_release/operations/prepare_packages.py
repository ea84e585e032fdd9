"""`prepare -- WORD --all-packages`: every package with something new, and those that have to follow, as
one plan, one question and one commit.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from nox_release.checks.release.preflight import demands_pull_request
from nox_release.core.answers import ask
from nox_release.core.words import counted
from nox_release.edges import github_rules
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.edges.git import short
from nox_release.operations.checklist import blockers_of
from nox_release.operations.looking import Wish
from nox_release.operations.next_step import command
from nox_release.operations.packages import Search, Several, find_several
from nox_release.operations.preparer import Prepared
from nox_release.operations.proposing import Proposer, proposer_of


def prepare_packages(context: Context, options: argparse.Namespace) -> int:
    """The session for all packages."""
    console, words = context.console, tuple(options.version)
    again = command("prepare", [*words, "--all-packages"])
    with temporary_folder("prepare") as aside:
        search = Search(arguments=words, again=again, wish=Wish())
        several = find_several(context, options, search, aside)
        several.show()
        several.stop_at_blockers(blockers_of, again=again)
        made = several.make()
        if not made:
            return _nothing_to_do(several, words)
        several.show_edits(made)
        if options.build:
            several.prove(made, aside)
        if options.dry_run:
            console.line(f"Nothing was done: this was --dry-run. To do it: {again}")
            return 0
        proposer = find_proposer(several, made, aside, wanted=options.pull_request)
        if proposer is not None and options.commit:
            return _open(several, made, proposer, words, yes=options.yes)
        subject, branch = made[-1].message.splitlines()[0], made[-1].branch
        question = f'Commit "{subject}" on {branch}?' if options.commit else "Edit these files?"
        console.confirm(question, yes=options.yes)
        commit = several.bring_over(made, commits=options.commit)
        if not options.commit:
            edited = counted(len(made[-1].changed), "file")
            console.mark("done", f"{edited} edited, not committed.")
            return 0
        console.mark("done", f'{short(commit)} "{subject}" on {branch}')
        console.next_step("Next:", _what_releases(several, words))
        return 0


def _what_releases(several: Several, words: tuple[str, ...]) -> str:
    """What releases them; where tags make a version, no file need state it, so the words do."""
    by_tags = any(
        several.parts[one.name].copy.places.declared is None for one in several.plan.turns
    )
    return command("release", [*(words if by_tags else ()), "--all-packages"])


def _nothing_to_do(several: Several, words: tuple[str, ...]) -> int:
    console = several.context.console
    if several.plan.turns:
        console.mark("done", f"{several.titles}: prepared.")
        console.next_step("Next:", _what_releases(several, words))
    else:
        console.mark("done", "No package has anything new since its release.")
    return 0


def find_proposer(
    several: Several,
    made: Sequence[Prepared],
    aside: Path,
    *,
    wanted: bool = False,
    follow: bool = False,
) -> Proposer | None:
    """What opens the pull request, where it is wanted or the branch takes nothing else, and, if it is
    to `follow` it, waits for its merge.
    """
    observer = several.observer
    if observer is None:
        return None
    first = several.plan.to_make[0]
    preparer = several.parts[first.name].preparer
    branch = preparer.branch()
    if not wanted and not demands_pull_request(
        ask(lambda: github_rules.rules_for_branch(observer.forge, branch))
    ):
        return None
    target = preparer.target(made[0].version, several.commit)
    return proposer_of(preparer, observer, target, aside, follow=follow, message=made[-1].message)


def _open(
    several: Several,
    made: Sequence[Prepared],
    proposer: Proposer,
    words: tuple[str, ...],
    *,
    yes: bool,
) -> int:
    console, wanted = several.context.console, proposer.proposal
    seen = proposer.look()
    if seen.pull_request is None:
        console.confirm(
            f'Open the pull request "{wanted.title}" from {wanted.branch} to {wanted.base}?',
            yes=yes,
        )
        proposer.carry_out(seen, made[-1])
    else:
        console.mark("done", f"{several.titles}: proposed in {seen.pull_request.url}")
    console.next_step(f"Next, when it is merged, on {wanted.base}:", _what_releases(several, words))
    return 0
