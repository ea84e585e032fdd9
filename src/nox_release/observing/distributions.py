"""Distribution files against what an index holds already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nox_release.checks.files.checking import Checked, examine, judge
from nox_release.checks.index.state import Released, check_index_state
from nox_release.core.clock import SystemClock
from nox_release.core.findings import Finding, ranked
from nox_release.edges.index import open_index
from nox_release.project.pyproject import Index, parse_index
from nox_release.releases.observed import Observed

if TYPE_CHECKING:
    import os


def check_distributions(
    paths: Iterable[str | os.PathLike[str]], *, index: Index | str | None = None
) -> tuple[Finding, ...]:
    """Every violation in every file, and between them; with `index`, also of what is there.

    Raises:
        IndexUnavailableError: `index` was given and did not answer.
    """
    checked = examine(paths)
    findings = judge(checked)
    return findings if index is None else ranked(_with_index(findings, checked, index))


def _with_index(
    findings: Sequence[Finding], checked: Sequence[Checked], index: Index | str
) -> list[Finding]:
    chosen = parse_index(index) if isinstance(index, str) else index
    clock = SystemClock()
    kept = list(findings)
    releases: dict[tuple[str, str], list[Checked]] = defaultdict(list)
    for each in checked:
        if each.name and each.version is not None:
            releases[each.name, str(each.version)].append(each)
    with open_index(chosen, clock=clock) as client:
        for (name, version), files in releases.items():
            project = client.fetch_project(name)
            observed = Observed(
                head="",
                project=project,
                ownership=client.fetch_ownership(name) if project is not None else None,
                names=client.fetch_names() if project is None and chosen.is_like_pypi else None,
            )
            released = Released(
                name=files[0].form["name"][0], index=chosen, version=version, distributions=files
            )
            results = check_index_state(observed, released, clock.now())
            # A file of a new project can be uploaded; only its publisher is a matter of its own.
            kept.extend(
                result
                for result in results
                if isinstance(result, Finding) and result.id != "project-absent"
            )
            if project is not None:  # the rule is for new names
                paths = {each.path.as_posix() for each in files}
                kept = [finding for finding in kept if not _is_old_name(finding, paths)]
    return kept


def _is_old_name(finding: Finding, paths: set[str]) -> bool:
    return (
        finding.id == "name-stdlib"
        and finding.where is not None
        and any(finding.where.file.startswith(path) for path in paths)
    )
