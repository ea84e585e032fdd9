"""What a clone is configured to do: its remotes, what its branches follow, whether it signs."""

from nox_release.core.values import dataclass
from nox_release.edges.git import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSettings:
    """Each setting with its values in git's order; `None` is one without a value, which is true."""

    values: tuple[tuple[str, str | None], ...]

    def all_of(self, key: str) -> tuple[str | None, ...]:
        """Every value of `key`, which git spells in lower case but for its middle."""
        return tuple(value for name, value in self.values if name == key)

    def flag(self, key: str) -> bool:
        """Source: https://git-scm.com/docs/git-config, Values, boolean."""
        value = next(reversed(self.all_of(key)), "")
        return value is None or value.lower() not in ("", "false", "no", "off", "0")

    @property
    def remotes(self) -> tuple[str, ...]:
        """The names of all remotes."""
        names = (name[7:-4] for name, _ in self.values if _is_remote(name))
        return tuple(sorted(set(names)))

    def remote_url(self, remote: str) -> str | None:
        """The remote's address as it is written down: `insteadOf` does not apply, because the
        address on GitHub is wanted, not the way there.
        """
        return next(filter(None, self.all_of(f"remote.{remote}.url")), None)

    def push_urls(self, remote: str) -> tuple[str, ...]:
        """Where a push to the remote goes, where that is not where it is read from."""
        return tuple(filter(None, self.all_of(f"remote.{remote}.pushurl")))

    def upstream(self, branch: str) -> tuple[str, str] | None:
        """Remote and branch there that `branch` follows; `None` when it follows none."""
        remote = next(reversed(self.all_of(f"branch.{branch}.remote")), None)
        reference = next(reversed(self.all_of(f"branch.{branch}.merge")), None)
        if not remote or not reference:
            return None
        return remote, reference.removeprefix("refs/heads/")

    @property
    def signs_tags(self) -> bool:
        """Whether this clone signs annotated tags."""
        return self.flag("tag.gpgsign") or self.flag("tag.forcesignannotated")


def _is_remote(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".url") and len(key) > len("remote..url")


def read_git_settings(repository: Repository) -> GitSettings:
    """The settings that hold in a clone: its own, yours, and this machine's.

    Raises:
        CommandError: git cannot read them.
    """
    return parse_git_settings(repository.git("config", "-z", "--list").stdout)


def parse_git_settings(text: str) -> GitSettings:
    """`git config -z --list` as a value."""
    pairs = (entry.partition("\n") for entry in text.split("\0") if entry)
    return GitSettings(values=tuple((key, value if end else None) for key, end, value in pairs))
