"""Prepare a version: every file that states it, the changelog, and one commit.

    nox -s prepare -- minor      the next version by a word
    nox -s prepare -- 1.4.0      or the version itself
    nox -s prepare               what the changelog calls for
    nox -s prepare -- --check    reads only: do all places agree, locks too?

The words are major, minor, patch, stable, alpha, beta, rc, post and dev. A word counts from what is released, whatever the tree says. The edits are made in a copy first,
shown, and built there; nothing is edited here before you agree. Whatever interrupts it, the same
command finishes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import (
    ChecksFailed,
    ConfigurationError,
    ConflictError,
    NoxReleaseError,
    disk_error,
)
from nox_release.core.findings import errors_in
from nox_release.edges.git import NotARepository, Repository, find_repository, short
from nox_release.edges.process import side_by_side
from nox_release.observing.source_tree import reader_of
from nox_release.operations import options as shared
from nox_release.operations.looking import named
from nox_release.project.changelog_edits import Kind
from nox_release.project.documents import Files
from nox_release.project.preparing import plan_version, propose
from nox_release.project.pyproject import read_project
from nox_release.project.version_files import find_mentions
from nox_release.project.version_places import find_places
from nox_release.project.versions import (
    Choice,
    Line,
    Refusal,
    choose_version,
    line_of_branch,
    spelled,
)
from nox_release.releases.plan import version_of_tag

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator
    from concurrent.futures import ThreadPoolExecutor

    from nox_release.core.findings import Finding
    from nox_release.edges.context import Context
    from nox_release.observing.observer import Observer
    from nox_release.observing.on_index import IndexQuestions
    from nox_release.operations.checklist import Checklist
    from nox_release.project.preparing import Preparation
    from nox_release.project.pyproject import Project

_THREADS = 24
# What is said about the commit that is there now, whose place another one takes.
_OF_THIS_COMMIT = frozenset(
    {
        "tree-dirty",
        "checks-red",
        "checks-running",
        "branch-ahead",
        "changelog-section",
        "lock-version-stale",
        "version-not-asked",
    }
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version",
        nargs="*",
        metavar="WORD|VERSION",
        help="one or two words (`minor`, `minor rc`), or a version",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="read only: whether all places of the version agree; exit status 1 if not",
    )
    parser.add_argument("--no-commit", dest="commit", action="store_false", help="edit, and stop")
    parser.add_argument(
        "--no-build",
        dest="build",
        action="store_false",
        help="leave out the proof that the edited tree builds this version",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and stop")
    shared.add_yes(parser)
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_json(parser)


def main(context: Context, options: argparse.Namespace) -> int:
    """The session."""
    if options.json and not options.check:
        raise ConfigurationError("`--json` goes with `--check`.")
    if options.check:
        from nox_release.operations.prepare_check import check

        return check(context, shared.load_projects(context, options), json=options.json)
    project = named(context, shared.load_project(context, options))
    return Prepare(context, options, project).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of HEAD, in which the edits are made and built."""

    repository: Repository
    project: Project
    files: Files
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Those to whom questions are put, and the threads that wait for answers."""

    observer: Observer | Finding | CouldNotAsk
    index: IndexQuestions
    pool: ThreadPoolExecutor

    @property
    def versions(self) -> tuple[str, ...]:
        """What the index has; nothing where it could not be asked, which is judged later."""
        found = self.index.answers.result().project
        return () if found is None or isinstance(found, CouldNotAsk) else found.versions


class Prepare:
    """One `nox -s prepare`: what is asked for, and the ways to look and act."""

    def __init__(self, context: Context, options: argparse.Namespace, project: Project) -> None:
        self.context = context
        self.console = context.console
        self.options = options
        self.project = project
        repository = find_repository(project.root, context.runner)
        if repository is None:
            raise NotARepository(project.root)
        self.repository = repository
        self.below = project.root.relative_to(repository.root)
        self.today = context.clock.now().astimezone().date()

    # --- the story -------------------------------------------------------------------------------

    def run(self) -> int:
        head = self.repository.head()
        branch = self.repository.branch()
        if branch is None:
            raise ConflictError(
                "No branch is checked out here.",
                reason=f"HEAD is {short(head)} itself, and the commit of a version goes onto a branch.",
                hint="git switch BRANCH",
            )
        with _aside() as aside:
            copy = self.copy_of(head, aside / "tree")
            with self.console.waiting(f"Asking about {self.project.name}"), self.asking() as asked:
                line = self.line(copy, head, branch, asked.versions)
                choice = self.choose(copy, line)
                checklist = self.judge(asked, choice)
            # Raised here, where nothing is asked any more: a failure ends what still runs.
            if isinstance(choice, NoxReleaseError):
                raise choice
            if checklist is not None:
                self.stop_at(checklist)
            if choice.stands != "next":
                return self.nothing_to_do(copy, choice)
            text = self.spelled(choice)
            plan = plan_version(
                copy.project, copy.files, text, self.today, drafted=self.draft(line, head)
            )
            self.stop_at_problems(plan)
            self.show(plan, text, choice.note)
            edited = self.edit_copy(copy, plan, text)
            changed = copy.repository.changed_between(copy.commit, edited)
            if not changed:
                raise self.no_files(text)
            self.recognise(copy, changed)
            self.console.line()
            self.console.quote(copy.repository.difference(copy.commit, edited).rstrip("\n"))
            self.show_mentions(copy, plan)
            self.prove(copy, text, aside)
            if self.options.dry_run:
                return 0
            return self.carry_out(copy, changed, text, branch)

    # --- what is there ---------------------------------------------------------------------------

    def copy_of(self, head: str, folder: Path) -> Copy:
        root = self.repository.export(head, folder)
        repository = Repository(root=root, runner=self.repository.runner)
        project = replace(read_project(root / self.below), settings=self.project.settings)
        project = replace(project, name=project.name or self.project.name)
        prefix = "" if self.below == Path() else f"{self.below.as_posix()}/"
        files = Files(names=frozenset(repository.tracked()), read=reader_of(root), prefix=prefix)
        return Copy(repository=repository, project=project, files=files, commit=head)

    @contextlib.contextmanager
    def asking(self) -> Generator[Questions]:
        """What `check-project` asks, begun at once."""
        from nox_release.edges.maintainer import Keyring
        from nox_release.observing.on_index import IndexQuestions
        from nox_release.operations.looking import find_observer

        context, project = self.context, self.project
        keyring = Keyring(context.runner, context.root)
        with (
            side_by_side(4) as waiting,
            side_by_side(_THREADS) as pool,
            contextlib.closing(
                IndexQuestions(context, project, keyring, pool=pool, waiting=waiting)
            ) as index,
        ):
            yield Questions(observer=find_observer(context, project, pool), index=index, pool=pool)

    def judge(self, asked: Questions, choice: Choice | NoxReleaseError) -> Checklist | None:
        """The judgement over a release of the chosen version from here."""
        from nox_release.operations.checklist import Wanted, make_checklist

        if isinstance(choice, NoxReleaseError) or choice.stands == "released":
            return None
        return make_checklist(
            self.context,
            self.project,
            asked.observer,
            asked.index,
            asked.pool,
            Wanted(version=str(choice.version)),
        )

    def line(self, copy: Copy, head: str, branch: str, on_index: tuple[str, ...]) -> Line:
        """What words count from: the newest release of this branch's line."""
        line = line_of_branch(branch)
        tagged = self.tagged(head)
        published = {Version(text) for text in on_index if _is_version(text)}
        everything = {*tagged, *published}
        of_line = [one for one in everything if line and one.release[: len(line)] == line]
        released = max(of_line or everything, default=None)
        stated = find_places(copy.project, copy.files).version
        return Line(
            released=released,
            stated=stated,
            moved=self.has_moved(tagged.get(released) if released else None, head, stated),
            kept=line if of_line else None,
        )

    def tagged(self, head: str) -> dict[Version, str]:
        form, name = self.project.settings.tag_format, self.project.name
        return {
            version: tag
            for tag in self.repository.tags_behind(head)
            if (version := version_of_tag(tag, tag_format=form, name=name)) is not None
        }

    def has_moved(self, tag: str | None, head: str, stated: Version | None) -> bool:
        """Whether there is more since the tag than the commit that went back to development."""
        if tag is None:
            return True
        since = self.repository.subjects_since(f"refs/tags/{tag}", head)
        back = stated is not None and stated.is_devrelease
        return len(since) > (1 if back else 0)

    # --- which version ---------------------------------------------------------------------------

    def choose(self, copy: Copy, line: Line) -> Choice | NoxReleaseError:
        arguments = tuple(self.options.version)
        why = ""
        if not arguments:
            proposal = propose(copy.project, copy.files, line.released, self.today)
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

    def spelled(self, choice: Choice) -> str:
        """The version as it will be written: as it was given, else as the project writes them."""
        given: list[str] = self.options.version
        if len(given) == 1 and _is_version(given[0]):
            return given[0].removeprefix("v")
        form, name = self.project.settings.tag_format, self.project.name
        before, _, after = form.replace("{name}", name).partition("{version}")
        tags = self.tagged(self.repository.head())
        known = [
            tag.removeprefix(before).removesuffix(after)
            for _, tag in sorted(tags.items(), reverse=True)
        ]
        return spelled(choice.version, known)

    def draft(self, line: Line, head: str) -> tuple[str, ...]:
        """What a section that is written at the release begins with: the commits since the tag."""
        tag = self.tagged(head).get(line.released) if line.released else None
        return self.repository.subjects_since(f"refs/tags/{tag}", head) if tag else ()

    def nothing_to_do(self, copy: Copy, choice: Choice) -> int:
        name, version = self.project.name, choice.version
        if choice.stands == "released":
            self.console.mark("done", f"{name} {version} is released. There is nothing to prepare.")
            self.console.mark("step", "Next, to see that it is whole:")
            self.console.paste("nox -s check-project", indent=4)
            return 0
        place = find_places(copy.project, copy.files).declared
        commit = self.repository.commit_with(place.text, place.file) if place else None
        where = f" in {short(commit)}" if commit else ""
        self.console.mark("done", f"{name} {version} is prepared{where}.")
        self.console.mark("step", "Next:")
        self.console.paste("nox -s release", indent=4)
        return 0

    # --- what would block ------------------------------------------------------------------------

    def stop_at(self, checklist: Checklist) -> None:
        """Judge what can block the release before anything is edited."""
        blockers = [
            finding
            for finding in checklist.errors
            if finding.id not in _OF_THIS_COMMIT and finding.subject != "distributions"
        ]
        if not blockers:
            return
        step = checklist.step
        command = step.command if step.kind in ("first-upload", "init") else ""
        raise ChecksFailed(
            "The release would fail. Nothing was edited.",
            findings=blockers,
            hint=f"Next: {command}" if command else "Then run the same command again.",
        )

    def stop_at_problems(self, plan: Preparation) -> None:
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

    def no_files(self, text: str) -> ConfigurationError:
        return ConfigurationError(
            f"No file would change for {text}.",
            reason="The version comes from tags here, and the changelog needs no edit.",
            hint=f"nox -s release -- {text}",
        )

    def recognise(self, copy: Copy, changed: tuple[tuple[str, str], ...]) -> None:
        """Let a half-edited tree pass, whose changes are exactly those that are planned.

        Raises:
            ConflictError: it has others.
        """
        planned = {path: kind for kind, path in changed}
        others = [
            path
            for path in self.repository.changes().modified
            if path not in planned or not self.is_edited(copy, path, planned[path])
        ]
        if others:
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            raise ConflictError(
                "There are changes that are not committed.",
                reason=", ".join(f"`{path}`" for path in others[:5]) + more,
                hint="git commit, or git stash; then the same command again.",
            )

    def is_edited(self, copy: Copy, path: str, kind: str) -> bool:
        here = self.repository.root / path
        if kind == "D":
            return not here.exists()
        wanted = (copy.repository.root / path).read_bytes()
        return here.is_file() and here.read_bytes() == wanted

    # --- showing ---------------------------------------------------------------------------------

    def show(self, plan: Preparation, text: str, note: str) -> None:
        stated = plan.places.declared
        before = f"{stated.text} → " if stated else ""
        title = f"{self.project.name} {before}{text}"
        self.console.title(f"{title}    {note}" if note else title)
        rows = [
            (f"{place.file}:{place.line}", place.label, f"{place.text} → {text}")
            for place in plan.edited
        ]
        edit = plan.changelog_edit
        if edit.kind is Kind.FRAGMENTS:
            rows.append((plan.changelog or "the changelog", "", "put together by towncrier"))
        elif edit.edits:
            where = f"{plan.changelog}:{edit.line}" if edit.line else plan.changelog
            said = f"{edit.before} → {edit.after}" if edit.before else f"{edit.after}, drafted"
            rows.append((where, "", said))
        if rows:
            self.console.table(("", "", ""), rows)
        if edit.kind is Kind.WRITTEN:
            self.console.mark(
                "advice",
                f"The new part of {plan.changelog} is a draft. To write it before it is "
                f"committed: nox -s prepare -- {text} --no-commit",
            )

    def show_mentions(self, copy: Copy, plan: Preparation) -> None:
        """Where the version stands elsewhere, and stays."""
        stated = plan.places.declared
        if stated is None:
            return
        edited = {(place.file, place.line) for place in plan.edited}
        found = []
        for file in sorted(copy.files.names):
            if not _may_mention(file) or file == plan.changelog:
                continue
            document = copy.files.document(file)
            for match in find_mentions(document.text, stated.text) if document else ():
                line = document.line_of(match.start()) if document else 0
                if (file, line) not in edited:
                    found.append(f"{file}:{line}")
        if found:
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            self.console.mark(
                "not known",
                f"whether these mean this project's version; they stay: {', '.join(found[:5])}"
                f"{more}. If one does: `[tool.nox-release] version-files`",
            )

    # --- editing ---------------------------------------------------------------------------------

    def edit_copy(self, copy: Copy, plan: Preparation, text: str) -> str:
        """The commit in the copy that has every edit."""
        root = copy.repository.root
        for change in plan.changes:
            (root / change.file).write_bytes(change.after)
        if plan.changelog_edit.kind is Kind.FRAGMENTS:
            from nox_release.operations.prepare_fragments import put_together

            put_together(self.context, self.project, copy.project.root, text)
        return copy.repository.commit_here(self.message(text))

    def message(self, text: str) -> str:
        return self.project.settings.message(self.project.name, text)

    def prove(self, copy: Copy, text: str, aside: Path) -> None:
        """Build the edited tree, and compare the version that it makes."""
        if not self.options.build:
            return
        from nox_release.operations.build import build

        tag = None
        if copy.project.version_from_tags:
            tag = self.project.settings.tag(self.project.name, text)
            copy.repository.git("tag", "--no-sign", "--force", "--", tag)
        project = replace(read_project(copy.project.root), settings=self.project.settings)
        built = build(
            self.context.at(copy.project.root),
            project,
            working_tree=True,
            smoke=False,
            destination=aside / "dist",
        )
        if Version(built.version) != Version(text):
            raise NoxReleaseError(
                f"The edited tree builds {built.version}, not {text}. Nothing was edited here.",
                reason="The build takes its version from another place than those above.",
                hint="Name that place: `[tool.nox-release] version-files`.",
            )
        errors = errors_in(built.findings)
        if errors:
            raise ChecksFailed("The edited tree cannot be released.", findings=errors)
        kinds = " and ".join(one.kind for one in built.distributions)
        self.console.mark("ok", f"the edited tree builds {self.project.name} {text}, {kinds}")

    def carry_out(
        self, copy: Copy, changed: tuple[tuple[str, str], ...], text: str, branch: str
    ) -> int:
        message = self.message(text).splitlines()[0]
        ask = f'Commit "{message}" on {branch}?' if self.options.commit else "Edit these files?"
        self.console.confirm(ask, yes=self.options.yes)
        if self.repository.head() != copy.commit:
            raise ConflictError(
                "There is another commit here than when this was planned.",
                hint="The same command again plans anew.",
            )
        self.write(copy, changed)
        if not self.options.commit:
            self.console.mark("done", f"{len(changed)} files edited, not committed.")
            return 0
        paths = [path for _, path in changed]
        commit = self.repository.commit(paths, message=self.message(text) + "\n")
        self.console.mark("done", f'{short(commit)} "{message}" on {branch}')
        if not Version(text).is_devrelease:
            self.console.mark("step", "Next:")
            self.console.paste(
                f"nox -s release -- {text}" if copy.project.version_from_tags else "nox -s release",
                indent=4,
            )
        return 0

    def write(self, copy: Copy, changed: tuple[tuple[str, str], ...]) -> None:
        """Every file is replaced whole, one by one; each is the old one or the new one."""
        for kind, path in changed:
            here = self.repository.root / path
            try:
                if kind == "D":
                    here.unlink(missing_ok=True)
                    continue
                here.parent.mkdir(parents=True, exist_ok=True)
                partial = here.with_name(f".{here.name}.{os.getpid()}.part")
                shutil.copyfile(copy.repository.root / path, partial)
                shutil.copymode(here if here.exists() else copy.repository.root / path, partial)
                partial.replace(here)
            except OSError as error:
                raise disk_error(error, f"`{path}` cannot be written.") from None


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except ValueError:
        return False
    return True


def _may_mention(file: str) -> bool:
    """Whether a person would look here for the version: the top's files, and Sphinx's settings."""
    name = file.rpartition("/")[2].lower()
    if file.endswith("conf.py") or name in ("package.json", "meta.yaml", "recipe.yaml"):
        return True
    text = name.endswith((".md", ".rst", ".txt", ".toml", ".cfg", ".json", ".yaml", ".yml"))
    return "/" not in file and text and not name.startswith(("change", "history", "news"))


@contextlib.contextmanager
def _aside() -> Generator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="nox-release-prepare-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder).resolve()
