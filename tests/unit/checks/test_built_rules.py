"""Rules over built distributions, as functions of values."""

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from nox_release.checks.files.built import check_built, is_uploadable, tag_fits
from nox_release.checks.files.contents import missing_data, missing_modules
from nox_release.checks.files.facts import Facts
from nox_release.checks.files.imports import undeclared
from nox_release.checks.files.remedies import REMEDIES
from nox_release.checks.files.tried import (
    Attempt,
    entry_point_result,
    import_result,
    parse_traceback,
    script_result,
)
from nox_release.core.findings import Finding, Passed, Severity, Skipped
from nox_release.files.code import read_code
from nox_release.files.distributions import Distribution, Member, Metadata, MetadataField
from nox_release.files.wheels import EntryPoint, Package, module_name, parse_wheel
from nox_release.observing.trying import import_names
from nox_release.project.pyproject import Project, Settings


def distribution(filename, members, *, name="demo", version="1.0", fields=()):
    kind = "wheel" if filename.endswith(".whl") else "sdist"
    top = "" if kind == "wheel" else f"{name}-{version}/"
    return Distribution(
        path=Path(filename),
        filename=filename,
        kind=kind,
        name=name,
        version=version,
        size=1,
        sha256="0" * 64,
        blake2_256="0" * 64,
        metadata=Metadata(
            member="",
            text=b"",
            fields=tuple(
                MetadataField(name=key, value=value, line=line)
                for line, (key, value) in enumerate(fields, 1)
            ),
        ),
        members=tuple(Member(name=top + member, size=1) for member in members),
    )


def wheel(*members, filename="demo-1.0-py3-none-any.whl", **more):
    own = ("demo-1.0.dist-info/METADATA", "demo-1.0.dist-info/RECORD")
    return distribution(filename, (*members, *own), **more)


def facts(
    tree,
    members,
    *,
    project=None,
    sdist=None,
    sdist_version="1.0",
    entry_points="",
    code=None,
    fields=(),
    **more,
):
    """`code` are the texts of modules by their paths in the wheel, `fields` its metadata."""
    file = members if isinstance(members, Distribution) else wheel(*members, fields=fields)
    oldest = next((value for key, value in fields if key == "Requires-Python"), None)
    read = [
        read_code(module_name(path), path, text.encode(), oldest and (3, int(oldest[4:])))
        for path, text in (code or {}).items()
    ]
    return Facts(
        project=project or Project(root=Path(), name="demo", version="1.0"),
        sdist=distribution(
            "demo-1.0.tar.gz", sdist if sdist is not None else tree, version=sdist_version
        ),
        wheel=parse_wheel(file, entry_points=entry_points, code=read),
        tree=tuple(tree),
        **more,
    )


def found(given):
    return {
        result.id: (result.severity, result.message)
        for result in check_built(given)
        if isinstance(result, Finding)
    }


TREE = (
    "pyproject.toml",
    "src/demo/__init__.py",
    "src/demo/sub/__init__.py",
    "src/demo/sub/deep.py",
    "src/demo/py.typed",
    "src/demo/templates/page.html",
    "tests/test_demo.py",
)
WHOLE = tuple(path.removeprefix("src/") for path in TREE if path.startswith("src/"))


def test_a_good_wheel_has_nothing_to_say():
    assert found(facts(TREE, WHOLE)) == {}


def test_a_warning_of_the_backend_is_told_whole_and_without_its_box():
    warned = """License classifiers are deprecated.
!!

        ********************************************************************************
        Please consider removing the following classifiers in favor of a SPDX license
        expression:

        License :: OSI Approved :: MIT License
        ********************************************************************************
!!
"""
    _, message = found(facts(TREE, WHOLE, warnings=(warned,)))["backend-warns"]
    assert message == (
        "setuptools warns: License classifiers are deprecated. Please consider removing the "
        "following classifiers in favor of a SPDX license expression: "
        "License :: OSI Approved :: MIT License"
    )


WALL = """Package '{0}' is absent from the `packages` configuration.
!!

        ############################
        # Package would be ignored #
        ############################
        Python recognizes '{0}' as an importable package[^1],
        but it is absent from setuptools' `packages` configuration.
!!
"""


def test_walls_of_the_same_warning_are_folded_into_one_line():
    warnings = tuple(WALL.format(f"demo.data{number}") for number in range(20))
    results = [one for one in check_built(facts(TREE, WHOLE, warnings=warnings))
               if one.id == "backend-warns"]  # fmt: skip
    (finding,) = results
    assert "#" not in finding.message
    assert finding.message.startswith("setuptools warns: Package 'demo.data0' is absent from")
    assert finding.message.endswith("(19 more like it; `build -v` shows all)")


def test_an_empty_wheel_beside_a_package_in_the_tree_is_an_error():
    severity, message = found(facts(TREE, ()))["wheel-empty"]
    assert severity is Severity.ERROR
    assert message == (
        "`demo-1.0-py3-none-any.whl` holds nothing to import, but the source tree has `demo`."
    )


def test_an_empty_wheel_of_a_project_without_code_is_a_warning():
    assert found(facts(("pyproject.toml",), ()))["wheel-empty"][0] is Severity.WARNING


