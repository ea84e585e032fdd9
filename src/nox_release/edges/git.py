"""git, asked and told in its machine formats only.

A name from outside never stands where git could read it as an option: it comes after `--`, or
inside a full reference such as `refs/tags/NAME`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from nox_release.core.errors import CommandError, ConfigurationError, ConflictError, NoxReleaseError
from nox_release.core.values import dataclass, replace
from nox_release.edges.children import GIT, GIT_ACTING, GIT_REMOTE, Child
from nox_release.edges.process import Completed, Runner
from nox_release.releases.observed import Changes, Relation, RemoteState, RemoteTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How git is run: as which kind of program, for how many seconds, and whether it is shown."""

    child: Child
    within: float
    announced: bool = False


LOOK = Way(child=GIT, within=60)
_ASK_REMOTE = Way(child=GIT_REMOTE, within=120)
CHECK_OUT = Way(child=GIT_REMOTE, within=600)
ACT = Way(child=GIT_ACTING, within=120)
_TAG = Way(child=GIT_ACTING, within=600, announced=True)
# A hook of the maintainer's may run all tests.
_PUSH = Way(child=GIT_ACTING, within=3600, announced=True)

# Set inside a git hook, they would point every command at another repository, or hide this one.
_OF_A_HOOK = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One line of `git push --porcelain`: `flag` is `!` for a refused reference."""

    flag: str
    reference: str
    summary: str


class PushRefused(CommandError):  # noqa: N818 - the remote's verdict
    """The remote refused a reference; nothing was changed there, because the push is atomic."""

    def __init__(self, refused: Sequence[Pushed], done: Completed) -> None:
        super().__init__(
            "The remote refused the push; nothing changed there.",
            command=done.command,
            returncode=done.returncode,
            output=done.output,
            reason="\n".join(
                [f"{one.reference}: {done.shown(one.summary)}" for one in refused]
                + [
                    line.rstrip()
                    for line in done.complaint.splitlines()
                    if line.startswith("remote:")
                ]
            ),
        )
        self.refused = tuple(refused)


def find_repository(root: Path, runner: Runner) -> Repository | None:
    """The repository that `root` lies in; `None` when no folder above it holds a `.git`.

    git is asked from the folder that holds it, never from one below: a tracked folder with HEAD,
    config, objects and refs would be a repository to git, with a configuration of its own.

    Raises:
        CommandError: git is not installed, or refuses this repository.
        ConfigurationError: the work tree that git names is none of the folders with a `.git`.
    """
    root = Path(root).resolve()
    holders = [folder for folder in (root, *root.parents) if (folder / ".git").exists()]
    if not holders:
        return None
    environ = {key: value for key, value in runner.environ.items() if key not in _OF_A_HOOK}
    runner = replace(
        runner,
        environ=environ,
        child=GIT,
        hint="Do what git says; where there is none, install it: https://git-scm.com/downloads",
    )
    done = runner.run(["git", "rev-parse", "--show-toplevel"], cwd=holders[0], timeout=LOOK.within)
    top = Path(done.stdout.removesuffix("\n").removesuffix("\r")).resolve()
    if top not in holders:
        raise ConfigurationError(
            f"git takes `{top}` for the work tree of this project.",
            reason=f"That is no folder above `{root}` with a `.git`; `core.worktree` says so, or "
            "`.git` is broken.",
            hint=f"Look at it: git -C {shlex.quote(str(holders[0]))} config --show-origin "
            "core.worktree",
        )
    return Repository(root=top, runner=replace(runner, hint=""))


def head_and_branch(repository: Repository) -> tuple[str, str | None]:
    """The commit that is checked out and its branch, asked at once.

    Raises:
        ConflictError: there is no commit yet.
    """
    asked = ("HEAD^{commit}", "--symbolic-full-name", "HEAD")
    lines = _lines(repository.git("rev-parse", *asked, check=False).stdout)
    if len(lines) != 2:
        return repository.head(), repository.branch()
    branch = lines[1].removeprefix("refs/heads/")
    return lines[0], None if branch == lines[1] else branch


def _subcommand(arguments: Sequence[str | Path]) -> str:
    """What git was asked to do, without the options that only this program needs."""
    words = [str(argument) for argument in arguments]
    while words and words[0].startswith("-"):
        del words[: 2 if words[0] in ("-c", "-C") else 1]
    return words[0] if words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git repository with a work tree at `root`."""

    root: Path
    runner: Runner

    def git(
        self,
        *arguments: str | Path,
        check: bool = True,
        text: str | None = None,
        how: Way = LOOK,
        **extra_environ: str,
    ) -> Completed:
        """Run git here; reads take no locks. What is announced is plain."""
        formats = ("--no-pager", "-c", "core.quotePath=false", "-c", "color.ui=never")
        runner = replace(
            self.runner,
            child=how.child,
            announced=how.announced,
            title=f"git {_subcommand(arguments)}",
        )
        return runner.run(
            ["git", *(() if how.announced else formats), *arguments],
            cwd=self.root,
            check=check,
            text=text,
            timeout=how.within,
            extra_environ={"GIT_OPTIONAL_LOCKS": "0", **extra_environ},
        )

    def _ask(self, *arguments: str, no: int = 1) -> str | None:
        """One line of output, or `None` when git ends with the exit code that means no."""
        done = self.git(*arguments, check=False)
        if done.returncode == no:
            return None
        if done.returncode != 0:
            done = self.git(*arguments)  # raises, with git's words
        return done.stdout.rstrip("\r\n")

    # --- this side ---------------------------------------------------------------------------

    def head(self) -> str:
        """The commit that is checked out.

        Raises:
            ConflictError: there is no commit yet.
        """
        commit = self._ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if commit is None:
            raise ConflictError(
                "The git repository has no commit yet.",
                reason="What is published is a commit.",
                hint='git add . && git commit -m "First commit"',
            )
        return commit

    def branch(self) -> str | None:
        """The branch that is checked out; `None` for a detached HEAD."""
        return self._ask("symbolic-ref", "--quiet", "--short", "HEAD")

    def subject(self, commit: str) -> str:
        """The first line of a commit's message."""
        return self._show("%s", commit)

    def commit_time(self, commit: str) -> int:
        """When it was committed, in seconds since the epoch (for SOURCE_DATE_EPOCH)."""
        return int(self._show("%ct", commit))

    def _show(self, wanted: str, commit: str) -> str:
        # `log.showSignature` would put gpg's words before it.
        arguments = ("show", "-s", "--no-show-signature", f"--format={wanted}", commit, "--")
        return self.git(*arguments).stdout.strip()

    def changes(self) -> Changes:
        """What is not committed; ignored files do not count."""
        done = self.git("status", "--porcelain=v2", "-z", "--untracked-files=all")
        return parse_status(done.stdout)

    def tracked(self) -> tuple[str, ...]:
        """Every tracked file."""
        return tuple(filter(None, self.git("ls-files", "-z").stdout.split("\0")))

    def is_shallow(self) -> bool:
        return self._ask("rev-parse", "--is-shallow-repository") == "true"

    def has_commit(self, commit: str) -> bool:
        """Whether this clone holds the commit."""
        done = self.git("cat-file", "-e", f"{commit}^{{commit}}", check=False)
        return done.returncode == 0

    def is_ancestor(self, commit: str, other: str) -> bool:
        """Whether `other` comes after `commit`, as far as this clone knows."""
        if not self.has_commit(commit):
            return False
        done = self.git("merge-base", "--is-ancestor", commit, other, check=False)
        return done.returncode == 0

    def read_file(self, commit: str, path: str) -> str | None:
        """The text of a file in the tree of `commit`; `None` without one, or where it is no text."""
        return self.text_in(commit, path) if self.has_file(commit, path) else None

    def text_in(self, commit: str, path: str) -> str | None:
        """The text of a file that is in the tree of `commit`; `None` where it is no text."""
        text = self.git("cat-file", "blob", f"{commit}:{path}").stdout
        return None if "\ufffd" in text else text

    def has_file(self, commit: str, path: str) -> bool:
        """Whether `path` is a file in the tree of `commit`."""
        return path in self.files_among(commit, [path])

    def files_among(self, commit: str, paths: Sequence[str]) -> frozenset[str]:
        """Those of `paths` that are files in the tree of `commit`."""
        listed = self.git("ls-tree", "-z", "--full-tree", commit, "--", *paths).stdout
        rows = (row.partition("\t") for row in listed.split("\0"))
        return frozenset(path for facts, _, path in rows if " blob " in facts)

    def names_in(self, commit: str, folder: str) -> tuple[str, ...]:
        """Every file of `commit` below a folder, by its path from the top."""
        listed = self.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", folder)
        return tuple(filter(None, listed.stdout.split("\0")))

    def tag_commit(self, tag: str) -> str | None:
        """The commit that a tag of this clone leads to; `None`: there is no such tag."""
        name = f"refs/tags/{tag}"
        questions = f"{name}\n{name}^{{commit}}\n"
        done = self.git("cat-file", "--batch-check=%(objectname)", text=questions)
        there, commit = ("" if " " in line else line for line in _lines(done.stdout))
        if there and not commit:
            raise ConflictError(
                f"The tag {tag} does not lead to a commit.",
                hint=f"Look at it with `git show {tag}`.",
            )
        return commit or None

    def tag_object(self, tag: str) -> str | None:
        """What the tag's name stands for: a tag object, or for a lightweight tag the commit."""
        return self._ask("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}")

    def tags(self) -> tuple[str, ...]:
        """Every tag of this clone."""
        return self._tags()

    def _tags(self, *options: str) -> tuple[str, ...]:
        form = "--format=%(refname:lstrip=2)"
        return _lines(self.git("for-each-ref", *options, form, "refs/tags").stdout)

    def tags_from(self, commit: str) -> tuple[str, ...]:
        """The same, those first that lead to `commit`."""
        form = "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) %(refname:lstrip=2)"
        pairs = [
            line.split(" ", 1)
            for line in _lines(self.git("for-each-ref", form, "refs/tags").stdout)
        ]
        return tuple(tag for _, tag in sorted(pairs, key=lambda pair: pair[0] != commit))

    def newest_tags(self) -> tuple[str, ...]:
        """The same, those first that were made last; of one second, the highest version."""
        return self._tags("--sort=-version:refname", "--sort=-creatordate")

    def tags_behind(self, commit: str) -> tuple[str, ...]:
        """The tags of this clone that lead to `commit` or to one before it."""
        return self._tags(f"--merged={commit}")

    def subjects_since(
        self, reference: str, commit: str, paths: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """The first lines of what was committed after `reference`, the newest first; where `paths` are
        given, of what concerns them.
        """
        done = self.git("log", "--no-merges", "--format=%s", f"{reference}..{commit}", "--", *paths)
        return _lines(done.stdout)

    def commit_with(self, text: str, path: str) -> str | None:
        """The newest commit that wrote or removed `text` in a file."""
        found = self.git("log", "-1", "--format=%H", f"-S{text}", "--", path).stdout.strip()
        return found or None

    def tags_at(self, commit: str) -> tuple[str, ...]:
        """The tags of this clone that lead to `commit`."""
        return self._tags(f"--points-at={commit}")

    # --- the remote --------------------------------------------------------------------------

    def remote_state(self, remote: str, *, branch: str | None, tag: str | None) -> RemoteState:
        """One look at the remote: default branch, the head of `branch`, and `tag`.

        Raises:
            CommandError: it cannot be reached, which is not the same as having no such tag.
        """
        wanted = ["HEAD"]
        if branch is not None:
            wanted.append(f"refs/heads/{branch}")
        if tag is not None:
            wanted += [f"refs/tags/{tag}", f"refs/tags/{tag}^{{}}"]
        done = self.git("ls-remote", "--symref", "--", remote, *wanted, how=_ASK_REMOTE)
        found: dict[str, str] = {}
        default = None
        for line in _lines(done.stdout):
            value, _, name = line.partition("\t")
            if value.startswith("ref: ") and name == "HEAD":
                default = value.removeprefix("ref: ").removeprefix("refs/heads/")
            else:
                found[name] = value
        name = f"refs/tags/{tag}"
        there = found.get(name)
        return RemoteState(
            default_branch=default,
            branch_head=found.get(f"refs/heads/{branch}"),
            tag=RemoteTag(object=there, commit=found.get(f"{name}^{{}}", there)) if there else None,
        )

    def relation(self, commit: str, other: str) -> Relation:
        """How two commits of this clone stand to each other."""
        if commit == other:
            return Relation(ahead=0, behind=0)
        done = self.git("rev-list", "--left-right", "--count", f"{commit}...{other}", "--")
        ahead, behind = done.stdout.split()
        return Relation(ahead=int(ahead), behind=int(behind))

    # --- effects -----------------------------------------------------------------------------

    def commit(self, paths: Sequence[str], *, message: str) -> str:
        """Commit these paths and nothing else, as the maintainer: with their identity, their hooks
        and their signature.

        Raises:
            CommandError: git cannot, or a hook refused.
        """
        self.git("add", "--all", "--", *paths, how=ACT, GIT_LITERAL_PATHSPECS="1")
        self.git(
            "commit", "--quiet", "--cleanup=whitespace", "--only", "--file=-", "--", *paths,
            text=message, how=_PUSH, GIT_LITERAL_PATHSPECS="1",
        )  # fmt: skip
        return self.head()

    def branch_commit(self, branch: str) -> str | None:
        """The commit of a branch of this clone; `None`: there is no such branch."""
        return self._ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")

    def fetch(self, remote: str, branch: str) -> None:
        """Have the commits of the remote's branch, and its tags."""
        self.git("fetch", "--quiet", "--", remote, branch, how=CHECK_OUT)

    def forward(self, commit: str) -> None:
        """Bring the branch that is checked out, and its files, to a later commit; never back.

        Raises:
            CommandError: it has commits of its own, or files here would be overwritten.
        """
        self.git("merge", "--quiet", "--ff-only", commit, how=_PUSH)

    def changed_between(self, commit: str, other: str) -> tuple[tuple[str, str], ...]:
        """`A`, `M` or `D` and the path of every file that differs."""
        done = self.git("diff", "--name-status", "--no-renames", "-z", commit, other, "--")
        fields = done.stdout.split("\0")
        return tuple(zip(fields[::2], fields[1::2], strict=False))

    def tree_of(self, commit: str) -> str:
        """What a commit holds, as the name of one object: equal where all files are."""
        return self.git("rev-parse", "--verify", f"{commit}^{{tree}}").stdout.strip()

    def difference(self, commit: str, other: str) -> str:
        """What `git diff` shows, without the programs that a configuration may name."""
        return self.git(
            "diff", "--no-ext-diff", "--no-textconv", "--no-renames", commit, other, "--"
        ).stdout

    def create_tag(self, tag: str, commit: str, *, message: str) -> None:
        """An annotated tag here; signed where the configuration says so.

        Raises:
            CommandError: git cannot: no identity, no key, a tag of that name.
        """
        # `--annotate` would outweigh `tag.forceSignAnnotated`; a message annotates all the same.
        self.git(
            "tag", "--file=-", "--", tag, commit,
            text=message, how=_TAG,
        )  # fmt: skip

    def push(
        self, remote: str, *, tag: str | None = None, commit: str, branch: str | None = None
    ) -> tuple[Pushed, ...]:
        """Push `tag`, which must lead to `commit`, and `commit` to `branch`: all or nothing.

        The references are spelled out from object names, so what was verified is what arrives,
        whatever the branch holds by now. Never by force.

        Raises:
            PushRefused: the remote refused; it has changed nothing.
            CommandError: it cannot be reached, or a hook of this clone refused.
        """
        references = []
        if branch is not None:
            references.append(f"{commit}:refs/heads/{branch}")
        if tag is not None:
            if self.tag_commit(tag) != commit:
                raise ConflictError(
                    f"The tag {tag} is no longer on {commit[:7]}.",
                    reason="It was moved while this release was being prepared.",
                    hint=f"Look at it with `git show {tag}`.",
                )
            references.append(f"{self.tag_object(tag)}:refs/tags/{tag}")
        # Submodules are not part of what was shown: their commits are looked for, never pushed.
        done = self.git(
            "push", "--porcelain", "--atomic", "--no-follow-tags", "--no-force-with-lease",
            "--recurse-submodules=check", "--", remote, *references,
            check=False, how=_PUSH,
        )  # fmt: skip
        return _pushed(done, remote)

    def own_path(self, name: str) -> Path | None:
        """Where git keeps `name` among its own files, outside of the tree; `None`: nowhere."""
        path = self._ask("rev-parse", "--git-path", name)
        return None if path is None else (self.root / path).resolve()


def _pushed(done: Completed, remote: str) -> tuple[Pushed, ...]:
    """What a push did to each reference.

    Raises:
        PushRefused, CommandError: see `Repository.push`.
    """
    lines = parse_push(done.stdout)
    refused = [line for line in lines if line.flag == "!"]
    if refused:
        raise PushRefused(refused, done)
    if done.returncode != 0:
        raise CommandError(
            f"`git push` to `{remote}` failed with exit code {done.returncode}.",
            command=done.command,
            returncode=done.returncode,
            output=done.output,
            reason=done.complaint,
        )
    return lines


def _lines(text: str) -> tuple[str, ...]:
    """git's own lines: a name may hold what other line ends and blanks there are."""
    return tuple(filter(None, text.replace("\r\n", "\n").split("\n")))


def parse_status(text: str) -> Changes:
    """`git status --porcelain=v2 -z` as a value.

    Source: https://git-scm.com/docs/git-status#_porcelain_format_version_2.
    """
    modified, untracked = [], []
    fields = iter(text.split("\0"))
    for entry in fields:
        kind = entry[:1]
        if kind == "?":
            untracked.append(entry[2:])
        elif kind == "1":
            modified.append(entry.split(" ", 8)[8])
        elif kind == "2":
            modified.append(entry.split(" ", 9)[9])
            next(fields, None)  # where it was renamed from
        elif kind == "u":
            modified.append(entry.split(" ", 10)[10])
    return Changes(modified=tuple(modified), untracked=tuple(untracked))


def parse_push(text: str) -> tuple[Pushed, ...]:
    """`git push --porcelain` as values: flag, TAB, from:to, TAB, summary."""
    return tuple(_parse_pushed(text.splitlines()))


def _parse_pushed(lines: Iterable[str]) -> Iterable[Pushed]:
    for line in lines:
        parts = line.split("\t")
        if len(parts) >= 3 and len(parts[0]) == 1:
            yield Pushed(
                flag=parts[0], reference=parts[1].rpartition(":")[2], summary=" ".join(parts[2:])
            )


def short(commit: str) -> str:
    """A commit as people read it."""
    return commit[:7]


class NotARepository(NoxReleaseError):  # noqa: N818 - a state
    """The project is not under git."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            "This project is not in a git repository.",
            reason=f"No folder from `{root}` upwards holds a `.git`.",
            hint='git init && git add . && git commit -m "First commit"',
        )
