"""The commit that a release publishes: which version is meant, and how its commit comes about where
it has to be prepared, or proposed in a pull request, first.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.checks.judging import Case, judge
from nox_release.checks.release import preflight
from nox_release.checks.release.asked import OF_THIS_COMMIT, OF_THIS_TREE
from nox_release.core.answers import ask, known
from nox_release.core.errors import ConfigurationError
from nox_release.core.findings import Result
from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.core.words import guess
from nox_release.edges.git import Repository
from nox_release.edges.pull_requests import find_pull_request
from nox_release.observing.targets import tagged_version
from nox_release.operations.errand import Errand, Progress
from nox_release.operations.looking import once_prepared, read_tree
from nox_release.operations.prepare_report import show as show_preparation
from nox_release.operations.prepare_report import show_mentions
from nox_release.operations.preparer import Copy, Prepared, Preparer
from nox_release.operations.proposing import Proposer, branch_for, proposer_of
from nox_release.operations.release_screen import show, show_dry_run, stop_at_blockers
from nox_release.project.pyproject import Project
from nox_release.project.versions import WORDS, Choice, Line, is_words
from nox_release.releases.observed import ProposedTree, Relation
from nox_release.releases.plan import (
    Plan,
    PrepareStep,
    ProposeStep,
    ReleaseStep,
    plan_proposal,
    version_of_tag,
)

if TYPE_CHECKING:
    from nox_release.observing.on_index import IndexQuestions
    from nox_release.operations.built import Built


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The version that is meant, what was built where only that told it, and how it is prepared
    where it is not.
    """

    version: str
    built: Built | None = None
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A version that is to be prepared first, in this copy."""

    preparer: Preparer
    copy: Copy
    line: Line
    choice: Choice

    def make(self) -> Prepared:
        """Make every edit, in the copy."""
        return self.preparer.make(self.copy, self.line, self.choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """How far the pull request is by which the version goes."""

    proposer: Proposer
    seen: ProposedTree

    @property
    def is_to_be_made(self) -> bool:
        seen = self.seen
        return seen.pull_request is None and seen.here is None and seen.there is None

    @property
    def steps(self) -> tuple[ProposeStep, ...]:
        return plan_proposal(self.proposer.proposal, self.seen).todo


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A prepared version that was shown and agreed to, and the release that follows; `prepared` is
    `None` where its commit is there already and waits for its merge.
    """

    preparer: Preparer
    version: str
    prepared: Prepared | None
    proposed: Proposed | None
    built: Built | None
    plan: Plan[ReleaseStep]

    def commit(self) -> Meant | None:
        """Bring the commit about; what was built stands for it, unless somebody has changed
        something. `None`: its merge is not awaited.
        """
        if self.proposed is not None:
            now = self.proposed.proposer.carry_out(self.proposed.seen, self.prepared)
            if not now.taken:
                return None
        elif self.prepared is not None:
            self.preparer.bring_over(self.prepared)
        repository = self.preparer.repository
        same = (
            self.prepared is not None
            and repository.tree_of(repository.head()) == self.prepared.tree
        )
        return Meant(version=self.version, built=self.built if same else None)


# --- a pull request ------------------------------------------------------------------------------


def find_proposal(errand: Errand, coming: Case, ahead: Ahead, aside: Path) -> Proposed | None:
    """The pull request, where the branch takes nothing else or one is under way."""
    preparer, observed = ahead.preparer, coming.observed
    if observed.gh != "ready":
        return None
    version = preparer.spelled(ahead.copy, ahead.choice)
    branch = branch_for(errand.project.name, version)
    relation = known(observed.relation)
    begun = errand.repository.branch_commit(branch) is not None
    behind = relation is not None and relation.behind > 0
    demanded = preflight.demands_pull_request(observed.branch_rules)
    if not (demanded or begun or behind):
        return None
    target = preparer.target(version, ahead.copy.commit)
    rules = known(observed.branch_rules) or ()
    proposer = proposer_of(
        preparer,
        errand.observer,
        target,
        aside,
        follow=errand.options.wait,
        queue=any(rule.kind == "merge_queue" for rule in rules),
    )
    seen = proposer.look()
    return Proposed(proposer=proposer, seen=seen) if demanded or seen.pull_request else None


def if_merged(errand: Errand, case: Case) -> Case:
    """The case that knows whether HEAD is what the version's pull request became."""
    observed, target = case.observed, case.target
    relation = known(observed.relation)
    if observed.gh != "ready" or relation is None or not relation.behind or relation.ahead:
        return case
    branch = branch_for(target.name, target.version)
    found = known(ask(lambda: find_pull_request(errand.observer.forge, branch, str(target.branch))))
    return replace(case, merged=found is not None and found.merged == target.commit)


# --- shown and agreed to -------------------------------------------------------------------------