def test_what_another_project_of_the_tree_ships_is_not_missing():
    tree = ("pyproject.toml", "packages/cli/pyproject.toml", "packages/cli/src/cli/__init__.py")
    given = facts(tree, (), fields=(("Requires-Dist", "cli==1.0"),))
    severity, message = found(given)["wheel-empty"]
    assert severity is Severity.ADVICE
    assert message == "`demo-1.0-py3-none-any.whl` holds nothing but metadata."


def test_a_missing_subpackage_is_named():
    given = facts(TREE, ("demo/__init__.py", "demo/py.typed", "demo/templates/page.html"))
    assert tuple(missing_modules(given)) == ("demo.sub", "demo.sub.deep")
    assert found(given)["wheel-missing-modules"][0] is Severity.WARNING


def test_the_remedy_names_the_folder_above_a_missing_subpackage():
    project = Project(root=Path(), name="demo", version="1.0", build_backend="hatchling.build")
    given = facts(TREE, ("demo/__init__.py",), project=project)
    (finding,) = [one for one in check_built(given) if one.id == "wheel-missing-modules"]
    assert '`packages = ["src/demo"]`' in finding.fix


def test_a_missing_subpackage_that_is_imported_is_an_error():
    given = facts(
        TREE,
        ("demo/__init__.py", "demo/py.typed", "demo/templates/page.html"),
        code={"demo/__init__.py": "import demo.sub\n"},
    )
    assert found(given)["wheel-missing-modules"] == (
        Severity.WARNING,
        "`demo-1.0-py3-none-any.whl` lacks `demo.sub.deep`, which the source tree has.",
    )
    messages = [one.message for one in check_built(given) if isinstance(one, Finding)]
    assert "`demo-1.0-py3-none-any.whl` lacks `demo.sub`, which its own modules import." in messages


@pytest.mark.parametrize(
    "tool",
    [
        {"hatch": {"build": {"targets": {"wheel": {"exclude": ["/src/demo/sub"]}}}}},
        {"hatch": {"build": {"exclude": ["sub/", "py.typed"]}}},
        {"poetry": {"exclude": [{"path": "src/demo/sub/**/*", "format": "wheel"}]}},
        {"setuptools": {"packages": {"find": {"exclude": ["demo.sub*"]}}}},
        {"uv": {"build-backend": {"wheel-exclude": ["**/sub"]}}},
    ],
    ids=lambda tool: next(iter(tool)),
)
def test_what_the_settings_leave_out_is_advice_unless_it_is_imported(tool):
    project = Project(root=Path(), name="demo", version="1.0", pyproject={"tool": tool})
    members = ("demo/__init__.py", "demo/py.typed", "demo/templates/page.html")
    left_out = facts(TREE, members, project=project)
    assert found(left_out)["wheel-missing-modules"][0] is Severity.ADVICE
    used = facts(TREE, members, project=project, code={"demo/__init__.py": "import demo.sub\n"})
    errors = [one for one in check_built(used) if isinstance(one, Finding)]
    assert Severity.ERROR in {one.severity for one in errors if one.id == "wheel-missing-modules"}


def test_data_that_the_settings_leave_out_is_advice_unless_it_is_opened():
    hatch = {"hatch": {"build": {"exclude": ["*.typed"]}}}
    project = Project(root=Path(), name="demo", version="1.0", pyproject={"tool": hatch})
    members = [path for path in WHOLE if not path.endswith("py.typed")]
    assert found(facts(TREE, members, project=project))["wheel-missing-data"][0] is Severity.ADVICE
    assert found(facts(TREE, members))["wheel-missing-data"][0] is Severity.WARNING


def test_tests_inside_the_package_may_be_left_out():
    tree = (*TREE, "src/demo/tests/__init__.py", "src/demo/tests/test_a.py", "src/demo/conftest.py")
    assert found(facts(tree, WHOLE)) == {}


def test_missing_data_files_are_told_and_a_missing_py_typed_is_a_warning():
    given = facts(TREE, ("demo/__init__.py", "demo/sub/__init__.py", "demo/sub/deep.py"))
    assert missing_data(given) == {
        "demo/py.typed": "src/demo/py.typed",
        "demo/templates/page.html": "src/demo/templates/page.html",
    }
    given = facts(TREE, [path for path in WHOLE if not path.endswith("py.typed")])
    assert found(given)["wheel-missing-data"][0] is Severity.WARNING
    given = facts(TREE, [path for path in WHOLE if not path.endswith(".html")])
    assert found(given)["wheel-missing-data"][0] is Severity.ADVICE


def test_sources_of_compiled_modules_are_not_missed():
    tree = (*TREE, "src/demo/fast.c", "src/demo/fast.pyx", "src/demo/fast.pxd")
    members = (*WHOLE, "demo/fast.cpython-311-x86_64-linux-gnu.so")
    assert found(facts(tree, members)) == {}


def test_a_folder_of_compiled_modules_needs_no_init():
    tree = (*TREE, "src/demo/fast/__init__.py")
    members = (*WHOLE, "demo/fast/a.cpython-311-x86_64-linux-gnu.so")
    assert found(facts(tree, members)) == {}
    assert tuple(missing_modules(facts(tree, (*members, "demo/fast/b.py")))) == ("demo.fast",)


def test_a_vendored_copy_elsewhere_in_the_tree_is_not_taken_for_the_package():
    tree = ("demo/__init__.py", "docs/old/demo/__init__.py", "docs/old/demo/gone.py")
    assert missing_modules(facts(tree, ("demo/__init__.py",))) == {}


