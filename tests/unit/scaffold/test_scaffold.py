"""What `init` writes passes what this project asks of others."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nox_release.checks.workflow.checking import WorkflowFacts, check_workflow
from nox_release.core.errors import ConfigurationError
from nox_release.core.findings import Passed
from nox_release.edges.audit import find_zizmor
from nox_release.operations.placeholder import placeholder_files
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI, TESTPYPI, Index, Project, Settings, parse_index
from nox_release.releases.observed import ForgeEnvironment, RefPolicy
from nox_release.scaffold.noxfile import TEXT, extend_noxfile
from nox_release.scaffold.publish import (
    NATIVE,
    PublishPlan,
    Wanted,
    native_code,
    plan_publish,
    publish_workflow,
    python_for,
)
from nox_release.scaffold.release import release_workflow
from nox_release.workflows.build_folders import builds_package
from nox_release.workflows.publishing import derive_publisher, parse_workflow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = ".github/workflows/publish.yml"
TOOL = "nox-release==1.2.3"

PLANS = {
    "pure": PublishPlan(name="demo", index=PYPI, tool=TOOL, repository="octo/demo"),
    "unknown repository": PublishPlan(name="demo", index=PYPI, tool=TOOL),
    "version from tags": PublishPlan(name="demo", index=PYPI, tool=TOOL, whole_history=True),
    "in a folder": PublishPlan(name="demo", index=PYPI, tool=TOOL, folder="python/demo"),
    "one of several": PublishPlan(
        name="demo",
        index=PYPI,
        tool=TOOL,
        folder="packages/demo",
        package="packages/demo",
        tag_prefix="demo-v",
    ),
    "started by the tag": PublishPlan(name="demo", index=PYPI, tool=TOOL, tags="v[0-9]*"),
    "any python": PublishPlan(name="demo", index=PYPI, tool=TOOL, python=None),
    "testpypi": PublishPlan(name="demo", index=TESTPYPI, tool=TOOL, environment="testpypi"),
    "own index": PublishPlan(
        name="demo", index=parse_index("https://packages.example.org/"), tool=TOOL
    ),
    **{
        f"native {kind}": PublishPlan(
            name="demo",
            index=PYPI,
            tool=TOOL,
            repository="octo/demo",
            native=kind,
            rust=kind == "maturin",
            whole_history=kind == "maturin",
        )
        for kind in NATIVE
    },
}


def facts(plan):
    return WorkflowFacts(
        repository=plan.repository or "octo/demo",
        index=plan.index,
        default_branch="main",
        tag=f"{plan.tag_prefix or 'v'}1.2.0",
        starts=("push-tag",) if plan.tags else ("release",),
        at_commit=True,
        on_default_branch=True,
        version_from_tags=plan.whole_history,
        metadata_version="2.5",
        publisher=TrustedPublisher(
            owner="octo", repository="demo", workflow="publish.yml", environment=plan.environment
        ),
        environment=ForgeEnvironment(
            name=plan.environment,
            policies=(RefPolicy(kind="tag", pattern=f"{plan.tag_prefix or 'v'}*"),),
        ),
        others=(),
    )


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_what_is_written_passes_every_rule(plan):
    parsed = parse_workflow(publish_workflow(plan), file=FILE)
    results = check_workflow(parsed, facts(plan))
    assert [result for result in results if not isinstance(result, Passed)] == []


@pytest.mark.skipif(
    find_zizmor(os.environ) is None and not os.environ.get("CI"),
    reason="zizmor comes with nox-release[audit]",
)
def test_what_is_written_passes_zizmor_at_its_strictest(tmp_path):
    for name, plan in PLANS.items():
        path = tmp_path / name.replace(" ", "-") / FILE
        path.parent.mkdir(parents=True)
        path.write_text(publish_workflow(plan), encoding="utf-8")
        path.with_name("release.yml").write_text(release_workflow(plan), encoding="utf-8")
    done = subprocess.run(
        [find_zizmor(os.environ), "--offline", "--persona=auditor", "--format=plain", "."],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_publisher_of_what_is_written_is_the_planned_one(plan):
    parsed = parse_workflow(publish_workflow(plan), file=FILE)
    derived = derive_publisher(
        [parsed], owner="octo", repository="demo", settings=Settings(index=plan.index)
    )
    assert derived.results == ()
    assert derived.publisher == TrustedPublisher(
        owner="octo", repository="demo", workflow="publish.yml", environment=plan.environment
    )
    assert derived.job.credentials == "trusted"


def test_one_of_several_is_built_by_name_and_only_for_its_own_tags():
    plan = PLANS["one of several"]
    text = publish_workflow(plan)
    assert 'nox-release build --package packages/demo --tag "$GITHUB_REF_NAME"' in text
    assert text.count("startsWith(github.ref, 'refs/tags/demo-v')") == 2
    assert "github.ref_type" not in text
    assert "working-directory" not in text
    assert builds_package(parse_workflow(text, file=FILE), "packages/demo", "demo") is True
    results = check_workflow(
        parse_workflow(text, file=FILE), replace(facts(plan), tag="other-v1.2.0")
    )
    assert "trigger-matches" in [one.id for one in results if not isinstance(one, Passed)]


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_every_action_is_pinned_to_a_commit_with_its_version(plan):
    text = publish_workflow(plan)
    used = [line for line in text.splitlines() if "uses:" in line]
    assert used
    for line in used:
        commit, version = line.partition("@")[2].split(" # ")
        assert len(commit) == 40
        assert version.startswith("v")


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_only_jobs_that_install_nothing_may_ask_for_a_token_and_none_sees_a_secret(plan):
    text = publish_workflow(plan)
    parsed = parse_workflow(text, file=FILE)
    asking = [job for job in parsed.jobs if parsed.permissions_of(job).level("id-token") == "write"]
    assert [job.id for job in asking] == ["publish", "check"]
    for job in asking:
        assert not re.search(
            r"\binstall\b|checkout|\bpipx?\b", str([s.run or s.uses for s in job.steps])
        )
        assert job.environment.name == plan.environment
    assert "secrets." not in text


def test_a_check_is_a_job_of_its_own_and_nothing_else_runs_with_it():
    parsed = parse_workflow(publish_workflow(PLANS["pure"]), file=FILE)
    check = parsed.job("check")
    assert check.condition == "${{ github.repository == 'octo/demo' && inputs.check-only }}"
    assert check.needs == ()
    (step,) = check.steps
    assert step.uses is None
    for job in parsed.jobs:
        if job is not check:
            assert "!inputs.check-only" in job.condition


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_what_a_job_installs_has_a_version(plan):
    for job in parse_workflow(publish_workflow(plan), file=FILE).jobs:
        for step in job.steps:
            for command in step.commands():
                if "install" in command.words:
                    assert all("==" in word for word in command.words[4:])
                if command.words[:2] == ("pipx", "run"):
                    assert "==" in command.words[2]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"demo/__init__.py", "demo/_fast.pyx"}, "setuptools"),
        ({"demo/__init__.py", "tests/_fast.pyx", "Docs/a/b.pyx"}, None),
        (set(), None),
    ],
)
def test_a_backend_of_its_own_compiles_the_cython_sources(names, expected):
    project = Project(
        root=Path(),
        name="demo",
        build_backend="own",
        pyproject={"build-system": {"backend-path": ["."]}},
    )
    assert native_code(project, None, names) == expected


@pytest.mark.parametrize(
    ("pyproject", "backend", "setup_py", "expected"),
    [
        ({}, "hatchling.build", None, None),
        ({}, "setuptools.build_meta", None, None),
        ({}, "setuptools.build_meta", "setup(name='demo')", None),
        ({}, "setuptools.build_meta", "setup(ext_modules=[Extension('a', ['a.c'])])", "setuptools"),
        ({}, "setuptools.build_meta", "setup(ext_modules = cythonize('a.pyx'))", "setuptools"),
        ({}, "setuptools.build_meta", "kwargs['ext_modules'] = [fast]", "setuptools"),
        ({}, "setuptools.build_meta", "kwargs = {'ext_modules': [fast]}", "setuptools"),
        ({}, "setuptools.build_meta", "fast = CMakeExtension('a')", "setuptools"),
        ({}, "setuptools.build_meta:__legacy__", "setup(cffi_modules=['b.py:f'])", "setuptools"),
        (
            {"tool": {"setuptools": {"ext-modules": [{"name": "a", "sources": ["a.c"]}]}}},
            "setuptools.build_meta",
            None,
            "setuptools",
        ),
        (
            {"build-system": {"backend-path": ["tools"]}},
            "own_backend",
            "setup(rust_extensions=[RustBin('demo')])",
            "setuptools",
        ),
        ({}, "maturin", None, "maturin"),
        ({}, "scikit_build_core.build", None, "scikit-build-core"),
        ({}, "mesonpy", None, "meson-python"),
        ({}, "flit_core.buildapi", "setup(ext_modules=[])", None),
    ],
)
def test_native_code_is_noticed(pyproject, backend, setup_py, expected):
    project = Project(root=Path(), name="demo", build_backend=backend, pyproject=pyproject)
    assert native_code(project, setup_py) == expected


@pytest.mark.parametrize(
    ("requirement", "native", "rust"),
    [
        ("setuptools-rust>=1.9", "setuptools", True),
        ("Cython>=3", "setuptools", False),
        ("mypy[mypyc]==1.15", "setuptools", False),
        ("setuptools-scm[toml]>=8", None, False),
    ],
)
def test_a_compiler_among_the_build_requirements_says_native(requirement, native, rust):
    project = Project(
        root=Path(),
        name="demo",
        build_backend="setuptools.build_meta",
        build_requires=("setuptools>=77", requirement),
    )
    plan = plan_publish(project, Wanted(), tool=TOOL, repository=None, setup_py=None)
    assert (plan.native, plan.rust) == (native, rust)
    assert ("rustup" in publish_workflow(plan)) == rust


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (None, "3.13"),
        (">=3.10", "3.13"),
        (">=3.9,<3.12", "3.11"),
        (">=3.14", "3.14"),
        (">=3.15", "3.15"),
        (">=3.16", None),
        ("~=3.12.0", "3.12"),
        ("nonsense", "3.13"),
    ],
)
def test_the_python_that_builds_is_one_the_project_takes(requires, expected):
    assert python_for(requires) == expected


def test_the_plan_follows_project_and_settings():
    project = Project(
        root=Path(),
        name="demo",
        dynamic=("version",),
        build_backend="hatchling.build",
        build_requires=("hatchling", "hatch-vcs"),
        settings=Settings(environment="release"),
    )
    plan = plan_publish(project, Wanted(), tool=TOOL, repository="octo/demo", setup_py=None)
    assert plan == PublishPlan(
        name="demo",
        index=PYPI,
        tool=TOOL,
        environment="release",
        repository="octo/demo",
        whole_history=True,
    )


@pytest.mark.parametrize(
    ("tag_format", "pattern"),
    [("v{version}", "v[0-9]*"), ("{name}-v{version}", "demo-v[0-9]*"), ("{version}", "[0-9]*")],
)
def test_a_workflow_may_be_started_by_the_tags_of_the_project(tag_format, pattern):
    project = Project(root=Path(), name="demo", settings=Settings(tag_format=tag_format))
    plan = plan_publish(project, Wanted(on="tag"), tool=TOOL, repository=None, setup_py=None)
    workflow = parse_workflow(publish_workflow(plan), file=FILE)
    assert workflow.event("push").tags == (pattern,)
    assert workflow.event("release") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": "pypi # not"},
        {"environment": "a: b"},
        {"environment": "$(id)"},
        {"filename": "it's.yml"},
        {"folder": "pkg`id`"},
        {"environment": "a\nb"},
    ],
)
def test_a_name_that_yaml_or_the_shell_would_read_otherwise_is_refused(changes):
    project = Project(root=Path(), name="demo")
    with pytest.raises(ConfigurationError, match="cannot be written into a workflow"):
        plan_publish(project, Wanted(**changes), tool=TOOL, repository=None, setup_py=None)
    plan = plan_publish(
        project,
        Wanted(folder="paquet été/a", environment="A b"),
        tool=TOOL,
        repository=None,
        setup_py=None,
    )
    parse_workflow(publish_workflow(plan).encode(), file=FILE)


def test_a_placeholder_keeps_the_labels_of_its_links():
    urls = (("Docs 📖", 'https://example.org/"x"'),)
    files = placeholder_files(Project(root=Path(), name="demo", version="1", urls=urls))
    assert tomllib.loads(files["pyproject.toml"])["project"]["urls"] == dict(urls)


# --- noxfile.py ------------------------------------------------------------------------------

NAMES = ("build", "release", "init")


def test_the_new_noxfile_registers_and_nothing_more():
    ast.parse(TEXT)
    assert "nox_release.register()" in TEXT
    assert extend_noxfile(TEXT, names=NAMES).text is None


BLOCK = """\
try:
    import nox_release
