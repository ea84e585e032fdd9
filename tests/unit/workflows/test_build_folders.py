"""Which folder a workflow's steps build, told from the text alone."""

from __future__ import annotations

import textwrap

import pytest

from nox_release.workflows.build_folders import (
    NOTHING_KNOWN,
    BuiltFolder,
    builds_package,
    built_folders,
    combinations,
)
from nox_release.workflows.expressions import Circumstances
from nox_release.workflows.syntax import parse_workflow

UNKNOWN = BuiltFolder()


def read(job: str, before: str = ""):
    text = f"on: push\n{before}jobs:\n  build:\n" + textwrap.indent(textwrap.dedent(job), "    ")
    return parse_workflow(text, file=".github/workflows/publish.yml")


def found(job: str, before: str = "", given: Circumstances = NOTHING_KNOWN):
    workflow = read(job, before)
    return [
        built
        for one in workflow.jobs
        for step in one.steps
        for built in built_folders(workflow, one, step, given)
    ]


def of_script(script: str):
    return found("steps:\n  - run: |\n" + textwrap.indent(script, "      "))


def paths(*names: str):
    return [BuiltFolder(path=name) for name in names]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("python -m build", paths(".")),
        ("python -m build packages/alpha", paths("packages/alpha")),
        ("python -m build --outdir dist/ ./packages/alpha/", paths("packages/alpha")),
        ("python3 -m build --sdist --outdir=dist libs/a > log.txt", paths("libs/a")),
        ("pyproject-build -o out libs/a", paths("libs/a")),
        ("pipx run build libs/a", paths("libs/a")),
        ("pipx run --python 3.13 build libs/a", paths("libs/a")),
        ('pipx run --spec . nox-release build --tag "$GITHUB_REF_NAME"', [UNKNOWN]),
        ("cd packages/alpha\npython -m build", paths("packages/alpha")),
        ("cd packages/alpha && python -m build && cd ../beta && uv build",
         paths("packages/alpha", "packages/beta")),
        ("(cd packages/alpha && python -m build)\npython -m build", paths("packages/alpha", ".")),
        ("pushd a\nuv build\npopd\nuv build", paths("a", ".")),
        ("uv build libs/a --out-dir dist", paths("libs/a")),
        ("uv build --package demo-a", [BuiltFolder(member="demo-a")]),
        ("uv build --all-packages", [BuiltFolder(every=True)]),
        ("uv build --directory libs/a", paths("libs/a")),
        ("uv build --python-preference only-managed --sdist", paths(".")),
        ("uv build --some-new-option value --sdist --wheel . -o dist", paths(".")),
        ("uv build --some-new-flag libs/a", paths("libs/a")),
        ("uv --directory libs/a build", paths("libs/a")),
        ("for p in libs/a libs/b; do python -m build $p; done", paths("libs/a", "libs/b")),
        ('P=libs/a\npython -m build "$P"', paths("libs/a")),
        ('P=a\nP2=b\npython -m build "$P/$P2"', paths("a/b")),
        ("for p in a b; do uv build libs/$p/py-$p; done", paths("libs/a/py-a", "libs/b/py-b")),
        ("python -m build libs/{a,b}", [UNKNOWN]),
        ("P=$(git describe)\npython -m build $P", [UNKNOWN]),
        ("python -m build ${GITHUB_REF_NAME%-v*}", [UNKNOWN]),
        ("hatch build", paths(".")),
        ("poetry build -C libs/a", paths("libs/a")),
        ("flit -f libs/a/pyproject.toml build", paths("libs/a")),
        ("pdm build -p libs/a", paths("libs/a")),
        ("maturin build -m libs/a/Cargo.toml", [UNKNOWN]),
        ("python setup.py sdist bdist_wheel", paths(".")),
        ("python -m cibuildwheel --output-dir wheelhouse libs/a", paths("libs/a")),
        ("nox-release build --package libs/a --tag x", [BuiltFolder(member="libs/a")]),
        ("nox -s build -- --package demo-a", [BuiltFolder(member="demo-a")]),
        ("nox -s build", [UNKNOWN]),
        ("python -m pip install build\necho python -m build", []),
        ("python -m build $GITHUB_WORKSPACE/libs/a", paths("libs/a")),
    ],
)  # fmt: skip
def test_script_says_what_it_builds(script: str, expected: list[BuiltFolder]) -> None:
    assert of_script(script) == expected


