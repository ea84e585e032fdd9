"""Checkouts beside the maintainer's own: clean ones, and those in which a commit is made."""

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nox_release.edges.children import configure_git
from nox_release.edges.git import ACT, CHECK_OUT, Repository
from nox_release.edges.git_settings import read_git_settings
from nox_release.edges.process import Runner


def export(repository: Repository, commit: str, directory: Path, *, tag: str | None = None) -> Path:
    """A clean checkout of `commit` in `directory`, with all tags and submodules.

    It is a repository of its own that borrows this one's objects, so version tools see the
    real history; `tag`, where it does not exist yet, is made there and only there.
    Submodules come from this clone where it has them, else from their own address.

    Raises:
        CommandError: git cannot, or a submodule is to be had nowhere.
    """
    directory = Path(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    quiet = ("-c", "advice.detachedHead=false")
    repository.git(
        *quiet, "clone", "--quiet", "--shared", "--no-checkout", "--template=",
        "--origin=origin", "--", repository.root, directory.resolve(),
        how=CHECK_OUT,
    )  # fmt: skip
    settings = read_git_settings(repository)
    address = settings.remote_url("origin")
    clone = Repository(root=directory.resolve(), runner=_with_login_of(address, repository.runner))
    clone.git("fetch", "--quiet", "--no-write-fetch-head", "origin", "+refs/tags/*:refs/tags/*")
    if not clone.has_commit(commit):  # on no branch, and the clone is not a shared one
        clone.git("fetch", "--quiet", "origin", commit)
    if address is not None:
        clone.git("config", "remote.origin.url", without_login(address))
    if settings.all_of("extensions.partialclone"):  # what is missing here is missing there
        clone.git("config", "core.repositoryformatversion", "1")
        clone.git("config", "extensions.partialclone", "origin")
        clone.git("config", "remote.origin.promisor", "true")
    clone.git(*quiet, "checkout", "--quiet", "--detach", "--force", commit, how=CHECK_OUT)
    if tag is not None and clone.tag_commit(tag) != commit:
        clone.git(
            "-c", "user.name=nox-release", "-c", "user.email=nox-release@localhost",
            "tag", "--annotate", "--no-sign", "--force", "--message", tag, "--", tag, commit,
        )  # fmt: skip
    for path, pinned in submodules(clone, commit):
        inner = Repository(root=repository.root / path, runner=repository.runner)
        if (inner.root / ".git").exists() and inner.has_commit(pinned):
            export(inner, pinned, clone.root / path)
        else:
            here = f"git submodule update --init {shlex.quote(path)}"
            hint = f"Or check it out in your clone, from which it is taken then: {here}"
            Repository(root=clone.root, runner=replace(clone.runner, hint=hint)).git(
                *quiet, "submodule", "--quiet", "update", "--init", "--recursive", "--", path,
                how=CHECK_OUT,
            )  # fmt: skip
    return clone.root


def submodules(repository: Repository, commit: str) -> tuple[tuple[str, str], ...]:
    """Path and commit of each submodule in the tree of `commit`."""
    listed = repository.git("ls-tree", "-r", "-z", "--full-tree", commit).stdout
    entries = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
    return tuple(
        (path, facts.split()[2]) for facts, path in entries if facts.split()[1] == "commit"
    )


def commit_here(repository: Repository, message: str) -> str:
    """Commit everything in a copy that is thrown away: nobody's name, no hook, no signature."""
    repository.git("add", "--all", "--", ".")
    repository.git(
        "-c", "user.name=nox-release", "-c", "user.email=nox-release@localhost",
        "-c", "commit.gpgSign=false", "commit", "--quiet", "--no-verify", "--allow-empty", "--message", message,
    )  # fmt: skip
    return repository.head()


def commit_aside(
    repository: Repository,
    folder: Path,
    base: str,
    files: Mapping[str, Path | None],
    *,
    message: str,
    branch: str,
) -> str:
    """Commit these files over `base` on a new branch, as the maintainer, in a work tree of its own.

    `None` for a file removes it. The branch comes into being with the commit, not before.

    Raises:
        CommandError: git cannot, a hook refused, or there is such a branch.
    """
    repository.git("worktree", "prune", how=ACT)
    repository.git("worktree", "add", "--quiet", "--detach", "--", folder, base, how=CHECK_OUT)
    aside = replace(repository, root=folder.resolve())
    try:
        for path, source in files.items():
            place = aside.root / path
            if source is None:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, place)
        commit = aside.commit(tuple(files), message=message)
    finally:
        repository.git("worktree", "remove", "--force", folder, check=False, how=ACT)
    repository.git("branch", "--no-track", "--", branch, commit, how=ACT)
    return commit


def without_login(address: str) -> str:
    """An address of a remote without the name and password of who asks there over the web.

    In the address of SSH the name belongs to the server.
    """
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if not separator or "@" not in host or scheme.lower() not in ("http", "https"):
        return address
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _with_login_of(address: str | None, runner: Runner) -> Runner:
    """A runner whose gits have that login for their host: in their environment, in no argument.

    Addresses of submodules may be relative to the remote's.
    """
    bare = without_login(address) if address else None
    if not address or bare == address:
        return runner
    login = address.partition("://")[2].partition("/")[0].rpartition("@")[0]
    # Up to the host: git compares beginnings (url.<base>.insteadOf).
    host, plain = (f"{'/'.join(one.split('/')[:3])}/" for one in (address, str(bare)))
    environ = {
        **runner.environ,
        **configure_git(runner.environ, ((f"url.{host}.insteadOf", plain),)),
    }
    return replace(
        runner, environ=environ, secrets=(*runner.secrets, *filter(None, login.split(":", 1)))
    )