@pytest.mark.parametrize("stray", ["tests/__init__.py", "docs/conf.py", "test/a.py", "LICENSE"])
def test_strays_at_the_top_of_the_wheel_are_a_warning(stray):
    severity, message = found(facts(TREE, (*WHOLE, stray)))["wheel-stray-top-level"]
    assert severity is Severity.WARNING
    assert stray.split("/")[0] in message


def test_a_project_may_be_called_like_a_stray_folder():
    project = Project(root=Path(), name="tools", version="1.0")
    own = wheel("tools/__init__.py", filename="tools-1.0-py3-none-any.whl", name="tools")
    given = facts(("tools/__init__.py",), own, project=project, sdist=())
    assert "wheel-stray-top-level" not in found(given)


@pytest.mark.parametrize("accident", ["=2.0.0", ">=1", ".DS_Store", "src/demo/__pycache__/a.pyc"])
def test_accidents_in_the_sdist_are_told(accident):
    assert accident in found(facts((*TREE, accident), WHOLE))["sdist-stray-files"][1]


def test_untracked_files_in_the_sdist_are_told():
    given = facts(TREE, WHOLE, sdist=(*TREE, "notes.txt"), untracked=("notes.txt", "other.txt"))
    assert found(given)["sdist-stray-files"][1] == (
        "`demo-1.0.tar.gz` holds `notes.txt`, unknown to git."
    )


def test_a_file_with_credentials_is_an_error():
    assert found(facts((*TREE, ".pypirc"), WHOLE))["sdist-holds-secrets"][0] is Severity.ERROR
    fixture = facts((*TREE, "tests/fixtures/.pypirc", ".env"), WHOLE)
    assert "sdist-holds-secrets" not in found(fixture)


@pytest.mark.parametrize("version", ["0.0.0", "0", "0.0"])
def test_version_zero_is_an_error(version):
    project = Project(root=Path(), name="demo")
    given = facts(TREE, wheel(*WHOLE, version=version), project=project, sdist_version=version)
    assert found(given)["version-zero"][0] is Severity.ERROR


def test_a_placeholder_version_is_no_version_zero():
    given = facts(
        TREE,
        wheel(*WHOLE, version="0.0.0.dev0"),
        project=Project(root=Path(), name="demo"),
        sdist_version="0.0.0.dev0",
    )
    assert "version-zero" not in found(given)


def test_another_version_than_declared_is_an_error():
    given = facts(TREE, WHOLE, project=Project(root=Path(), name="demo", version="2.0"))
    assert found(given)["version-mismatch"][0] is Severity.ERROR


def test_the_same_version_written_otherwise_is_fine():
    given = facts(TREE, WHOLE, project=Project(root=Path(), name="demo", version="1.0.0"))
    assert found(given) == {}


def test_filename_and_metadata_must_agree():
    given = facts(TREE, wheel(*WHOLE, filename="demo-1.1-py3-none-any.whl"))
    assert found(given)["version-mismatch"][1] == (
        "`demo-1.1-py3-none-any.whl` says 1.1 in its name and 1.0 inside."
    )


@pytest.mark.parametrize(
    ("tag", "fits"),
    [("v1.0", True), ("v1.0.0", True), ("1.0", False), ("v1.1", False), ("vx", False)],
)
def test_the_tag_must_be_the_versions(tag, fits):
    project = Project(root=Path(), name="demo", version="1.0")
    assert tag_fits(tag, project, Version("1.0")) is fits
    assert ("version-mismatch" not in found(facts(TREE, WHOLE, project=project, tag=tag))) is fits


@pytest.mark.parametrize(
    ("tag", "form"),
    [("1.0", "{version}"), ("demo-1.0", "{name}-{version}"), ("1.1", None), ("next", None)],
)
def test_a_tag_of_another_form_gets_the_setting_for_it(tag, form):
    project = Project(root=Path(), name="demo", version="1.0")
    given = facts(TREE, WHOLE, project=project, tag=tag)
    (told,) = [item for item in check_built(given) if item.id == "version-mismatch"]
    assert ("tag-format" in told.fix) is (form is not None)
    assert form is None or f'tag-format = "{form}"' in told.fix


def test_a_tag_format_with_the_name_is_understood():
    project = Project(
        root=Path(), name="My.Demo", settings=Settings(tag_format="{name}/v{version}")
    )
    assert tag_fits("My.Demo/v1.0", project, Version("1.0"))
    assert tag_fits("my-demo/v1.0", project, Version("1.0"))


SCM = Project(root=Path(), name="demo", build_requires=("setuptools-scm[toml]>=8",))


def test_between_tags_is_a_warning_that_says_why():
    given = facts(
        TREE,
        wheel(*WHOLE, version="1.1.dev2+gabc"),
        project=SCM,
        sdist_version="1.1.dev2+gabc",
    )
    assert found(given)["version-between-tags"] == (
        Severity.WARNING,
        "The version is 1.1.dev2+gabc, because HEAD carries no tag.",
    )


@pytest.mark.parametrize("now", [None, "2026.11.20"])
def test_a_version_that_the_clock_does_not_change_is_fine(now):
    given = facts(TREE, wheel(*WHOLE, version="2026.11.20"), version_now=now)
    assert "version-from-clock" not in found(given)


