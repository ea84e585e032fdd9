"""The real zizmor, and actionlint's place taken by a program that answers in its form."""

import json
import os
import stat
import sys

import pytest

from nox_release.checks.workflow.checking import WorkflowFacts, check_workflow
from nox_release.core.findings import Finding, Location, Passed, Severity, Skipped
from nox_release.edges.audit import audit_workflows, find_zizmor, without_doubles
from nox_release.edges.process import Runner
from nox_release.observing.workflow_files import read_workflows
from nox_release.workflows.publishing import Workflow

BAD = """\
on:
  push:
    tags: ["v*"]
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: twine upload dist/*
        env:
          TWINE_PASSWORD: ${{ secrets.PYPI }}
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "publish.yml").write_text(BAD, encoding="utf-8")
    return tmp_path


def audit(root, path=None, publishing=()):
    runner = Runner(environ={**os.environ, "PATH": str(path or "")})
    workflows = tuple(w for w in read_workflows(root) if isinstance(w, Workflow))
    return audit_workflows(root, workflows, runner, publishing=publishing)


needs_zizmor = pytest.mark.skipif(
    find_zizmor(os.environ) is None and not os.environ.get("CI"),
    reason="zizmor comes with nox-release[audit]",
)


@needs_zizmor
def test_zizmors_findings_have_their_ids_lines_and_our_form(project):
    found = {result.id: result for result in audit(project) if isinstance(result, Finding)}
    finding = found["zizmor/unpinned-uses"]
    assert finding.severity is Severity.WARNING
    assert finding.subject == "workflow"
    assert finding.where == Location(
        file=".github/workflows/publish.yml", key="jobs.publish.steps", line=8
    )
    assert finding.link == "https://docs.zizmor.sh/audits/#unpinned-uses"
    assert finding.message.startswith("Unpinned action reference: ")


@needs_zizmor
def test_credentials_that_stay_in_the_checkout_come_with_a_patch(project):
    found = {result.id: result for result in audit(project) if isinstance(result, Finding)}
    assert "+          persist-credentials: false" in found["zizmor/artipacked"].patch


@needs_zizmor
def test_one_upload_is_not_reported_in_two_words(project):
    (workflow,) = read_workflows(project)
    both = (*check_workflow(workflow, WorkflowFacts()), *audit(project))
    ids = [result.id for result in without_doubles(both)]
    assert "no-manual-twine" in ids
    assert "zizmor/use-trusted-publishing" not in ids
    assert "zizmor/use-trusted-publishing" in [result.id for result in both]


def program(folder, name, script):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder


on_posix = pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")


def of(results, name):
    return [result for result in results if result.id.split("/")[0] == name]


def test_a_program_that_is_not_installed_says_nothing(project):
    assert of(audit(project), "actionlint") == []


TWICE = (
    BAD
    + """\
      - uses: actions/setup-python@v6
  other:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""
)


@needs_zizmor
def test_one_rule_is_one_line_for_a_file(project):
    file = project / ".github" / "workflows" / "publish.yml"
    file.write_text(TWICE, encoding="utf-8")
    found = [one for one in audit(project) if one.id == "zizmor/unpinned-uses"]
    assert len(found) == 1
    assert found[0].where.line == 8
    assert found[0].message.endswith("(lines 8, 12, 16).")


@needs_zizmor
def test_what_publishes_nothing_is_advice_and_one_line_for_all_files(project):
    folder = project / ".github" / "workflows"
    for name in ("docs.yml", "tests.yml"):
        (folder / name).write_text(BAD.replace("publish:", "other:"), encoding="utf-8")
    told = [
        one
        for one in audit(project, publishing=[".github/workflows/publish.yml"])
        if one.id == "zizmor/unpinned-uses"
    ]
    assert {one.severity for one in told} == {Severity.WARNING, Severity.ADVICE}
    (advice,) = (one for one in told if one.severity is Severity.ADVICE)
    assert advice.message.endswith(
        "(in .github/workflows/docs.yml:8, .github/workflows/tests.yml:8)."
    )


@on_posix
def test_actionlints_findings_have_its_kinds(project, tmp_path):
    entry = {
        "message": 'property "x" is not defined',
        "filepath": ".github/workflows/publish.yml",
        "line": 4,
        "column": 1,
        "kind": "expression",
    }
    script = f"import sys\nprint(r'''{json.dumps([entry])}''')\nsys.exit(1)\n"
    (finding,) = of(audit(project, program(tmp_path / "bin", "actionlint", script)), "actionlint")
    assert finding.id == "actionlint/expression"
    assert finding.message == 'Property "x" is not defined.'
    assert finding.where == Location(file=".github/workflows/publish.yml", line=4)


@on_posix
@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("print('[]')\n", Passed),
        ("print('null')\n", Passed),
        ("print('no json')\n", Skipped),
        ("print('{}')\n", Skipped),
        ("import sys\nprint('fatal: broken', file=sys.stderr)\nsys.exit(3)\n", Skipped),
    ],
)
def test_whatever_the_program_does_there_is_one_line(project, tmp_path, script, kind):
    found = of(audit(project, program(tmp_path / "bin", "actionlint", script)), "actionlint")
    assert [type(result) for result in found] == [kind]


@on_posix
def test_the_same_files_are_asked_about_once(project, tmp_path):
    script = f"open({str(tmp_path / 'log')!r}, 'a').write('x')\nprint('[]')\n"
    path = program(tmp_path / "bin", "actionlint", script)
    assert audit(project, path) == audit(project, path)
    assert (tmp_path / "log").read_text() == "x"
    workflow = project / ".github" / "workflows" / "publish.yml"
    workflow.write_text(BAD.replace("v*", "w*"), encoding="utf-8")
    audit(project, path)
    assert (tmp_path / "log").read_text() == "xx"


def test_no_workflows_no_programs(tmp_path):
    assert audit_workflows(tmp_path, (), Runner(environ={})) == ()
