"""What is derived from publish workflows of well-known projects, beside what a person reads there.

    python tests/tools/publishing_table.py

Each folder of `tests/data/workflows/real` holds one workflow's facts, written anew; `table.json`
names the project they were read from, the publisher a person reads, the errors that are right, and
the warnings that a maintainer who knows the workflow would do nothing about (`noise`).
"""

import json
import sys
from pathlib import Path

from nox_release.checks.workflow.checking import WorkflowFacts, check_workflow
from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Severity, Skipped
from nox_release.project.pyproject import Settings
from nox_release.workflows.publishing import derive_publisher, parse_workflow

DATA = Path(__file__).parents[1] / "data" / "workflows" / "real"
FACTS = WorkflowFacts(
    repository="octo/demo",
    default_branch="main",
    at_commit=True,
    on_default_branch=True,
    others=(),
    metadata_version="2.2",
)
# The same, asked whether a release made with this tool gets to the upload.
WITH_THIS_TOOL = ("release", "push-tag", "dispatch-tag")


def rows():
    return json.loads((DATA / "table.json").read_text(encoding="utf-8"))


def workflows_of(row):
    folder = DATA / row["slug"]
    return tuple(
        parse_workflow(path.read_bytes(), file=f".github/workflows/{path.name}")
        for path in sorted(folder.glob("*.y*ml"))
    )


def derived(row):
    """What we say: a publisher, or why there is none in the words of the table."""
    result = derive_publisher(
        workflows_of(row), owner="octo", repository="demo", settings=Settings()
    )
    if result.publisher is not None:
        publisher = result.publisher
        return {"workflow": publisher.workflow, "environment": publisher.environment}, result
    ids = {(type(item).__name__, item.id) for item in result.results}
    if ("Finding", "reusable-publish") in ids:
        return {"none": "reusable"}, result
    if ("Skipped", "publish-workflow-missing") in ids:
        return {"none": "elsewhere"}, result
    if ("Finding", "publish-workflow-missing") in ids:
        return {"none": "missing"}, result
    return {
        "none": "choice" if any(isinstance(i, Finding) for i in result.results) else "?"
    }, result


def judged(row, *, starts=None):
    """Every result of the rules about the row's workflows."""
    from dataclasses import replace

    workflows = workflows_of(row)
    return tuple(
        result
        for workflow in workflows
        for result in check_workflow(workflow, replace(FACTS, starts=starts))
    )


def errors(results):
    return sorted(
        {r.id for r in results if isinstance(r, Finding) and r.severity is Severity.ERROR}
    )


def warnings(row):
    """The ids of the row's warnings, as a release made with this tool gets them."""
    found = judged(row, starts=WITH_THIS_TOOL)
    return sorted(
        {r.id for r in found if isinstance(r, Finding) and r.severity is Severity.WARNING}
    )


def useful():
    """How many warnings there are by row and id, and how many of them are useful."""
    everything = [(row, rule) for row in rows() for rule in warnings(row)]
    return len(everything), sum(rule not in row.get("noise", ()) for row, rule in everything)


def main():
    everything = rows()
    right = expected_errors = false_errors = missed_errors = warnings = unknown = unstarted = 0
    for row in everything:
        try:
            said, result = derived(row)
        except NoxReleaseError as error:
            said, result = {"none": str(error)}, None
        results = judged(row)
        found = errors(results)
        agrees = said == row["expected"]
        credentials = result.job.credentials if result and result.job else None
        agrees = agrees and (row.get("credentials") in (None, credentials))
        right += agrees
        expected_errors += len(row["errors"])
        false_errors += len(set(found) - set(row["errors"]))
        missed_errors += len(set(row["errors"]) - set(found))
        warnings += sum(isinstance(r, Finding) and r.id not in found for r in results)
        unknown += sum(isinstance(r, Skipped) for r in results)
        starting = errors(judged(row, starts=WITH_THIS_TOOL))
        unstarted += "trigger-matches" in starting
        mark = "ok  " if agrees and found == sorted(row["errors"]) else "DIFF"
        shown = said.get("none") or f"{said['workflow']} @ {said['environment'] or '-'}"
        print(f"{mark} {row['source']:<48} {shown:<36} {' '.join(found)}")
        if mark == "DIFF":
            print(
                f"     expected {row['expected']} errors {row['errors']} said {said} {credentials}"
            )
            for item in (*(result.results if result else ()), *results):
                if isinstance(item, (Finding, Skipped)):
                    print(f"     {item}")
    print()
    print(f"workflows                                     {len(everything)}")
    print(f"derived as a person reads it                  {right}")
    print(
        f"errors that are right / missed / false        {expected_errors - missed_errors} / {missed_errors} / {false_errors}"
    )
    told, worth = useful()
    print(f"warnings by row and id / useful                {told} / {worth}")
    print(f"warnings and advice, all                      {warnings}")
    print(f"rules not known for want of facts             {unknown}")
    print(f"started by nothing this tool does             {unstarted}")
    return int(right != len(everything) or bool(false_errors) or bool(missed_errors))


if __name__ == "__main__":
    sys.exit(main())