def test_a_version_from_the_clock_is_told_with_both_versions():
    given = facts(TREE, wheel(*WHOLE, version="2026.11.20"), version_now="2026.11.26")
    assert found(given)["version-from-clock"] == (
        Severity.WARNING,
        "By the commit's date the version is 2026.11.20, by the clock 2026.11.26.",
    )


def test_a_tracked_generated_file_is_named_when_it_spoils_the_version():
    given = facts(
        TREE,
        wheel(*WHOLE, version="1.1.dev0"),
        project=SCM,
        sdist_version="1.1.dev0",
        tags=("v1.0",),
        changed=("demo.egg-info/PKG-INFO", "demo.egg-info/SOURCES.txt", "src/demo/_version.py"),
    )
    (finding,) = [
        one
        for one in check_built(given)
        if isinstance(one, Finding) and one.id == "build-changes-tracked-files"
    ]
    assert finding.severity is Severity.ERROR
    assert "git rm -r --cached demo.egg-info src/demo/_version.py" in finding.fix


def test_another_name_than_declared_is_an_error():
    given = facts(TREE, WHOLE, project=Project(root=Path(), name="other", version="1.0"))
    assert found(given)["name-mismatch"][0] is Severity.ERROR


def test_the_same_name_written_otherwise_is_fine():
    given = facts(TREE, WHOLE, project=Project(root=Path(), name="DEMO", version="1.0"))
    assert "name-mismatch" not in found(given)


def test_a_plain_linux_wheel_stays_here():
    plain = wheel(*WHOLE, "demo/_fast.abi3.so", filename="demo-1.0-cp39-abi3-linux_x86_64.whl")
    assert not is_uploadable(plain)
    assert "wheel-for-this-machine" in found(facts(TREE, plain))
    portable = "demo-1.0-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert is_uploadable(wheel(*WHOLE, filename=portable))


def test_a_console_script_must_lead_into_the_wheel():
    text = "[console_scripts]\ndemo = demo.cli:main\nok = demo.sub:main\nfar = other.cli:main\n"
    severity, message = found(facts(TREE, WHOLE, entry_points=text))["script-without-target"]
    assert severity is Severity.ERROR
    assert message == (
        "The command `demo` leads to `demo.cli`, which is not in `demo-1.0-py3-none-any.whl`."
    )


def test_import_names_are_packages_modules_and_what_a_namespace_holds():
    built = wheel(
        "space/one/__init__.py",
        "space/one/inner/__init__.py",
        "space/two.py",
        "single.py",
        "_private/__init__.py",
        "_fast.abi3.so",
        "demo-1.0.data/purelib/moved/__init__.py",
        "demo-1.0.data/scripts/run.py",
        "tests/__init__.py",
        "a__mypyc.abi3.so",
    )
    given = facts((), built)
    assert import_names(given) == ("_fast", "_private", "moved", "single", "space.one", "space.two")
    assert Package(name="space.one", files=2, subpackages=1) in given.wheel.packages


def attempt(outcome, error="", said="", *, name="demo", missing=None, returncode=None):
    return Attempt(
        name=name, outcome=outcome, error=error, said=said, missing=missing, returncode=returncode
    )


COMMAND = EntryPoint(group="console_scripts", name="demo", module="demo", attribute="main")
NOT_FOUND = attempt("failed", "ModuleNotFoundError", "No module named 'yaml'", missing="yaml")


def test_an_undeclared_dependency_is_named_with_the_project_that_brings_it():
    result = import_result(NOT_FOUND, facts(TREE, WHOLE))
    assert isinstance(result, Finding)
    assert result.id == "undeclared-dependency"
    assert result.severity is Severity.ERROR
    assert result.fix.startswith('Add "pyyaml" to `project.dependencies`')


@pytest.mark.parametrize("name", ["docutils", "pygments"])
def test_a_plugin_may_leave_its_framework_undeclared(name):
    said = f"No module named '{name}'"
    missing = attempt("failed", "ModuleNotFoundError", said, missing=name)
    fields = (("Classifier", "Framework :: Sphinx :: Extension"),)
    result = import_result(missing, facts(TREE, WHOLE, fields=fields))
    assert isinstance(result, Finding)
    assert result.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("own", "severity"),
    [(("demo.py", "demod.py"), Severity.WARNING), (("demo.py",), Severity.ERROR)],
)
def test_one_of_several_packages_may_need_an_extra(own, severity):
    fields = (("Requires-Dist", 'pyyaml>=6; extra == "d"'),)
    result = import_result(NOT_FOUND, facts(own, own, fields=fields))
    assert isinstance(result, Finding)
    assert result.severity is severity
    assert "which only the extra `d` brings" in result.message


def test_a_missing_own_module_is_an_import_that_fails():
    missing = attempt("failed", "ModuleNotFoundError", "No module named 'demo.x'", missing="demo.x")
    result = import_result(missing, facts(TREE, WHOLE))
    assert isinstance(result, Finding)
    assert result.id == "import-fails"