@pytest.mark.parametrize(
    ("job", "before", "expected"),
    [
        ("steps:\n- run: python -m build\n  working-directory: libs/a", "", paths("libs/a")),
        ("defaults: {run: {working-directory: libs/a}}\nsteps:\n- run: uv build", "",
         paths("libs/a")),
        ("steps:\n- run: uv build .", "defaults: {run: {working-directory: libs/a}}\n",
         paths("libs/a")),
        ("env: {P: libs/a}\nsteps:\n- run: uv build\n  working-directory: ${{ env.P }}", "",
         paths("libs/a")),
        ("steps:\n- run: uv build $P", "env: {P: libs/a}\n", paths("libs/a")),
        ("steps:\n- uses: hynek/build-and-inspect-python-package@v2\n  with: {path: libs/a}", "",
         paths("libs/a")),
        ("steps:\n- uses: pypa/cibuildwheel@v3\n  with: {package-dir: ./libs/a}", "",
         paths("libs/a")),
        ("steps:\n- uses: PyO3/maturin-action@v1\n  with: {working-directory: libs/a}", "",
         paths("libs/a")),
        (("steps:\n- uses: actions/checkout@v5\n  with: {path: src}\n"
         "- run: python -m build src/libs/a"), "", paths("libs/a")),
        ("strategy: {matrix: {p: [a, b]}}\nsteps:\n- run: uv build libs/${{ matrix.p }}", "",
         paths("libs/a", "libs/b")),
        (("strategy: {matrix: {p: [a, b]}}\nsteps:\n- run: uv build libs/${{ matrix.p }}\n"
         "  if: matrix.p == 'b'"), "", paths("libs/b")),
        (("strategy: {matrix: {p: '${{ fromJSON(needs.x.outputs.p) }}'}}\nsteps:\n"
         "- run: uv build libs/${{ matrix.p }}"), "", [UNKNOWN]),
        ("steps:\n- run: uv build\n  working-directory: ${{ steps.x.outputs.folder }}", "",
         [UNKNOWN]),
        ("steps:\n- run: uv build ${{ github.ref_name }}", "", [UNKNOWN]),
    ],
)  # fmt: skip
def test_place_of_a_step_is_where_its_workflow_puts_it(
    job: str, before: str, expected: list[BuiltFolder]
) -> None:
    assert found(job, before) == expected


def test_what_a_run_knows_settles_the_folder() -> None:
    given = Circumstances(contexts={"github": {"ref_name": "libs/a"}})
    assert found("steps:\n- run: uv build ${{ github.ref_name }}", given=given) == paths("libs/a")
    assert found("steps:\n- run: uv build $GITHUB_REF_NAME", given=given) == paths("libs/a")


def test_matrix_is_combined_as_github_does() -> None:
    workflow = read(
        """
        strategy:
          matrix:
            os: [l, m]
            p: [a, b]
            exclude: [{os: m, p: b}]
            include: [{p: a, dir: x}, {p: c, dir: y}]
        steps: []
        """
    )
    assert combinations(workflow.jobs[0].matrix) == (
        {"os": "l", "p": "a", "dir": "x"},
        {"os": "l", "p": "b"},
        {"os": "m", "p": "a", "dir": "x"},
        {"p": "c", "dir": "y"},
    )


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("python -m build libs/a", True),
        ("python -m build libs/b", False),
        ("python -m build", False),
        ("uv build --package Demo_A", True),
        ("uv build --package demo-b", False),
        ("uv build --all-packages", True),
        ("nox -s build -- --package a", True),
        ("make dist", None),
        ("nox -s build", None),
        ("for p in libs/*; do python -m build $p; done", True),
    ],
)
def test_workflow_builds_a_package_or_not_or_only_a_run_knows(
    script: str, expected: bool | None
) -> None:
    workflow = read("steps:\n  - run: |\n" + textwrap.indent(script, "      "))
    assert builds_package(workflow, "libs/a", "demo-a") is expected
