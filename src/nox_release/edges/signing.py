"""As whom git makes a tag here, and whether it can sign one."""

from nox_release.edges.aside import temporary_folder
from nox_release.edges.git import ACT, Repository


def probe_signing(repository: Repository) -> str | None:
    """Why git cannot sign here; `None`: it can. Nothing is left behind.

    A commit is signed with the same key and program as a tag would be, into a folder of
    objects that is thrown away.
    """
    objects = repository.own_path("objects")
    with temporary_folder("signing") as folder:
        done = repository.git(
            "commit-tree", "-S", "-m", "Can this be signed?", "HEAD^{tree}",
            check=False, how=ACT,
            GIT_OBJECT_DIRECTORY=str(folder),
            GIT_ALTERNATE_OBJECT_DIRECTORIES=str(objects),
        )  # fmt: skip
    return None if done.returncode == 0 else done.complaint or "git did not say why"


def identity(repository: Repository) -> str | None:
    """Name and address git writes into a tag; `None`: it has none."""
    done = repository.git("var", "GIT_COMMITTER_IDENT", check=False)
    return done.stdout.rsplit(" ", 2)[0].strip() if done.returncode == 0 else None