@pytest.mark.parametrize(
    "of_this_machine",
    [
        attempt("hung"),
        attempt("failed", "ModuleNotFoundError", "No module named '_tkinter'", missing="_tkinter"),
        attempt("failed", "ModuleNotFoundError", "No module named 'winreg'", missing="winreg"),
        attempt("failed", "ImportError", "libGL.so.1: cannot open shared object file"),
        attempt("failed", "TclError", "no display name and no $DISPLAY environment variable"),
        attempt("failed", "django.core.exceptions.AppRegistryNotReady", "Apps aren't loaded yet."),
        attempt("failed", "ValidationError", "9 errors: ImproperlyConfigured: settings are not …"),
    ],
)
def test_what_is_this_machines_fault_is_not_known(of_this_machine):
    assert isinstance(import_result(of_this_machine, facts(TREE, WHOLE)), Skipped)


def test_an_exception_that_another_machine_may_not_raise_is_a_warning():
    result = import_result(attempt("failed", "RuntimeError", "no GPU"), facts(TREE, WHOLE))
    assert isinstance(result, Finding)
    assert result.severity is Severity.WARNING


def test_a_script_that_answers_is_fine():
    assert isinstance(script_result(attempt("ok"), COMMAND, facts(TREE, WHOLE)), Passed)


@pytest.mark.parametrize(
    ("made", "severity"),
    [
        (attempt("failed", "ImportError", "cannot import name 'x'"), Severity.ERROR),
        (NOT_FOUND, Severity.ERROR),
        (attempt("failed", "KeyError", "'HOME'"), Severity.WARNING),
        (attempt("ended", returncode=1), Severity.WARNING),
        (attempt("ended", returncode=2, said="usage"), Severity.ADVICE),
    ],
)
def test_scripts_that_do_not_answer_are_graded(made, severity):
    result = script_result(made, COMMAND, facts(TREE, WHOLE))
    assert isinstance(result, Finding)
    assert result.severity is severity


def test_a_name_that_the_index_does_not_have_yet_is_to_be_released_with_its_package_first():
    lacks = attempt("failed", "ImportError", "cannot import name 'X' from 'base.constants' (…)")
    given = facts((*TREE, "packages/base/src/base/constants/__init__.py"), WHOLE)
    for result in (script_result(lacks, COMMAND, given), import_result(lacks, given)):
        assert isinstance(result, Finding)
        assert "`packages/base/src/base/constants/__init__.py` of this reposi" in result.fix
    result = import_result(lacks, facts(TREE, WHOLE))
    assert isinstance(result, Finding)
    assert "repository" not in result.fix


@pytest.mark.parametrize(
    ("requirements", "severity"),
    [
        (("click", 'PyYAML>=6; extra == "cli"'), Severity.WARNING),
        (('pyyaml; python_version < "3" and extra == "cli"',), Severity.WARNING),
        (("pyyaml; python_version < '3'", "not a requirement"), Severity.ERROR),
        (('yamlish; extra == "cli"',), Severity.ERROR),
    ],
)
def test_a_script_that_needs_an_extra_is_warned_of(requirements, severity):
    fields = tuple(("Requires-Dist", text) for text in requirements)
    result = script_result(NOT_FOUND, COMMAND, facts(TREE, WHOLE, fields=fields))
    assert isinstance(result, Finding)
    assert result.severity is severity
    assert ("the extra `cli`" in result.message) == (severity is Severity.WARNING)


def test_a_script_of_an_extra_and_one_that_needs_a_display_are_not_known():
    given = facts(TREE, WHOLE)
    assert isinstance(script_result(NOT_FOUND, replace(COMMAND, extra="cli"), given), Skipped)
    assert isinstance(script_result(attempt("hung"), COMMAND, given), Skipped)
    asking = attempt("ended", returncode=1, said="install it with: pip install 'demo[cli]'")
    assert isinstance(script_result(asking, COMMAND, given), Skipped)
    display = attempt("failed", "TclError", "couldn't connect to display")
    assert isinstance(script_result(display, COMMAND, given), Skipped)


def test_the_end_of_a_traceback_is_read():
    text = (
        'noise\nTraceback (most recent call last):\n  File "a", line 1\n    import b\n'
        "ModuleNotFoundError: No module named 'b.c'\n"
    )
    assert parse_traceback(text) == (
        "ModuleNotFoundError",
        "No module named 'b.c'",
        "b.c",
    )
    assert parse_traceback("usage: demo\n") == ("", "", None)
    text = 'Traceback (most recent call last):\n  File "a"\ndemo.errors.Bad: so it is\n'
    assert parse_traceback(text)[:2] == ("Bad", "so it is")


# --- what was not packaged -------------------------------------------------------------------


def findings(given, slug):
    results = (*check_built(given), *undeclared(given))
    return [one for one in results if isinstance(one, Finding) and one.id == slug]


def backend(name, **tables):
    pyproject = {"build-system": {"build-backend": name}, **tables}
    return Project(root=Path(), name="demo", version="1.0", pyproject=pyproject, build_backend=name)


@pytest.mark.parametrize("beside", ["workspace/__init__.py", "workspace.py", "src/workspace/a.py"])
def test_a_module_of_the_tree_that_was_not_packaged_is_never_offered_as_a_dependency(beside):
    given = facts((*TREE, beside), WHOLE, code={"demo/__init__.py": "import workspace\n"})
    (finding,) = findings(given, "wheel-missing-modules")
    assert finding.severity is Severity.ERROR
    assert "`workspace` of this project" in finding.message or "of this project" in finding.message
    assert "Do not add `workspace` to the dependencies" in finding.fix
    assert findings(given, "undeclared-dependency") == []


