"""The exception tree.

NoxReleaseError                 what happened, why, what to do next
├── ConfigurationError          pyproject.toml or an option is wrong; lists every problem
├── CommandError                a program failed; carries its command, exit code and last lines
├── ForgeError                  GitHub gave no answer, or refused
├── IndexUnavailableError       the index gave no answer: never the same as "not there"
├── ChecksFailed                findings of error severity stop the work
├── ConflictError               the world holds something only a person may resolve
├── StalledError                a step was performed and changed nothing
└── Declined                    the maintainer said no at a prompt
"""

import errno
from collections.abc import Sequence

from nox_release.core.findings import Finding


class NoxReleaseError(Exception):
    """One clear error: `message` says what happened, `reason` why, `hint` what to do next."""

    def __init__(self, message: str, *, reason: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.reason, self.hint) if part)

    def in_one_line(self) -> str:
        """Why a question has no answer, where the question itself is told beside it."""
        return " ".join((self.reason or self.message).split())


class ConfigurationError(NoxReleaseError):
    """Wrong input in pyproject.toml or in options: `problems` holds all of them."""

    def __init__(
        self, message: str, *, problems: Sequence[str] = (), reason: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, reason=reason or "\n".join(problems), hint=hint)
        self.problems = tuple(problems)


class CommandError(NoxReleaseError):
    """A program could not be run, or ended with another exit code than 0."""

    def __init__(
        self,
        message: str,
        *,
        command: Sequence[str] = (),
        returncode: int | None = None,
        output: str = "",
        reason: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.command = tuple(command)
        self.returncode = returncode
        self.output = output


class ForgeError(NoxReleaseError):
    """GitHub gave no answer, or refused what was asked; `status` is the HTTP status if any."""

    def __init__(
        self, message: str, *, status: int | None = None, reason: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.status = status


class IndexUnavailableError(NoxReleaseError):
    """The index gave no answer; `status` is the HTTP status if there was an answer."""

    def __init__(
        self, message: str, *, status: int | None = None, reason: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.status = status


class ChecksFailed(NoxReleaseError):  # noqa: N818 - it reports a state, not a fault of the program
    """Findings of error severity; they are shown like every other finding."""

    def __init__(self, message: str, *, findings: Sequence[Finding], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)


class ConflictError(NoxReleaseError):
    """The world holds something that only a person may resolve."""


class StalledError(NoxReleaseError):
    """The same step was planned twice although it had been performed."""


class Declined(NoxReleaseError):  # noqa: N818 - a decision, not a fault
    """The maintainer answered no, or nobody was there to answer."""


def disk_error(error: OSError, message: str) -> NoxReleaseError:
    """One clear error for a full or forbidden disk."""
    hints = {
        errno.ENOSPC: "The disk is full: make room and run it again.",
        getattr(errno, "EDQUOT", -1): "Your quota on this disk is used up.",
        errno.EROFS: "The disk is mounted read-only.",
        errno.EACCES: "You may not write there.",
        errno.EPERM: "You may not write there.",
        errno.EEXIST: "A file is in the way of the folder. Move it, then run the same command again.",
        errno.ENOTDIR: "A file is in the way of the folder. Move it, then run the same command again.",
        errno.EISDIR: "A folder is in the way of the file; move it.",
    }
    return NoxReleaseError(
        message,
        reason=f"{error.strerror or error}: {error.filename}" if error.filename else str(error),
        hint=hints.get(error.errno or 0, ""),
    )
