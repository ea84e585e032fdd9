"""GitHub releases that a workflow makes itself, with its own token, for the tag that it runs on.

A release that is there already, made by a person or by this tool, is what these steps meet:
`gh release create` and actions/create-release fail then, and nothing can be added to an immutable
one. Sources: https://cli.github.com/manual/gh_release_create and the actions' own pages.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nox_release.core.values import dataclass
from nox_release.rehearsal.github_state import GitHubState, Release, WorkflowRun, new_id
from nox_release.workflows.shell import parse_commands

if TYPE_CHECKING:
    from nox_release.workflows.syntax import Step

BOT = "github-actions[bot]"
# Both fail where the release is there; the second one only without `allowUpdates`.
_CREATING = ("actions/create-release", "ncipollo/release-action")
# These add files to a release that is there.
_ADDING = ("softprops/action-gh-release", "svenstaro/upload-release-action")
_GUARDED = re.compile(r"\bgh\s+release\s+view\b|\|\|")
_TAG_WORDS = re.compile(
    r"\$\{\{\s*github\.(?:ref_name|event\.release\.tag_name)\s*\}\}|\$(?:\{(\w+)\}|(\w+))"
)
# How long a run of a push waits for the release that is made right after it: GitHub itself needs
# longer than that to start a run.
_PATIENCE = 5.0
_STEP = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a step does about a release of the run's own tag: `create` or `upload`."""

    verb: str
    draft: bool = False


def asked_of(step: Step, tag: str, variables: Mapping[str, str]) -> Request | None:
    """What `step` asks of the release of `tag`; `None`: nothing, or nothing that is sure.

    `variables` are those of its script that are known.
    """

    def filled(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return variables.get(name, found[0]) if name else tag

    if step.uses is not None:
        action = step.uses.action
        if action.startswith(_CREATING) and step.input("allowupdates") != "true":
            return Request(verb="create", draft=step.input("draft") == "true")
        adds = action.startswith(_ADDING) and bool(step.input("files") or step.input("file"))
        return Request(verb="upload") if adds else None
    script = step.run or ""
    if _GUARDED.search(script):
        return None
    for command in parse_commands(script):
        words = command.runs("gh", "release")
        if not words or words[0] not in ("create", "upload"):
            continue
        # An option's value may stand before the tag: `--repo owner/name v1.0`.
        if any(_TAG_WORDS.sub(filled, word) == tag for word in words[1:]):
            return Request(verb=words[0], draft="--draft" in words or "-d" in words)
    return None


def carry_out(github: GitHubState, run: WorkflowRun, request: Request) -> str:
    """Do it; the error's first line where GitHub refuses, else nothing."""
    tag = run.head_branch
    if run.event == "push":
        _await_release(github, tag)
    with github.lock:
        there = github.find_release(tag)
        if request.verb == "upload":
            immutable = there is not None and there.immutable
            return "Cannot upload assets to an immutable release." if immutable else ""
        if there is not None and not request.draft:
            return (
                f"HTTP 422: Validation Failed (https://api.github.com/repos/{github.slug}/releases)"
                "\nRelease.tag_name already exists"
            )
        github.releases.append(_release(github, run, request))
    return ""


def _await_release(github: GitHubState, tag: str) -> None:
    waited, pause = 0.0, threading.Event()
    while github.find_release(tag) is None and waited < _PATIENCE:
        pause.wait(_STEP)
        waited += _STEP


def _release(github: GitHubState, run: WorkflowRun, request: Request) -> Release:
    now = github.clock.now()
    return Release(
        id=new_id() % 1_000_000_000,
        tag=run.head_branch,
        target=run.head_sha,
        name=run.head_branch,
        body="",
        draft=request.draft,
        prerelease=False,
        author=BOT,
        created_at=now,
        published_at=None if request.draft else now,
        immutable=github.settings.immutable_releases and not request.draft,
    )