def test_what_was_tried_says_the_same_of_a_module_that_was_not_packaged():
    given = facts((*TREE, "workspace/__init__.py"), WHOLE)
    made = attempt("failed", "ModuleNotFoundError", "…", missing="workspace.tasks")
    result = import_result(made, given)
    assert isinstance(result, Finding)
    assert result.id == "wheel-missing-modules"
    assert "Add " not in result.fix
    assert script_result(made, COMMAND, given).id == "wheel-missing-modules"


def test_a_module_that_nobody_knows_is_not_offered_by_its_name():
    made = attempt("failed", "ModuleNotFoundError", "…", missing="workspace")
    result = import_result(made, facts(TREE, WHOLE))
    assert isinstance(result, Finding)
    assert 'Add "' not in result.fix
    assert "look its name up first" in result.fix


def test_a_tool_of_the_tree_with_a_dependencys_name_is_that_dependency():
    fields = (("Requires-Dist", "pyyaml"),)
    code = {"demo/__init__.py": "import yaml\n"}
    given = facts((*TREE, "yaml.py"), WHOLE, code=code, fields=fields)
    assert findings(given, "wheel-missing-modules") == []


@pytest.mark.parametrize("name", sorted(REMEDIES))
def test_each_backend_has_its_own_remedies(name):
    module = {
        "flit-core": "flit_core.buildapi", "poetry-core": "poetry.core.masonry.api",
        "pdm-backend": "pdm.backend", "scikit-build-core": "scikit_build_core.build",
        "meson-python": "mesonpy", "setuptools": "setuptools.build_meta",
        "hatchling": "hatchling.build",
    }.get(name, name)  # fmt: skip
    code = {
        "demo/__init__.py": 'import workspace\nfrom pathlib import Path\nPAGE = Path(__file__).parent / "templates"\n'
    }
    tree = (*TREE, "workspace.py")
    lacking = [path for path in WHOLE if not path.endswith(".html")]
    given = facts(tree, lacking, project=backend(module), code=code)
    (modules,) = findings(given, "wheel-missing-modules")
    (data,) = findings(given, "wheel-missing-data")
    in_sdist = [path for path in tree if not path.endswith(".html")]
    given = facts(tree, lacking, sdist=in_sdist, project=backend(module), code=code)
    (sdist,) = findings(given, "wheel-missing-data")
    assert name in data.fix
    assert len({modules.fix, data.fix, sdist.fix}) == 3
    assert "{" not in modules.fix.replace("{ ", "")
    assert sdist.message.startswith(
        "`demo-1.0.tar.gz` lacks `demo/templates/page.html`, and so does"
    )


@pytest.mark.parametrize(
    "text",
    [
        'from pathlib import Path\nPAGE = Path(__file__).parent / "templates" / "page.html"\n',
        'import importlib.resources\nx = importlib.resources.files("demo") / "templates"\n',
        "",
    ],
)
def test_data_that_the_code_opens_is_a_warning_by_its_path_in_the_wheel(text):
    lacking = [path for path in WHOLE if not path.endswith(".html")]
    (finding,) = findings(
        facts(TREE, lacking, code={"demo/__init__.py": text}), "wheel-missing-data"
    )
    assert "`demo/templates/page.html`" in finding.message
    assert "src/" not in finding.message
    assert finding.severity is (Severity.WARNING if text else Severity.ADVICE)


def test_sources_that_a_build_script_opens_are_not_missed():
    text = 'from pathlib import Path\nHERE = Path(__file__).parent / "src"\n'
    tree = (*TREE, "src/demo/src/a.c", "src/demo/src/a.h", "src/demo/src/b.dat")
    code = {"demo/__init__.py": text}
    (finding,) = findings(facts(tree, WHOLE, code=code), "wheel-missing-data")
    assert "a.c" not in finding.message
    code = {"demo/setup_package.py": text}
    (finding,) = findings(facts(tree, WHOLE, code=code), "wheel-missing-data")
    assert finding.severity is Severity.ADVICE


def test_data_beside_data_that_was_packaged_is_a_warning():
    tree = (*TREE, "src/demo/templates/other.html")
    (finding,) = findings(facts(tree, WHOLE), "wheel-missing-data")
    assert finding.severity is Severity.WARNING


# --- names at the top ------------------------------------------------------------------------


def test_a_package_whose_parts_are_installed_at_the_top_is_an_error():
    tree = ("demo/__init__.py", "demo/data/__init__.py", "demo/io/__init__.py")
    given = facts(tree, ("data/__init__.py", "io/__init__.py"))
    (finding,) = findings(given, "wheel-missing-modules")
    assert finding.severity is Severity.ERROR
    assert finding.message == (
        "`demo-1.0-py3-none-any.whl` has no package `demo`, which the source tree has; what is in it "
        "is installed at the top instead: `data`, `io`."
    )
    (taken,) = findings(given, "wheel-taken-name")
    assert "`io`, which the standard library has" in taken.message
    assert import_names(given) == ("data",)


@pytest.mark.parametrize("name", ["src", "utils", "lib", "data", "tests", "scripts", "config"])
def test_a_common_name_at_the_top_is_a_warning_even_alone(name):
    (finding,) = findings(
        facts((f"{name}/__init__.py",), (f"{name}/__init__.py",)), "wheel-stray-top-level"
    )
    assert finding.severity is Severity.WARNING
    assert ('where = ["src"]' in finding.fix) == (name == "src")


