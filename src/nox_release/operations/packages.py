"""Several packages of one repository at once: which are to be prepared and released, as which versions,
in which order; shown as one plan, and edited as one commit.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path

from nox_release.checks.judging import Case
from nox_release.checks.workflow.subject import WorkflowFacts, look_at
from nox_release.core.errors import ChecksFailed, ConfigurationError
from nox_release.core.findings import Finding, ranked
from nox_release.core.values import dataclass, replace
from nox_release.core.words import listed, some
from nox_release.edges.context import Context
from nox_release.edges.git import NotARepository, Repository, find_repository
from nox_release.observing.observer import Observer
from nox_release.operations import options as shared
from nox_release.operations.asking import Questions, asking
from nox_release.operations.checklist import Checklist, Wanted, make_checklist
from nox_release.operations.looking import Wish, named
from nox_release.operations.next_step import command
from nox_release.operations.prepare_report import show_mentions
from nox_release.operations.preparer import Copy, Prepared, Preparer
from nox_release.project.bounds import needs_in
from nox_release.project.documents import edited
from nox_release.project.preparing import told_of
from nox_release.project.pyproject import Project, read_pyproject
from nox_release.project.versions import WORDS, Choice, Line, is_words
from nox_release.project.workspace import Sibling, extras_of, needs_of
from nox_release.releases.observed import upload_times
from nox_release.releases.plan import files_there
from nox_release.releases.together import LeftOut, Member, Together, Turn, plan_together

_LONG_OUT = timedelta(days=1)
_NAMED_AT_MOST = 3  # packages in the first line of a commit's message


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One package: how it is prepared, the copy it is edited in, and what is known of it; `problems`
    are why no version follows.
    """

    project: Project
    preparer: Preparer
    copy: Copy
    member: Member
    questions: Questions
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """The packages here, the plan for them, and the judgement over each release that is planned."""

    context: Context
    repository: Repository
    commit: str
    parts: Mapping[str, Part]
    plan: Together
    checklists: Mapping[str, Checklist]
    observer: Observer | None = None
    idle: tuple[str, ...] = ()

    @property
    def titles(self) -> str:
        """The releases in one phrase."""
        return listed([f"{turn.name} {turn.version}" for turn in self.plan.turns])

    @property
    def index(self) -> str:
        """What the index is called."""
        first = next(iter(self.parts.values()))
        return first.project.settings.index.title

    # --- shown -----------------------------------------------------------------------------------

    def show(self) -> None:
        """Each package in one line, why it is released and what is rewritten, and the order.

        Raises:
            ConfigurationError: they cannot be released one by one.
        """
        console, plan = self.context.console, self.plan
        rows = [(turn.name, _change(turn), turn.why, _rewritten(turn)) for turn in plan.turns]
        rows += [(one.name, one.version, one.why, "") for one in plan.left_out]
        if rows:
            console.line()
            console.table(("", "", "", ""), rows)
        if self.idle:
            console.line(f"Nothing new: {some(self.idle, 10)}")
        if len(plan.turns) > 1:
            order = "   ".join(
                f"{number} {', '.join(layer)}" for number, layer in enumerate(plan.layers, start=1)
            )
            waits = f"each waits until {self.index} serves what it needs"
            console.line(f"Order  {order}" + (f"       {waits}" if plan.layers[1:] else ""))
        for note in plan.notes:
            console.mark(
                "warning", f"{note}, and is not prepared: it cannot be installed beside it."
            )
        if plan.problems:
            raise ConfigurationError(
                "These packages cannot be released one by one. Nothing was changed.",
                problems=plan.problems,
                hint="Give each its own version and its own tags: "
                '`[tool.nox-release] tag-format = "{name}-v{version}"`; or release them as they are '
                "used to be released: nox -s release -- --package NAME",
            )

    def stop_at_blockers(
        self, ends: Callable[[Checklist], Iterable[Finding]], *, again: str
    ) -> None:
        """Raise what stops one of the releases, each thing once."""
        found = {
            turn.name: tuple(ends(self.checklists[turn.name]))
            for turn in self.plan.turns
            if turn.name in self.checklists
        }
        wrong = [name for name, findings in found.items() if findings]
        if wrong:
            raise ChecksFailed(
                f"The release of {listed(wrong)} would fail. Nothing was changed.",
                findings=ranked(list(dict.fromkeys(one for name in wrong for one in found[name]))),
                hint=f"When that is settled: {again}",
            )

    # --- edited in the copy ----------------------------------------------------------------------

    def make(self) -> tuple[Prepared, ...]:
        """Every edit, in the copy: one for each package that has any, on top of each other, and all as
        one at the end; empty: there is nothing to edit.

        Raises:
            ConfigurationError: one cannot be prepared.
            ConflictError: there are changes here that are not these edits.
        """
        turns = self.plan.to_make
        if not turns:
            return ()
        self._rewrite_bounds(turns)
        made = []
        for turn in turns:
            part = self.parts[turn.name]
            choice = Choice(version=turn.version, stands=turn.stands)
            reasons = tuple(f"Require `{bound.edit.text}`" for bound in turn.bounds)
            made.append(part.preparer.edit(part.copy, part.member.line, choice, reasons=reasons))
        whole = replace(made[-1], message=self._message(turns, made))
        self.parts[turns[0].name].preparer.recognise(whole)
        # Where tags make a version, no file may state it.
        return (*made, whole) if whole.changed else ()

    def _rewrite_bounds(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            edits = [bound.edit for bound in turn.bounds]
            files = self.parts[turn.name].copy.files
            document = files.own("pyproject.toml") if edits else None
            if document is not None:
                path = self.parts[turn.name].copy.repository.root / document.file
                path.write_bytes(document.with_text(edited(document.text, edits)))

    def _message(self, turns: Sequence[Turn], made: Sequence[Prepared]) -> str:
        """The message of the one commit, in the form of the first package's settings."""
        settings = self.parts[turns[0].name].project.settings
        releases = [(turn.name, one.version) for turn, one in zip(turns, made, strict=True)]
        shown = releases if len(releases) <= _NAMED_AT_MOST else releases[: _NAMED_AT_MOST - 1]
        titles = [f"{name} {version}" for name, version in shown]
        rest = len(releases) - len(shown)
        words = listed([*titles, f"{rest} more"] if rest else titles)
        if "{name} {version}" in settings.commit_message:
            form = settings.commit_message.replace("{name} {version}", "{version}")
        else:
            form = settings.commit_message
        subject = form.format(name="packages", version=words)
        if not rest:
            return subject
        return "\n".join([subject, "", *(f"- {name} {version}" for name, version in releases)])

    def show_edits(self, made: Sequence[Prepared]) -> None:
        """What `make` edited."""
        console = self.context.console
        console.line()
        console.quote(made[-1].difference)
        for one in made[:-1]:
            show_mentions(console, one)

    def prove(self, made: Sequence[Prepared], aside: Path) -> None:
        """Build each package as it was edited."""
        for turn, one in zip(self.plan.to_make, made[:-1], strict=True):
            self.parts[turn.name].preparer.prove(one, aside / "dist" / turn.name)

    def bring_over(self, made: Sequence[Prepared], *, commits: bool = True) -> str:
        """Edit the files here and commit them; the commit that is there now."""
        preparer = self.parts[self.plan.to_make[0].name].preparer
        return preparer.bring_over(made[-1], commits=commits).head


def _change(turn: Turn) -> str:
    version = str(turn.version)
    return version if turn.before in ("", version) else f"{turn.before} → {version}"


def _rewritten(turn: Turn) -> str:
    texts = dict.fromkeys(bound.edit.text for bound in turn.bounds)
    return f"→ {', '.join(texts)}" if texts else ""


# --- found ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is asked for: `arguments` are the words, `edits` says whether anything is prepared, and
    `finishes` whether a release that has begun counts. `again` is the command that means the same.
    """

    arguments: tuple[str, ...]
    again: str
    wish: Wish
    edits: bool = True
    finishes: bool = False


def find_several(
    context: Context, options: argparse.Namespace, search: Search, aside: Path
) -> Several:
    """Everything that the plan for all packages depends on, and the plan.

    Raises:
        ConfigurationError: an option does not go with several packages.
    """
    _refuse_options(options, search.arguments)
    packages = shared.load_packages(context, options)
    projects = tuple(named(context, project) for project in packages.projects)
    repository = find_repository(context.root, context.runner)
    if repository is None:
        raise NotARepository(context.root)
    head = repository.head()
    names = ", ".join(project.name for project in projects)
    with context.console.waiting(f"Asking about {names}"), asking(context, projects) as asked:
        preparers = _preparers(context, projects, repository, search)
        tree = preparers[0].copy_of(head, aside / "tree").repository
        found = [
            _part(preparer, preparer.copy_in(tree, head), one, search)
            for preparer, one in zip(preparers, asked, strict=True)
        ]
        parts = {one.project.name: one for one in found if isinstance(one, Part)}
        look = _Look(
            context=context,
            search=search,
            parts=parts,
            left_out=(
                *(_kept_back(*one) for one in packages.kept_back),
                *(one for one in found if isinstance(one, LeftOut)),
            ),
            tags=repository.tags_behind(head),
        )
        plan = look.plan()
        checklists = {} if plan.problems else look.judge(plan)
        plan = replace(
            plan,
            problems=(
                *plan.problems,
                *clashes({name: one.case for name, one in checklists.items()}),
            ),
        )
    planned = {turn.name for turn in plan.turns}
    return Several(
        context=context,
        repository=repository,
        commit=head,
        parts=parts,
        plan=plan,
        checklists=checklists,
        observer=next((one.observer for one in asked if isinstance(one.observer, Observer)), None),
        idle=tuple(name for name in parts if name not in planned),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """All packages as they are, while the questions about them can be put."""

    context: Context
    search: Search
    parts: Mapping[str, Part]
    left_out: tuple[LeftOut, ...]
    tags: tuple[str, ...]

    def plan(self) -> Together:
        """What is new and what follows it; where wanted, what has begun and is not whole, too."""
        members = [part.member for part in self.parts.values()]
        plan = self._plan_of(members)
        if self.search.finishes:
            planned = {turn.name for turn in plan.turns}
            begun = [self._as_begun(one) for one in members if one.name not in planned]
            members = [*(one for one in members if one.name in planned), *begun]
            if any(one.choice for one in begun):
                plan = self._plan_of(members)
        wrong = (problem for part in self.parts.values() for problem in part.problems)
        return replace(plan, problems=(*wrong, *plan.problems))

    def _plan_of(self, members: Sequence[Member]) -> Together:
        return plan_together(members, self.left_out, tags=self.tags, edits=self.search.edits)

    def _as_begun(self, member: Member) -> Member:
        """A package whose tag is there, and whose release is not whole, as one that is prepared."""
        line, part = member.line, self.parts[member.name]
        tagged = part.preparer.tagged(part.copy.commit)
        stated = line.stated or line.released
        if line.released is None or stated != line.released or line.released not in tagged:
            return member
        wanted = Wanted(version=str(line.released), wish=self.search.wish)
        if _is_out(make_checklist(self.context, part.project, part.questions, wanted)):
            return member
        return replace(member, choice=Choice(version=line.released, stands="prepared"))

    def judge(self, plan: Together) -> dict[str, Checklist]:
        """The judgement over each release that is planned, those before it taken as made."""
        found = {}
        for turn in plan.turns:
            part = self.parts[turn.name]
            wanted = Wanted(
                version=str(turn.version), wish=self.search.wish, before=plan.before(turn.name)
            )
            found[turn.name] = make_checklist(self.context, part.project, part.questions, wanted)
        return found


def _refuse_options(options: argparse.Namespace, arguments: tuple[str, ...]) -> None:
    if options.package:
        raise ConfigurationError("`--package` and `--all-packages` do not go together.")
    if not is_words(arguments):
        wrong = next(one for one in arguments if one not in WORDS)
        raise ConfigurationError(
            f"`{wrong}` is of one package, and `--all-packages` means every one.",
            reason=f"Words that each counts from its own version: {', '.join(WORDS[:-1])}.",
            hint="nox -s prepare -- patch --all-packages",
        )
    if "dev" in arguments:
        raise ConfigurationError(
            "`dev` and `--all-packages` do not go together.",
            reason="No requirement may name a version of development.",
            hint="nox -s prepare -- dev --package NAME",
        )


def _preparers(
    context: Context, projects: Sequence[Project], repository: Repository, search: Search
) -> tuple[Preparer, ...]:
    folders = {
        project.name: project.root.resolve().relative_to(repository.root).as_posix()
        for project in projects
    }
    return tuple(
        Preparer(
            context=context,
            project=project,
            repository=repository,
            arguments=search.arguments,
            again=search.again,
            paths=_paths(folders[project.name], folders.values()),
        )
        for project in projects
    )


def _paths(folder: str, others: Iterable[str]) -> tuple[str, ...]:
    """What of the repository concerns the package in `folder`: it, without the packages below."""
    inside = f"{folder}/" if folder != "." else ""
    below = (one for one in others if one != folder and one.startswith(inside))
    own = f":(top,literal){folder}" if folder != "." else ":(top)"
    return (own, *(f":(top,exclude,literal){one}" for one in below))


def _kept_back(project: Project, why: str) -> LeftOut:
    said = "private classifier" if why.startswith("`Private") else why
    name = project.name or project.root.name
    return LeftOut(name=name, version=project.version or "", why=f"not published ({said})")


def _part(preparer: Preparer, copy: Copy, questions: Questions, search: Search) -> Part | LeftOut:
    """One package, and why its next version is not known; or why it has no part in this."""
    project = preparer.project
    has_tags = bool(preparer.tagged(copy.commit)) or _names_its_tags(preparer)
    if copy.places.declared is None and not (project.version_from_tags and has_tags):
        why = "no file states its version"
        if project.version_from_tags:
            why = f"no tag of its own makes its version: nox -s release -- VERSION --package {project.name}"
        return LeftOut(name=project.name, version="", why=why)
    line = preparer.line(copy, questions.index.versions)
    creates = search.wish.pending_publisher or not project.settings.index.is_like_pypi
    if line.released is None and questions.index.is_absent and not creates:
        first = command("first-upload", ["--package", project.name])
        why = f"not on {project.settings.index.title} yet: {first}"
        return LeftOut(name=project.name, version=project.version or "", why=why)
    if copy.places.declared is None:
        line = replace(line, stated=told_of(copy.files, line.released))
    choice = _choice(preparer, copy, line, edits=search.edits)
    problems = []
    if isinstance(choice, ConfigurationError):
        problems.append(f"{project.name}: {choice.reason or choice.message}")
        choice = None
    document = copy.files.own("pyproject.toml")
    needs = needs_in(document) if document is not None else ()
    member = Member(
        package=Sibling(
            name=project.name,
            folder=project.root.relative_to(preparer.context.root).as_posix(),
            version=str(line.stated or line.released),
            tag_format=project.settings.tag_format,
            needs=needs_of(copy.project)
            or tuple(one.requirement for one in needs if one.published),
            extras=extras_of(copy.project),
        ),
        line=line,
        choice=choice,
        needs=needs,
        places=frozenset((place.file, place.start) for place in copy.places.all),
        has_tags=has_tags,
    )
    return Part(
        project=project,
        preparer=preparer,
        copy=copy,
        member=member,
        questions=questions,
        problems=tuple(problems),
    )


def _names_its_tags(preparer: Preparer) -> bool:
    """Whether the settings say how the package's tags are named, so that it is not a guess."""
    tables = (preparer.project.pyproject, read_pyproject(preparer.context.root))
    return any("tag-format" in shared.table_of(one) for one in tables)


def _choice(
    preparer: Preparer, copy: Copy, line: Line, *, edits: bool
) -> Choice | ConfigurationError | None:
    """The version that is to be released: what the tree states already, or what the words make of
    what is new; `None`: nothing is.
    """
    stated, released = line.stated, line.released
    stands = None
    if stated is not None and not stated.is_devrelease and (released is None or stated > released):
        stands = Choice(version=stated, stands="prepared")
    if not edits or (stands is not None and not _has_gone_on(preparer, copy, line)):
        return stands
    if not line.moved:
        return None
    chosen = preparer.choose(copy, line)
    if isinstance(chosen, ConfigurationError):
        return stands or chosen
    return None if chosen.stands == "released" else chosen


def _has_gone_on(preparer: Preparer, copy: Copy, line: Line) -> bool:
    """Whether there is more in the package than the commit that states its version."""
    place = copy.places.declared
    if line.released is None or place is None:
        return False
    commit = preparer.repository.commit_with(place.text, place.file)
    if commit is None:
        return True
    return bool(preparer.repository.subjects_since(commit, copy.commit, preparer.paths))


def _is_out(checklist: Checklist) -> bool:
    """Whether a release is whole, or came out long ago: what it lacks is nobody's to bring now."""
    case = checklist.case
    times = upload_times(files_there(case.target, case.observed))
    return checklist.phase == "done" or bool(times and case.now - max(times) > _LONG_OUT)


def clashes(cases: Mapping[str, Case]) -> Iterator[str]:
    """Packages whose own workflow is started by a tag of another one that has its own."""
    for (one, ours), (other, theirs) in permutations(cases.items(), 2):
        job, beside = ours.derivation.job, theirs.derivation.job
        if job is None or beside is None or job.workflow.file == beside.workflow.file:
            continue
        facts = WorkflowFacts(
            repository=ours.target.slug or None,
            index=ours.project.settings.index,
            tag=theirs.target.tag,
            actions=ours.actions,
        )
        subject = look_at(job.workflow, facts)
        if any(subject.reaches(job, event) for event in ("push-tag", "release")):
            yield (
                f"the tag `{theirs.target.tag}` of {other} starts {job.workflow.file}, too, which "
                f"uploads {one}"
            )
