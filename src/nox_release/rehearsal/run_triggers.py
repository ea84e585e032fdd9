"""Which events start a workflow, and which refs an environment admits."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from nox_release.workflows.ref_patterns import fnmatch_takes
from nox_release.workflows.triggers import push_starts

if TYPE_CHECKING:
    from nox_release.rehearsal.github_state import DeploymentEnvironment, Event
    from nox_release.workflows.syntax import Workflow


def times_triggered(workflow: Workflow, event: Event) -> int:
    """How many runs of `workflow` the event makes."""
    if event.name == "workflow_dispatch":
        return 1
    trigger = workflow.event(event.name)
    if trigger is None:
        return 0
    if event.name == "release":
        if trigger.types is None:
            return 1
        happened = ("created", "published", "prereleased" if event.prerelease else "released")
        return sum(kind in trigger.types for kind in happened)
    return int(push_starts(trigger, event.ref))


def admits(environment: DeploymentEnvironment, ref: str, protected: Collection[str]) -> bool:
    """Whether what runs on `ref` may deploy there; `protected` are the branches with a rule."""
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    name = ref.split("/", 2)[2]
    if environment.policies is not None:
        return any(
            of == kind and fnmatch_takes(name, pattern) for of, pattern in environment.policies
        )
    if environment.protected_branches_only:
        return kind == "branch" and name in protected
    return True