def test_a_name_that_a_well_known_project_installs_is_a_warning():
    given = facts(("yaml/__init__.py",), ("demo/__init__.py", "yaml/__init__.py"))
    (finding,) = findings(given, "wheel-taken-name")
    assert "which is what `pyyaml` installs" in finding.message
    fork = Project(root=Path(), name="pyyaml-fast", version="1.0")
    members = wheel("yaml/__init__.py")
    assert findings(facts((), members, project=fork), "wheel-taken-name") == []


def test_a_module_that_only_some_pythons_have_is_no_taken_name():
    fields = (("Requires-Python", ">=3.8"),)
    given = facts((), ("demo/__init__.py", "tomllib/__init__.py"), fields=fields)
    assert findings(given, "wheel-taken-name") == []


# --- entry points, syntax and imports --------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "severity"),
    [
        ("gui_scripts", Severity.ERROR),
        ("console_scripts", Severity.ERROR),
        ("pytest11", Severity.WARNING),
    ],
)
def test_an_entry_point_of_any_group_must_lead_into_the_wheel(group, severity):
    given = facts(TREE, WHOLE, entry_points=f"[{group}]\nx = demo.events:send\n")
    (finding,) = findings(given, "script-without-target")
    assert finding.severity is severity
    assert "`demo.events`" in finding.message


def test_an_entry_point_needs_a_name_that_its_module_has():
    code = {"demo/__init__.py": "def main(): pass\n"}
    text = "[console_scripts]\na = demo:main\nb = demo:run\nc = demo:sub\n"
    given = facts(TREE, WHOLE, entry_points=text, code=code)
    (finding,) = findings(given, "script-without-target")
    assert finding.message == "The command `b` leads to `run` in `demo`, which has no such name."
    assert finding.severity is Severity.WARNING


def test_an_entry_point_into_a_module_that_was_not_packaged_is_an_error():
    given = facts(
        (*TREE, "scripts/run.py"), WHOLE, entry_points="[console_scripts]\na = scripts.run:main\n"
    )
    (finding,) = findings(given, "wheel-missing-modules")
    assert finding.severity is Severity.ERROR


PLUGIN = EntryPoint(group="pytest11", name="demo", module="demo.plugin", attribute="")


def test_a_plugin_that_does_not_load_is_a_warning_and_its_host_is_not_known():
    given = facts(TREE, WHOLE, entry_points="[pytest11]\ndemo = demo.sub\n")
    assert isinstance(entry_point_result(attempt("ok"), PLUGIN, given), Passed)
    result = entry_point_result(attempt("failed", "KeyError", "'x'"), PLUGIN, given)
    assert isinstance(result, Finding)
    assert result.severity is Severity.WARNING
    host = attempt("failed", "ModuleNotFoundError", "…", missing="pytest")
    assert isinstance(entry_point_result(host, PLUGIN, given), Skipped)
    guarded = attempt("failed", "NameError", "name 'pytest' is not defined")
    assert isinstance(entry_point_result(guarded, PLUGIN, given), Skipped)


def test_a_command_of_setuptools_plugs_into_setuptools():
    command = EntryPoint(group="distutils.commands", name="x", module="demo.sub", attribute="")
    given = facts(TREE, WHOLE, entry_points="[distutils.commands]\nx = demo.sub\n")
    host = attempt("failed", "ModuleNotFoundError", "…", missing="setuptools")
    assert isinstance(entry_point_result(host, command, given), Skipped)


def test_what_a_plugin_plugs_into_may_be_undeclared():
    missing = attempt("failed", "ModuleNotFoundError", "…", missing="flake8")
    given = facts(TREE, WHOLE, project=Project(root=Path(), name="flake8-demo", version="1.0"))
    result = import_result(missing, given)
    assert isinstance(result, Finding)
    assert result.severity is Severity.WARNING


def test_syntax_newer_than_requires_python_is_an_error_where_it_is_always_imported():
    fields = (("Requires-Python", ">=3.9"),)
    match = "match x:\n    case 1:\n        pass\n"
    code = {"demo/__init__.py": "from demo import sub\n", "demo/sub/__init__.py": match}
    (finding,) = findings(facts(TREE, WHOLE, code=code, fields=fields), "syntax-too-new")
    assert finding.severity is Severity.ERROR
    assert "`demo/sub/__init__.py`" in finding.message
    code["demo/__init__.py"] = "if new:\n    from demo import sub\n"
    (finding,) = findings(facts(TREE, WHOLE, code=code, fields=fields), "syntax-too-new")
    assert finding.severity is Severity.ADVICE
    code = {"demo/__init__.py": "x: int = 1\n"}
    fields = (("Requires-Python", ">=3.5"),)
    (finding,) = findings(facts(TREE, WHOLE, code=code, fields=fields), "syntax-too-new")
    assert finding.severity is Severity.WARNING


IMPORTING = {"demo/sub/deep.py": "import gevent\nimport sqlalchemy.orm\n"}


