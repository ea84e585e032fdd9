"""Several packages in a rehearsal: which comes first, and how time goes by while they wait."""

from __future__ import annotations

import io
from pathlib import Path

from nox_release.checks.files.built import SDIST_STRAY_FILES, WHEEL_FOR_THIS_MACHINE
from nox_release.core.findings import find
from nox_release.edges.console import Console
from nox_release.operations.rehearse import in_order
from nox_release.operations.rehearse_coming import warnings_of_build
from nox_release.operations.rehearse_screen import end_well
from nox_release.operations.rehearse_story import QuickClock
from nox_release.project.pyproject import Project


def project(name: str, *needs: str) -> Project:
    return Project(root=Path(name), name=name, dependencies=needs)


def names(*projects: Project) -> list[str]:
    return [one.name for one in in_order(projects)]


def test_packages_keep_their_order_where_none_needs_another() -> None:
    assert names(project("b", "requests"), project("a"), project("c", "c[extra]")) == [
        "b",
        "a",
        "c",
    ]


def test_package_comes_after_those_it_needs() -> None:
    cli, core = project("cli", "Core_Lib>=1; python_version > '3'"), project("core-lib", "base")
    assert names(cli, core, project("base")) == ["base", "core-lib", "cli"]


def test_packages_that_need_each_other_come_all_the_same() -> None:
    assert names(project("a", "b"), project("b", "a")) == ["a", "b"]


def test_waiting_takes_no_time_while_nothing_is_under_way() -> None:
    busy = [True]
    clock = QuickClock(lambda: busy[0])
    began = clock.now()
    clock.sleep(0.3)
    assert (clock.now() - began).total_seconds() < 100
    busy[0] = False
    clock.sleep(1800)
    assert (clock.now() - began).total_seconds() >= 1800


def test_a_rehearsal_with_warnings_of_the_build_does_not_end_all_green() -> None:
    warning = find(SDIST_STRAY_FILES, "`demo-1.0.tar.gz` holds `notes.orig`.")
    ends = []
    lost = [".github/workflows/a.yml", "", ".github/workflows/a.yml"]
    for warnings, files in (((), [""]), ((warning, warning), [""]), ((), lost)):
        out = io.StringIO()
        console = Console(out, stream=out, environ={}, interactive=False, names={})
        console.set_detail(quiet=True)
        end_well(console, "All 8 parts.", warnings, files)
        ends.append(out.getvalue())
    assert ends == [
        "✓ All 8 parts.\n",
        "! warning: All 8 parts. The build has 2 warnings: sdist-stray-files.\n",
        "! warning: All 8 parts. With .github/workflows/a.yml as it is, a real release would be lost.\n",
    ]


def test_a_wheel_that_no_workflow_uploads_is_no_warning_of_the_end() -> None:
    stray = find(SDIST_STRAY_FILES, "`demo-1.0.tar.gz` holds `notes.orig`.")
    wheel = find(WHEEL_FOR_THIS_MACHINE, "`demo-1.0-linux_x86_64.whl` fits this machine.")
    assert warnings_of_build([wheel, stray]) == (stray,)
