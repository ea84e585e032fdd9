"""What `check-project` shows: short, and the gravest nearest to the verdict."""

import io
from dataclasses import replace
from pathlib import Path

from nox_release.checks.index.state import ABSENT
from nox_release.checks.release import asked, preflight
from nox_release.checks.workflow.upload import CURRENT
from nox_release.core.findings import Finding, Location, Passed, Severity, Skipped
from nox_release.edges.console import Console
from nox_release.operations.check_screen import show
from nox_release.operations.checklist import Checklist
from nox_release.operations.next_step import NextStep
from nox_release.project.pyproject import parse_project

PROJECT = parse_project({"project": {"name": "demo", "version": "1.2.0"}}, root=Path("demo"))
FINE = Passed(id="name", subject="project", title="The name can be used", detail="demo")
THERE = Passed(id="version-exists", subject="index", title="1.2.0 is not on PyPI yet")
ERROR = Finding(
    id="license-expression-invalid",
    severity=Severity.ERROR,
    message="`??` is no SPDX expression.",
    where=Location(file="pyproject.toml", key="project.license", line=4),
    why="PyPI refuses the file.",
    fix='license = "MIT"',
    patch="--- a\n+++ b\n",
)
SHOWN_ERROR = (
    "✗ error: pyproject.toml:4: `??` is no SPDX expression. "
    'fix: license = "MIT"  [license-expression-invalid]'
)
WARNING = replace(ERROR, id="readme-relative", severity=Severity.WARNING, message="A relative link")
PINNED = replace(
    WARNING,
    id="zizmor/unpinned-uses",
    subject="workflow",
    where=Location(file=".github/workflows/publish.yml", line=4),
)
ADVICE = replace(WARNING, id="environment-absent", severity=Severity.ADVICE)


def checklist(*results, name="demo"):
    return Checklist(
        project=replace(PROJECT, name=name),
        version="1.2.0",
        phase="before",
        results=results,
        case=None,
        step=NextStep(kind="release", text="Release 1.2.0.", command="nox -s release"),
    )


def screen(*checklists, verbose=False, quiet=False):
    stream = io.StringIO()
    console = Console(stream, stream=stream, environ={}, interactive=False)
    console.set_detail(verbose=verbose, quiet=quiet)
    show(console, checklists)
    return stream.getvalue().splitlines()


def test_errors_come_last_with_place_and_fix_above_the_verdict():
    assert screen(checklist(FINE, ERROR, THERE, ADVICE, WARNING)) == [
        "",
        "Project demo 1.2.0 → PyPI",
        "✓ Index: 1.2.0 is not on PyPI yet",
        "· advice: 1 (environment-absent); -v shows it",
        '! warning: pyproject.toml:4: A relative link. fix: license = "MIT"  [readme-relative]',
        SHOWN_ERROR,
        "",
        "✗ error: A release would fail. 1 error, 1 warning.",
        "→ Next: Release 1.2.0.",
        "    nox -s release",
    ]


def test_of_a_version_that_is_out_nothing_is_said_about_releasing_it():
    unbuilt = Skipped(
        id=asked.DISTRIBUTIONS_CHECKED.id, subject="distributions", title="…", reason="none"
    )
    lines = screen(replace(checklist(FINE, THERE, unbuilt), phase="done"))
    assert lines[-3] == "✓ 1.2.0 is released, and nothing was found wrong with it."
    assert not [line for line in lines if "not known" in line]


def test_a_version_that_is_out_is_not_called_ready_where_github_is_not_asked():
    out = replace(
        WARNING,
        id="version-exists",
        subject="index",
        message="1.2.0 is on PyPI already, with 2 files.",
        where=None,
    )
    lines = screen(checklist(FINE, out))
    said = "1.2.0 is on PyPI already: the next release needs another version."
    assert f"! warning: {said} 1 warning." in lines
    assert "Nothing found" not in "\n".join(lines)


def test_a_subject_that_is_fine_is_one_line():
    many = [replace(FINE, id=str(number)) for number in range(9)]
    lines = screen(checklist(*many, THERE))
    assert "✓ Project: 9 checks" in lines
    assert lines[-3] == "✓ Ready for a release."


def test_verbose_shows_every_reason_in_its_place():
    lines = screen(checklist(FINE, ERROR, THERE), verbose=True)
    assert "  why: PyPI refuses the file." in lines
    assert "✓ The name can be used  demo" in lines
    assert "+++ b" in "\n".join(lines)


def test_quiet_leaves_errors_the_verdict_and_the_next_command():
    assert screen(checklist(FINE, ERROR, THERE, WARNING), quiet=True) == [
        SHOWN_ERROR,
        "",
        "✗ error: A release would fail. 1 error, 1 warning.",
        "→ Next: Release 1.2.0.",
        "    nox -s release",
    ]


def test_one_cause_is_one_line_and_what_nobody_can_know_is_none():
    cause = "gh is not installed. Install it: https://cli.github.com/"
    lines = screen(
        checklist(
            THERE,
            Skipped(id="a", subject="GitHub", title="what GitHub says", reason=cause),
            Skipped(id="b", subject="GitHub", title="the checks", reason=cause),
            Skipped(
                id=asked.PUBLISHER_REGISTERED.id,
                subject="trusted publisher",
                title="whether PyPI has this publisher",
                reason="PyPI lists publishers to nobody",
            ),
        )
    )
    assert [line for line in lines if "not known" in line] == [
        f"? not known: what GitHub says; the checks: {cause}",
        "✓ Nothing found that would make a release fail. 2 not known.",
    ]


