"""A trusted publisher as the stand-in index stores it."""

import uuid
from typing import Any, TypedDict

from nox_release.core.values import dataclass, field


class PublisherValues(TypedDict):
    """What a registration stores of a publisher."""

    owner: str
    owner_id: str
    repository: str
    workflow: str
    environment: str


@dataclass(slots=True, kw_only=True, eq=False)
class RehearsalPublisher:
    """One row: the four values and the owner's id; shared by all projects it is attached to."""

    owner: str
    repository: str
    workflow: str
    environment: str = ""
    owner_id: str = "1001"
    project_ids: set[str] = field(default_factory=set)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.repository, self.owner, self.workflow, self.environment

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.repository}"

    def as_provenance(self) -> dict[str, Any]:
        """As the Integrity API shows it."""
        return {
            "kind": "GitHub",
            "repository": self.slug,
            "workflow": self.workflow,
            "environment": self.environment or None,
        }
