"""One version's preparation: which version is meant, the edits made in a copy and built there, and
the steps that bring them over. `prepare` and `release` tell it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.core.answers import ask, known
from nox_release.core.errors import (
    ChecksFailed,
    ConfigurationError,
    ConflictError,
    NoxReleaseError,
    disk_error,
)
from nox_release.core.findings import errors_in
from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.core.words import some
from nox_release.edges.checkouts import commit_here, export
from nox_release.edges.context import Context
from nox_release.edges.git import Repository, short
from nox_release.edges.git_settings import read_git_settings
from nox_release.observing.place import choose_remote
from nox_release.observing.source_tree import reader_of
from nox_release.operations.reconcile import Story, reconcile
from nox_release.project.changelog_edits import Kind
from nox_release.project.dates import is_of_another_day
from nox_release.project.documents import Files
from nox_release.project.preparing import Preparation, plan_version, propose
from nox_release.project.pyproject import Project, read_project
from nox_release.project.version_places import Places, find_places
from nox_release.project.versions import (
    Choice,
    Line,
    Refusal,
    choose_version,
    line_of_branch,
    spelled,
)
from nox_release.releases.observed import PreparedTree
from nox_release.releases.plan import (
    Commit,
    Plan,
    PrepareStep,
    Target,
    plan_preparation,
    version_of_tag,
)

if TYPE_CHECKING:
    from nox_release.operations.built import Built


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of HEAD, in which the edits are made and built."""

    repository: Repository
    project: Project
    files: Files
    commit: str

    @property
    def places(self) -> Places:
        return find_places(self.project, self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A version as it was made in the copy: `changed` are `A`, `M` or `D` and the path of every file
    that differs in the copy's commit `edited`.
    """

    copy: Copy
    plan: Preparation
    version: str
    edited: str
    changed: tuple[tuple[str, str], ...]
    message: str
    branch: str

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(path for _, path in self.changed)

    @property
    def difference(self) -> str:
        return self.copy.repository.difference(self.copy.commit, self.edited).rstrip("\n")

    @property
    def tree(self) -> str:
        """What the commit has to hold."""
        return self.copy.repository.tree_of(self.edited)

    def steps(self, seen: PreparedTree, *, commits: bool = True) -> Plan[PrepareStep]:
        return plan_preparation(self.files, self.message, seen, commits=commits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparer:
    """What is asked for, by `arguments` (words or a version), and the ways to look and act.

    `again` is the command that means the same once more. `paths` limit which commits concern the
    package, as git's pathspecs; without any, all of them do.
    """

    context: Context
    project: Project
    repository: Repository
    arguments: tuple[str, ...]
    again: str
    paths: tuple[str, ...] = ()

    # --- what is there ---------------------------------------------------------------------------

    def branch(self) -> str:
        """The branch that the commit goes onto.

        Raises:
            ConflictError: none is checked out.
        """
        branch = self.repository.branch()
        if branch is None:
            raise ConflictError(
                "No branch is checked out here.",
                reason=f"HEAD is {short(self.repository.head())} itself, and the commit of a version "
                "goes onto a branch.",
                hint="git switch BRANCH",
            )
        return branch

    def copy_of(self, head: str, folder: Path) -> Copy:
        """HEAD in a folder of its own."""
        root = export(self.repository, head, folder)
        return self.copy_in(Repository(root=root, runner=self.repository.runner), head)

    def copy_in(self, repository: Repository, head: str) -> Copy:
        """The project in a copy of its repository."""
        root = repository.root
        below = self.project.root.relative_to(self.repository.root)
        project = replace(read_project(root / below), settings=self.project.settings)
        project = replace(project, name=project.name or self.project.name)
        prefix = "" if below.as_posix() == "." else f"{below.as_posix()}/"
        files = Files(names=frozenset(repository.tracked()), read=reader_of(root), prefix=prefix)
        return Copy(repository=repository, project=project, files=files, commit=head)

    def line(self, copy: Copy, on_index: tuple[str, ...]) -> Line:
        """What words count from: the newest release of this branch's line."""
        line = line_of_branch(self.repository.branch() or "")
        tagged = self.tagged(copy.commit)
        published = {version for text in on_index if (version := parse_version(text))}
        everything = {*tagged, *published}
        of_line = [one for one in everything if line and one.release[: len(line)] == line]
        released = max(of_line or everything, default=None)
        stated = copy.places.reached
        tag = tagged.get(released) if released else None
        start = (
            f"refs/tags/{tag}"
            if tag
            else _tagged_there(self.repository, self.project, released)
            if released
            else None
        )
        since = None
        if start is not None:
            since = self.repository.subjects_since(start, copy.commit, self.paths)
        # The way back to development is nothing new.
        back = stated is not None and stated.is_devrelease
        commits = max(0, len(since or ()) - back)
        return Line(
            released=released,
            stated=stated,
            moved=since is None or commits > 0,
            commits=commits,
            kept=line if of_line else None,
        )

    def tagged(self, head: str) -> dict[Version, str]:
        form, name = self.project.settings.tag_format, self.project.name
        return {
            version: tag
            for tag in self.repository.tags_behind(head)
            if (version := version_of_tag(tag, tag_format=form, name=name)) is not None
        }

    # --- which version ---------------------------------------------------------------------------

    def choose(self, copy: Copy, line: Line) -> Choice | ConfigurationError:
        """The version that is meant, or why none follows."""
        arguments, why = self.arguments, ""
        if not arguments:
            today = self.context.clock.now().astimezone().date()
            proposal = propose(copy.project, copy.files, line.released, today)
            if proposal is None:
                return ConfigurationError(
                    "Which version is to be prepared?",
                    reason=f"The newest one that is released is {line.released or 'none'}, and "
                    "no changelog says what kind of change there is.",
                    hint="nox -s prepare -- minor, or patch, or a version",
                )
            arguments, why = proposal.arguments, f"{' '.join(proposal.arguments)}: {proposal.why}"
        chosen = choose_version(arguments, line)
        if isinstance(chosen, Refusal):
            return ConfigurationError(
                "This is not the next version.", reason=chosen.reason, hint=chosen.hint
            )
        return replace(chosen, note=" ".join(filter(None, (why, chosen.note))))

    def spelled(self, copy: Copy, choice: Choice) -> str:
        """The version as it will be written: as it was given, else as the project writes them."""
        given = self.arguments
        if len(given) == 1 and parse_version(given[0]) is not None:
            return given[0].removeprefix("v")
        form, name = self.project.settings.tag_format, self.project.name
        before, _, after = form.replace("{name}", name).partition("{version}")
        known = [
            tag.removeprefix(before).removesuffix(after)
            for _, tag in sorted(self.tagged(copy.commit).items(), reverse=True)
        ]
        return spelled(choice.version, known)

    # --- in the copy -----------------------------------------------------------------------------

    def make(self, copy: Copy, line: Line, choice: Choice) -> Prepared:
        """Make every edit, in the copy.

        Raises:
            ConfigurationError: the version cannot be prepared.
            ConflictError: there are changes here that are not these edits.
        """
        prepared = self.edit(copy, line, choice)
        self.recognise(prepared)
        return prepared

    def edit(
        self, copy: Copy, line: Line, choice: Choice, *, reasons: tuple[str, ...] = ()
    ) -> Prepared:
        """The same, whatever there is here; `reasons` are what the changelog says where nothing does.

        Raises:
            ConfigurationError: the version cannot be prepared.
        """
        version, branch = self.spelled(copy, choice), self.branch()
        plan = plan_version(
            copy.project,
            copy.files,
            version,
            self.context.clock.now().astimezone().date(),
            drafted=self._draft(line, copy.commit),
            reasons=reasons,
        )
        self._stop_at_problems(plan)
        root = copy.repository.root
        for change in plan.changes:
            (root / change.file).write_bytes(change.after)
        if plan.changelog_edit.kind is Kind.FRAGMENTS:
            from nox_release.operations.prepare_fragments import put_together

            put_together(self.context, self.project, copy.project.root, version)
        message = self.project.settings.message(self.project.name, version)
        edited = commit_here(copy.repository, message)
        return Prepared(
            copy=copy,
            plan=plan,
            version=version,
            edited=edited,
            changed=copy.repository.changed_between(copy.commit, edited),
            message=message,
            branch=branch,
        )

    def _draft(self, line: Line, head: str) -> tuple[str, ...]:
        """What a section that is written at the release begins with: the commits since the tag."""
        tag = self.tagged(head).get(line.released) if line.released else None
        start = f"refs/tags/{tag}"
        return self.repository.subjects_since(start, head, self.paths) if tag else ()

    def _stop_at_problems(self, plan: Preparation) -> None:
        if plan.places.declared is None and not self.project.version_from_tags:
            raise ConfigurationError(
                "No file was found that states the version. Nothing was edited.",
                reason="The build works it out, and not from tags.",
                hint="Write it where the build backend reads it: `project.version`, for one.",
            )
        problems = list(plan.places.problems)
        if plan.changelog_edit.unparsed:
            problems.append(
                f"`{plan.changelog}` cannot be edited safely: {plan.changelog_edit.unparsed}"
            )
        if problems:
            raise ConfigurationError(
                "This cannot be prepared. Nothing was edited.",
                problems=problems,
                hint="Correct `[tool.nox-release] version-files`, or edit the named file yourself.",
            )

    def recognise(self, prepared: Prepared) -> None:
        """Let a half-edited tree pass, whose changes are exactly those that are planned."""
        planned = {path: kind for kind, path in prepared.changed}
        others = [
            path
            for path in self.repository.changes().modified
            if path not in planned
            or not (
                self._is_edited(prepared, planned[path], path)
                or self._was_edited_before(prepared, planned[path], path)
            )
        ]
        if others:
            raise ConflictError(
                "There are changes that are not committed.",
                reason=some(others),
                hint="git commit, or git stash; then the same command again.",
            )

    def _is_edited(self, prepared: Prepared, kind: str, path: str) -> bool:
        here = self.repository.root / path
        if kind == "D":
            return not here.exists()
        wanted = (prepared.copy.repository.root / path).read_bytes()
        return here.is_file() and here.read_bytes() == wanted

    def _was_edited_before(self, prepared: Prepared, kind: str, path: str) -> bool:
        """Whether a file is edited as it is planned, on an earlier day."""
        here, copy = self.repository.root / path, prepared.copy
        if kind != "M" or not here.is_file():
            return False
        original = copy.repository.read_file(copy.commit, path) or ""
        planned = (copy.repository.root / path).read_bytes().decode("utf-8", "replace")
        return is_of_another_day(here.read_bytes().decode("utf-8", "replace"), planned, original)

    def prove(self, prepared: Prepared, destination: Path, *, smoke: bool | None = False) -> Built:
        """Build the edited tree, and compare the version that it makes.

        Raises:
            NoxReleaseError: it cannot be built, or makes another version.
        """
        from nox_release.operations.build import build

        copy, version = prepared.copy, prepared.version
        settings = self.project.settings
        from_tags = copy.project.version_from_tags
        built = build(
            self.context.at(copy.project.root),
            replace(read_project(copy.project.root), settings=settings),
            # Where a tag makes the version, it has to be there before the build.
            tag=settings.tag(self.project.name, version) if from_tags else None,
            smoke=smoke,
            destination=destination,
        )
        if Version(built.version) != Version(version):
            raise NoxReleaseError(
                f"The edited tree builds {built.version}, not {version}. Nothing was edited here.",
                reason="The build takes its version from another place than those above.",
                hint="Name that place: `[tool.nox-release] version-files`.",
            )
        errors = errors_in(built.findings)
        if errors:
            raise ChecksFailed("The edited tree cannot be released.", findings=errors)
        kinds = " and ".join(one.kind for one in built.distributions)
        self.context.console.mark(
            "ok", f"the edited tree builds {self.project.name} {version}, {kinds}"
        )
        return built

    def target(self, version: str, commit: str) -> Target:
        """What steps are told about."""
        settings, name = self.project.settings, self.project.name
        return Target(
            name=name,
            version=version,
            tag=settings.tag(name, version),
            commit=commit,
            index=settings.index,
        )

    # --- here ------------------------------------------------------------------------------------

    def look(self, prepared: Prepared) -> PreparedTree:
        """How much of it is here."""
        head = self.repository.head()
        return PreparedTree(
            head=head,
            branch=prepared.branch,
            edited=all(self._is_edited(prepared, kind, path) for kind, path in prepared.changed),
            committed=head != prepared.copy.commit,
        )

    def bring_over(self, prepared: Prepared, *, commits: bool = True) -> PreparedTree:
        """Edit the files here and commit them, as it was shown and agreed to.

        Raises:
            ConflictError: HEAD is another commit than the one that was copied.
            CommandError: git cannot commit, or a hook refuses.
        """
        seen = self.look(prepared)
        if seen.head != prepared.copy.commit:
            raise ConflictError(
                "There is another commit here than when this was planned.",
                hint="Run the same command again: it makes a new plan.",
            )
        story: Story[PrepareStep, PreparedTree] = Story(
            target=self.target(prepared.version, seen.head),
            look=lambda _: self.look(prepared),
            plan=lambda now: prepared.steps(now, commits=commits),
            perform=lambda step: perform(self, prepared, step),
            console=self.context.console,
            clock=self.context.clock,
            again=self.again,
        )
        return reconcile(story, seen, prepared.steps(seen, commits=commits).todo)


def perform(preparer: Preparer, prepared: Prepared, step: PrepareStep) -> None:
    """Carry out one step: the one place where files of the project are edited."""
    if isinstance(step, Commit):
        preparer.repository.commit(step.files, message=step.message + "\n")
        return
    for kind, path in prepared.changed:
        source = None if kind == "D" else prepared.copy.repository.root / path
        _replace(preparer.repository, source, path)


def _replace(repository: Repository, source: Path | None, path: str) -> None:
    """Every file is replaced whole, one by one; each is the old one or the new one."""
    here = repository.root / path
    # Among git's own files: a kill leaves nothing in the tree.
    partial = repository.own_path(f"nox-release.{os.getpid()}.part")
    try:
        if source is None:
            here.unlink(missing_ok=True)
            return
        here.parent.mkdir(parents=True, exist_ok=True)
        if partial is None or partial.parent.stat().st_dev != here.parent.stat().st_dev:
            partial = here.with_name(f".{here.name}.part")
        shutil.copyfile(source, partial)
        shutil.copymode(here if here.exists() else source, partial)
        partial.replace(here)
    except OSError as error:
        raise disk_error(error, f"`{path}` cannot be written.") from None


def _tagged_there(repository: Repository, project: Project, version: Version) -> str | None:
    """The commit of a version whose tag the remote has, and this clone only the commit."""
    settings, name = project.settings, project.name
    remote = known(
        ask(
            lambda: choose_remote(
                read_git_settings(repository), repository.branch(), settings.remote
            )
        )
    )
    if remote is None:
        return None
    tag = settings.tag(name, str(version))
    state = known(ask(lambda: repository.remote_state(remote, branch=None, tag=tag)))
    if state is None or state.tag is None or not repository.has_commit(state.tag.commit):
        return None
    return state.tag.commit