def test_without_a_network_that_is_said_once():
    def away(rule, title):
        return Skipped(id=rule.id, subject=rule.subject, title=title, reason="[Errno -3] …")

    lines = screen(
        checklist(
            away(preflight.REMOTE_UNREACHABLE, "what the remote has"),
            away(preflight.GH_UNREACHABLE, "what GitHub says"),
        )
    )
    (line,) = [line for line in lines if line.startswith("? not known: what")]
    assert line.startswith("? not known: what the remote has; what GitHub says: GitHub cannot be")


def test_an_index_that_is_away_with_github_is_one_cause_too():
    def away(rule):
        return Skipped(id=rule.id, subject=rule.subject, title=rule.title, reason="[Errno -3] …")

    rules = (ABSENT, preflight.INDEX_UNREACHABLE, preflight.REMOTE_UNREACHABLE)
    lines = [line for line in screen(checklist(*map(away, rules))) if "not known" in line]
    assert len(lines) == 2
    assert lines[0].endswith("no connection; are you offline?")
    assert "but PyPI gave no answer" in lines[1]
    alone = screen(checklist(*map(away, rules[:2])))
    assert len([line for line in alone if "[Errno -3]" in line]) == 1


def test_of_many_warnings_alike_the_first_are_shown_and_the_rest_counted():
    links = [
        replace(WARNING, where=Location(file="README.md", line=number)) for number in range(1, 21)
    ]
    lines = screen(checklist(THERE, *links))
    assert len([line for line in lines if "README.md:" in line]) == 3
    assert "! warning: 17 more of these (-v)  [readme-relative]" in lines
    errors = [replace(one, severity=Severity.ERROR) for one in links]
    assert len([line for line in screen(checklist(THERE, *errors)) if "README.md:" in line]) == 20


def test_what_packages_have_in_common_is_shown_once_and_all_are_summed_up():
    lines = screen(
        checklist(PINNED, THERE, name="one"), checklist(PINNED, THERE, ERROR, name="two")
    )
    assert lines[:2] == ["", "All 2 packages"]
    (line,) = [line for line in lines if "zizmor" in line]
    assert line.startswith("! warning: .github/workflows/publish.yml: zizmor warns of unpinned-use")
    assert lines[-3:] == [
        "✗ error: A release of 1 of 2 packages would fail: two.",
        "→ Next: Release 1.2.0.",
        "    nox -s release",
    ]


def test_below_the_joint_verdict_stands_what_to_do_for_all_packages():
    one, two = (checklist(THERE, name=name) for name in ("one", "two"))
    assert screen(one, two)[-2:] == [
        "→ Next: Release what is prepared.",
        "    nox -s release -- --all-packages",
    ]
    out = NextStep(kind="raise-version", text="1.2.0 is out.", command="nox -s prepare -- patch")
    assert screen(replace(one, step=out), two)[-1].endswith("release -- --all-packages")
    assert screen(replace(one, step=out), replace(two, step=out))[-2:] == [
        "→ Next: All are out. The next ones, of what is new:",
        "    nox -s prepare -- patch --all-packages",
    ]
    page = NextStep(kind="register-publisher", text="Register it.", page="https://pypi.org/")
    assert screen(one, replace(two, step=page))[-2:] == [
        "→ Next: Register it.",
        "    https://pypi.org/",
    ]


def test_what_a_command_of_ours_settles_is_said_for_each_package():
    missing = replace(ERROR, subject="trusted publisher", where=None, fix="nox -s init writes it.")
    lines = screen(checklist(missing, name="one"), checklist(missing, name="two"))
    assert [line for line in lines if "nox -s init" in line] == [
        f"✗ error: `??` is no SPDX expression. fix: nox -s init -- --package {name} writes it.  "
        "[license-expression-invalid]"
        for name in ("one", "two")
    ]


def test_a_fix_about_one_of_several_packages_names_it():
    absent = replace(ERROR, where=None, fix="Bring it into being once: nox -s first-upload")
    lines = screen(checklist(absent, name="one"), checklist(absent, THERE, name="two"))
    assert any("nox -s first-upload -- --package one" in line for line in lines)
    assert any("nox -s first-upload -- --package two" in line for line in lines)
    (alone,) = [line for line in screen(checklist(absent)) if "first-upload" in line]
    assert "--package" not in alone


def test_what_a_program_said_keeps_its_lines():
    failed = replace(ERROR, message="The build failed.\nerror: x.c:1", where=None, fix="")
    lines = screen(checklist(failed))
    at = lines.index("✗ error: The build failed.")
    assert lines[at + 1].startswith("  error: x.c:1")


def test_files_that_are_not_built_are_one_line():
    missing = Skipped(
        id=asked.DISTRIBUTIONS_CHECKED.id,
        subject="distributions",
        title="whether PyPI takes the files",
        reason="none are built",
        fix="`nox -s build` makes them",
    )
    follows = Skipped(id=CURRENT.id, subject="workflow", title="…", reason="…")
    lines = screen(checklist(THERE, missing, follows))
    assert (
        "? not known: whether PyPI takes the files: none are built; `nox -s build` makes them"
        in lines
    )
    assert "1 not known" in lines[-3]