def test_an_import_that_nothing_brings_is_a_warning_in_any_module():
    (finding,) = findings(facts(TREE, WHOLE, code=IMPORTING), "undeclared-dependency")
    assert finding.severity is Severity.WARNING
    assert "`gevent` (demo/sub/deep.py, line 1), `sqlalchemy` (demo/sub/deep.py, line 2)" in (
        finding.message
    )


@pytest.mark.parametrize(
    ("requires", "code", "named"),
    [
        ("pytest>=8", "import os\n", ["pytest"]),
        ("pytest-xdist", "import os\n", ["pytest-xdist"]),
        ("pytest>=8", "def run():\n    import pytest\n", []),
        ('pytest; extra == "tests"', "import os\n", []),
        ("black", "import os\n", []),
        ("requests", "import os\n", []),
    ],
)
def test_a_tool_for_tests_that_every_installation_brings_is_told(requires, code, named):
    fields = (("Requires-Dist", requires),)
    given = facts(TREE, WHOLE, code={"demo/__init__.py": code}, fields=fields)
    told = findings(given, "dependency-for-developers")
    assert [one.severity for one in told] == [Severity.ADVICE] * len(named)
    assert all(f"`{name}`" in one.message for one, name in zip(told, named, strict=True))
    plugin = replace(given, project=replace(given.project, name="pytest-demo"))
    assert not findings(plugin, "dependency-for-developers")


@pytest.mark.parametrize("folder", ["tests", "_tests", "_tools", "_vendor", "_build_ext"])
def test_a_folder_that_no_user_imports_needs_no_dependency(folder):
    code = {f"demo/{folder}/deep.py": "import gevent\n"}
    assert findings(facts(TREE, WHOLE, code=code), "undeclared-dependency") == []


def test_a_file_that_is_copied_out_needs_no_dependency_unless_the_package_imports_it():
    template = {"demo/resources/empty_template_setup.py": "import gevent\n"}
    assert findings(facts(TREE, WHOLE, code=template), "undeclared-dependency") == []
    code = {"demo/__init__.py": "import demo.template\n", "demo/template.py": "import gevent\n"}
    (finding,) = findings(facts(TREE, WHOLE, code=code), "undeclared-dependency")
    assert "`gevent`" in finding.message


@pytest.mark.parametrize(
    "requires", ["gevent", "sqlalchemy[asyncio]", 'flask-sqlalchemy; extra == "x"']
)
def test_a_declared_dependency_or_extra_brings_its_import(requires):
    given = facts(TREE, WHOLE, code=IMPORTING, fields=(("Requires-Dist", requires),))
    for finding in findings(given, "undeclared-dependency"):
        assert ("`gevent`" in finding.message) == (requires != "gevent")


def test_where_nothing_was_installed_a_dependency_may_bring_more_than_its_name():
    given = facts(TREE, WHOLE, code=IMPORTING, fields=(("Requires-Dist", "locust"),))
    (finding,) = findings(given, "undeclared-dependency")
    assert finding.severity is Severity.ADVICE
    assert list(undeclared(given, brought=("gevent", "sqlalchemy"))) == []
    assert list(undeclared(given, closure=("gevent", "SQLAlchemy"))) == []
    (finding,) = undeclared(given, brought=("gevent",))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("extra", "severity"), [("aws", Severity.ADVICE), ("dev", Severity.WARNING)]
)
def test_an_extra_that_users_install_may_bring_more_than_its_name(extra, severity):
    field = ("Requires-Dist", f'locust; python_version > "3" and extra == "{extra}"')
    given = facts(TREE, WHOLE, code=IMPORTING, fields=(field,))
    (finding,) = undeclared(given, brought=())
    assert finding.severity is severity


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import gevent\nexcept ImportError:\n    gevent = None\n",
        "if TYPE_CHECKING:\n    import gevent\n",
        "def f():\n    import gevent\n",
        "if x:\n    import gevent\n",
        "import tomllib, winreg, demo, os\nfrom . import x\n",
    ],
)
def test_imports_that_are_guarded_or_made_late_are_no_findings(text):
    given = facts(TREE, WHOLE, code={"demo/sub/deep.py": text})
    assert findings(given, "undeclared-dependency") == []


@pytest.mark.parametrize(
    "path",
    [
        "demo/contrib/gevent.py",
        "demo/plugins/x.py",
        "demo/_vendor/y.py",
        "demo/tests/z.py",
        "demo/testsuite/z.py",
    ],
)
def test_modules_for_an_optional_half_are_no_findings(path):
    given = facts(TREE, WHOLE, code={path: "import gevent\n"})
    assert findings(given, "undeclared-dependency") == []


@pytest.mark.parametrize(
    ("top", "found"),
    [
        ("try:\n    from . import sub\nexcept ImportError:\n    sub = None\n", 0),
        ("with suppress(ImportError):\n    import demo.sub\n", 0),
        ("try:\n    from . import other\nexcept ImportError:\n    pass\n", 1),
        ("try:\n    from . import sub\nexcept ImportError:\n    pass\nimport demo.sub\n", 1),
        ("", 1),
    ],
)
def test_what_only_a_guarded_module_needs_is_no_finding(top, found):
    code = {
        "demo/__init__.py": top,
        "demo/sub/__init__.py": "from .deep import thing\n",
        "demo/sub/deep.py": "import gevent\n",
    }
    assert len(findings(facts(TREE, WHOLE, code=code), "undeclared-dependency")) == found