except ModuleNotFoundError:
    pass  # for maintainers: uvx --with nox-release nox -s release
else:
    nox_release.register()
"""
SESSION = "import nox\n\n\n@nox.session\ndef tests(session):\n    pass\n"
MAIN = 'if __name__ == "__main__":\n    nox.main()\n'
EXISTING = {
    "a session": (SESSION, f"{SESSION}\n\n{BLOCK}"),
    "no line end": ("import nox", f"import nox\n\n{BLOCK}"),
    "nothing": ("", BLOCK),
    "a docstring": ('"""Sessions."""\n', f'"""Sessions."""\n\n{BLOCK}'),
    "a main block": (f"import nox\n\n{MAIN}", f"import nox\n\n{BLOCK}\n{MAIN}"),
    "a comment that belongs to the main block": (
        f"{SESSION}\n\n# Run as a script.\n{MAIN}",
        f"{SESSION}\n\n{BLOCK}\n# Run as a script.\n{MAIN}",
    ),
    "other line ends": ("import nox\r\n", f"import nox\n\n{BLOCK}".replace("\n", "\r\n")),
}


@pytest.mark.parametrize("kind", EXISTING)
def test_an_existing_noxfile_gets_a_block_that_contributors_pay_nothing_for(kind):
    existing, expected = EXISTING[kind]
    change = extend_noxfile(existing, names=NAMES)
    assert change.text == expected
    ast.parse(change.text)


def test_a_script_block_gets_no_requirement_and_the_command_passes_it_by():
    """Every contributor and CI job would install it."""
    block = '# /// script\n# dependencies = ["nox"]\n# ///\nimport nox\n'
    change = extend_noxfile(block, names=NAMES)
    assert change.text.startswith(block)
    assert change.command == "uvx --with nox-release nox --script-mode none -s release"
    assert change.command in change.text


@pytest.mark.parametrize("text", [TEXT, *(given for given, _ in EXISTING.values())])
def test_what_is_written_passes_ruff(text, tmp_path):
    path = tmp_path / "noxfile.py"
    path.write_text(text if text == TEXT else extend_noxfile(text, names=NAMES).text, newline="")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--check"], ["check", "--select", "E,I,SIM,UP,B"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", path.name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_a_plain_nox_run_needs_nothing_of_ours(tmp_path):
    (tmp_path / "noxfile.py").write_text(extend_noxfile(SESSION, names=NAMES).text)
    blocked = "import sys; sys.modules['nox_release'] = None; import nox; nox.main()"
    done = subprocess.run(
        [sys.executable, "-c", blocked, "-l"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "* tests" in done.stdout


@pytest.mark.parametrize(
    "session", ["def build(session): ...", "def b(session): ...", "async def x(): ..."]
)
def test_sessions_of_the_same_name_lead_to_a_prefix(session):
    decorator = (
        '@nox.session(name="release")\n' if session.startswith("def b(") else "@nox.session\n"
    )
    change = extend_noxfile(f"import nox\n\n{decorator}{session}\n", names=NAMES)
    expected = "" if session.startswith("async") else "pypi-"
    assert change.prefix == expected
    if expected:
        assert 'nox_release.register(prefix="pypi-")' in change.text


def test_a_noxfile_that_is_no_python_is_left_alone():
    change = extend_noxfile("import (", names=NAMES)
    assert change.text is None
    assert change.problem == "it is not Python, line 1"


def test_to_an_index_without_trusted_publishing_the_workflow_uploads_with_secrets():
    index = Index(
        name="own",
        upload_url="https://devpi.example/a/",
        simple_url="https://devpi.example/a/+simple/",
    )
    project = Project(root=Path(), name="demo", settings=Settings(index=index))
    plan = plan_publish(project, Wanted(), tool=TOOL, repository="octo/demo", setup_py=None)
    text = publish_workflow(plan)
    for word in ("id-token", "trusted publisher", "check-only", "oidc"):
        assert word not in text.lower()
    parsed = parse_workflow(text.encode(), file=FILE)
    (_, publish) = parsed.jobs
    assert publish.environment.name == "publish"
    given = dict(publish.steps[-1].inputs)
    assert str(given["repository-url"]) == index.upload_url
    assert str(given["user"]) == "${{ secrets.INDEX_USERNAME }}"
    assert str(given["password"]) == "${{ secrets.INDEX_PASSWORD }}"