def agree_first(
    errand: Errand,
    case: Case,
    ahead: Ahead,
    prepared: Prepared | None,
    proposed: Proposed | None,
    aside: Path,
) -> Ready | None:
    """Show, judge and prove what is prepared, and ask; `None`: nothing more than that is wanted."""
    console, preparer, built = errand.console, ahead.preparer, None
    first: tuple[PrepareStep | ProposeStep, ...] = proposed.steps if proposed is not None else ()
    if prepared is not None:
        show_preparation(console, prepared, ahead.choice.note)
        console.line()
        console.quote(prepared.difference)
        show_mentions(console, prepared)
        if errand.options.build:
            built = preparer.prove(prepared, aside / "dist", smoke=errand.options.smoke)
            if errand.before_tag is not None:
                errand.before_tag(built)
        case = once_prepared(case, prepared)
        first = first or prepared.steps(preparer.look(prepared)).todo
    if built is not None:
        case = errand.with_built(case, built)
    results = lasting(judge(case, "before"), proposed, edited=prepared is not None)
    if proposed is not None:  # the branch is not pushed from here
        relation = Relation(ahead=0, behind=0)
        case = replace(case, observed=replace(case.observed, relation=relation))
    target = replace(case.target, commit="")
    progress = Progress(checks=errand.checking(case))
    plan = errand.plan(progress, target, case.observed)
    show(errand, case, plan, results, first=first)
    stop_at_blockers(case.target, results, again=errand.again)
    if errand.options.dry_run:
        show_dry_run(errand)
        return None
    console.line()
    way = "Open a pull request for" if proposed is not None else "Commit"
    question = f"{way} and release {target.title} to {target.index.title}?"
    console.confirm(question, yes=errand.options.yes)
    return Ready(
        preparer=preparer,
        version=case.target.version,
        prepared=prepared,
        proposed=proposed,
        built=built,
        plan=plan,
    )


def lasting(
    results: Iterable[Result], proposed: Proposed | None = None, *, edited: bool = False
) -> tuple[Result, ...]:
    """Without what concerns the commit that is there now alone (red checks are about more), nor its files
    unless these are the edited ones, and, where a pull request leads there, without the rule that
    demands one.
    """
    passed_over = OF_THIS_COMMIT - {preflight.CHECKS_RED.id}
    if edited:
        passed_over -= OF_THIS_TREE
    if proposed is not None:
        passed_over |= {preflight.BRANCH_RULES.id}
        if proposed.seen.pull_request is not None:
            passed_over |= {preflight.BEHIND.id}
    return tuple(result for result in results if result.id not in passed_over)


def as_merged(errand: Errand, ready: Ready, committed: Meant) -> Meant | None:
    """What was committed; a reviewer may have chosen another version."""
    if ready.proposed is None or errand.project.version_from_tags:
        return committed
    stated = stated_version(errand)
    return committed if stated and stated.version == committed.version else stated


# --- which version -------------------------------------------------------------------------------


def find_meant(errand: Errand, index: IndexQuestions, aside: Path) -> Meant | None:
    """The version to be released: what the tree states, or what is asked for; `None` where only a
    build tells it.

    Raises:
        ConfigurationError: what is asked for is no version, or only a tag would tell.
    """
    asked = tuple(errand.options.version)
    if not asked:
        return stated_version(errand)
    wanted = parse_version(asked[0].removeprefix("v")) if len(asked) == 1 else None
    if wanted is None and not is_words(asked):
        wrong = next(one for one in asked if one not in WORDS)
        raise ConfigurationError(
            f"`{wrong.removeprefix('v')}` is not a version.",
            reason="Versions follow PEP 440, such as 1.4.0 or 2.0rc1; or words: "
            + ", ".join(WORDS)
            + "."
            + guess(wrong, WORDS),
            hint="https://packaging.python.org/en/latest/specifications/version-specifiers/",
        )
    if wanted is not None and _is_named(errand, wanted):
        return Meant(version=str(wanted))
    preparer = Preparer(
        context=errand.context,
        project=errand.project,
        repository=errand.repository,
        arguments=asked,
        again=errand.again,
    )
    copy = preparer.copy_of(str(errand.observer.head), aside / "tree")
    stated = copy.places.reached
    if wanted is not None and stated in (None, wanted):
        return Meant(version=str(wanted))
    line = preparer.line(copy, index.versions)
    choice = preparer.choose(copy, line)
    if isinstance(choice, ConfigurationError):
        raise choice
    if choice.stands != "next":
        return Meant(version=str(choice.version))
    preparer.branch()
    ahead = Ahead(preparer=preparer, copy=copy, line=line, choice=choice)
    return Meant(version=str(choice.version), ahead=ahead)


def _is_named(errand: Errand, version: Version) -> bool:
    """Whether `version` needs no preparation: a tag makes it, or it has its tag already."""
    project, repository = errand.project, errand.repository
    if project.version_from_tags:
        return True
    form, name = project.settings.tag_format, project.name
    return any(
        version_of_tag(tag, tag_format=form, name=name) == version for tag in repository.tags()
    )


def stated_version(errand: Errand) -> Meant | None:
    """The version that the tree states; `None` where only a build tells it."""
    from nox_release.checks.source.versions import declared_version

    project, head = errand.project, str(errand.observer.head)
    declared = declared_version(project, read_tree(project, errand.observer))
    declared = declared or tagged_version(project, errand.repository, head)
    if declared is not None:
        return Meant(version=str(Version(declared)))
    if project.version_from_tags:
        raise which_version(project, errand.repository, head)
    return None


def which_version(project: Project, repository: Repository, commit: str) -> ConfigurationError:
    """What to say when the tag makes the version and there is no tag yet."""
    form, name = project.settings.tag_format, project.name
    tags = repository.tags()
    known = [
        version for tag in tags if (version := version_of_tag(tag, tag_format=form, name=name))
    ]
    newest = f"The newest one is {max(known)}." if known else "There is none yet."
    hint = "Say it: nox -s release -- patch, or minor, or a version"
    others = [(tag, other) for tag in tags if (other := project.settings.tag_format_of(tag, name))]
    if others and not known:
        tag, other = others[-1]
        newest = f"There are others, such as `{tag}`."
        hint = (
            "If your tags look like that, say so first: "
            f'`[tool.nox-release] tag-format = "{other}"`.\n{hint}'
        )
    return ConfigurationError(
        "Which version is to be released?",
        reason=f"{name} takes its version from its tags, and {commit[:7]} has "
        f"none of the form `{form}`. {newest}",
        hint=hint,
    )
