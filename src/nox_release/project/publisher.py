"""The trusted publisher: who may upload without a token."""

from nox_release.core.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedPublisher:
    """The four values that PyPI compares with a run's claims.

    Source: https://docs.pypi.org/trusted-publishers/. `repository` needs GitHub's own spelling;
    `environment` is compared without case, `None` means none.
    """

    owner: str
    repository: str
    workflow: str
    environment: str | None = None

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.repository}"
