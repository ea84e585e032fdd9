"""The text of `.github/workflows/publish.yml` for one project.

The shape follows https://docs.pypi.org/trusted-publishers/security-model/: files are built where no
secret is, and the one job that may ask for a token runs nothing of the project.
"""

import re
import shlex
import textwrap
from collections.abc import Collection
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_release.core.errors import ConfigurationError
from nox_release.core.values import dataclass
from nox_release.project.pyproject import Index, Project
from nox_release.project.toml import table_in
from nox_release.scaffold.exchange import SCRIPT, file_name
from nox_release.workflows.publishing import tag_prefix

KNOWN_AS_OF = date(2026, 11, 23)  # the pins, the images and the Pythons below
# Each commit is the one its release tag names. Version 1.14.2 of the publishing action is the first
# whose twine (7) takes the metadata 2.5 that current build backends write.
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
SETUP_PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"
UPLOAD_ARTIFACT = "actions/upload-artifact@cf430e030ddbb5b0abf93d22962f4752f3646cd9 # v7.0.2"
DOWNLOAD_ARTIFACT = "actions/download-artifact@9000827ccba6bdab643e8b6fd33ac0654aef8333 # v8.0.2"
PYPI_PUBLISH = "pypa/gh-action-pypi-publish@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2"
# By its version from the index: what commit the tag of the action names could not be read. From
# 4.3.3 on its images no longer trust a certificate authority that was compromised.
CIBUILDWHEEL = "cibuildwheel==4.3.5"
BUILD = "build==1.6.1"

SECRETS = ("INDEX_USERNAME", "INDEX_PASSWORD")  # where an index has no trusted publishing
NATIVE = ("setuptools", "maturin", "scikit-build-core", "meson-python")
_BACKENDS = {
    "maturin": "maturin",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
}
# Build requirements that are there to compile something.
_RUST = frozenset({"setuptools-rust", "maturin"})
_COMPILING = _RUST | {
    "cython",
    "hatch-cython",
    "hatch-mypyc",
    "mypy",
    "nanobind",
    "pybind11",
    "scikit-build",
}
_EXTENSIONS = re.compile(
    r"\b(?:ext_modules|rust_extensions|cffi_modules)\b[\"']?\]?\s*[=:]"
    r"|\b(?:cythonize|mypycify|\w*Extension)\s*\("
)
_ASIDE = frozenset({"benchmarks", "docs", "examples", "test", "tests"})
# What is the same inside YAML, with and without quotes, and inside a shell's double quotes.
_PLAIN = re.compile(r"[\w.](?:[\w./-]| (?=\w)|:(?=\d))*")
_PYTHONS = ("3.13", "3.14", "3.12", "3.11", "3.15", "3.10")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """What the workflow depends on.

    `native` is one of `NATIVE`, or `None` for pure Python; `rust` says that it needs a compiler of
    that language. `repository` is `owner/name` in
    GitHub's spelling, `None` where that is not known. `tool` is the requirement of this tool.
    `folder` is the project's in the repository. `package` is its folder as `packages` names it,
    empty where the project is the only one; `tag_prefix` tells its tags from the others'. `tags` is the
    pattern of those that start it; empty where a published GitHub release does.
    """

    name: str
    index: Index
    tool: str
    environment: str = "pypi"
    filename: str = "publish.yml"
    repository: str | None = None
    native: str | None = None
    rust: bool = False
    whole_history: bool = False
    python: str | None = "3.13"
    folder: str = ""
    package: str = ""
    tag_prefix: str = ""
    tags: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was chosen for the workflow: its file, its `environment` (`None`: what the settings and the
    index say), the project's `folder` in the repository, its `package` as `packages` names it (both
    empty where the project is all of it), and what starts it: `on` is `release` or `tag`.
    """

    filename: str = "publish.yml"
    environment: str | None = None
    folder: str = ""
    package: str = ""
    on: str = "release"


def plan_publish(
    project: Project,
    wanted: Wanted,
    *,
    tool: str,
    repository: str | None,
    setup_py: str | None,
    names: Collection[str] = (),
) -> PublishPlan:
    """What the workflow of `project` has to do; `setup_py` is that file's text, if there is one,
    and `names` are the project's files.

    Raises:
        ConfigurationError: a name would not come out of the workflow as it went in.
    """
    settings, by_tag = project.settings, wanted.on == "tag"
    environment = wanted.environment or settings.environment or _environment(settings.index)
    prefix = tag_prefix(settings, project.name) if wanted.package else ""
    before, _, after = settings.tag(project.name, "\n").partition("\n")
    for what, text in (
        ("environment", environment),
        ("workflow file", wanted.filename),
        ("folder", wanted.folder),
        ("package", wanted.package),
        ("beginning of the tags", before if by_tag else prefix),
        ("end of the tags", after if by_tag else ""),
        ("index", settings.index.title),
    ):
        if text and not _PLAIN.fullmatch(text):
            raise ConfigurationError(
                f"The {what} `{text}` cannot be written into a workflow as it is.",
                reason="YAML or the shell would read some of its characters as their own.",
                hint="Choose a name of letters, digits, blanks and `_ . - /`.",
            )
    return PublishPlan(
        name=project.name,
        index=settings.index,
        tool=tool,
        environment=environment,
        filename=wanted.filename,
        repository=repository,
        native=native_code(project, setup_py, names),
        rust=bool(_build_tools(project) & _RUST),
        whole_history=project.version_from_tags,
        python=python_for(project.requires_python),
        folder=wanted.folder,
        package=wanted.package,
        tag_prefix=prefix,
        tags=f"{before}[0-9]*{after}" if by_tag else "",
    )


def _environment(index: Index) -> str:
    if not index.is_like_pypi:
        return "publish"
    return "testpypi" if index.name == "testpypi" else "pypi"


def native_code(project: Project, setup_py: str | None, names: Collection[str] = ()) -> str | None:
    """Which way the project compiles something; `None` where it does not.

    A backend of the project's own that has Cython sources is taken to compile them.
    """
    backend = project.build_backend.split(":")[0].split(".")[0]
    if backend in _BACKENDS:
        return _BACKENDS[backend]
    if _build_tools(project) & _COMPILING:
        return "setuptools"
    own = "backend-path" in table_in(project.pyproject, "build-system")
    if not own and backend != "setuptools":
        return None
    if table_in(project.pyproject, "tool", "setuptools").get("ext-modules") or (
        setup_py is not None and _EXTENSIONS.search(setup_py)
    ):
        return "setuptools"
    return "setuptools" if own and any(map(_is_compiled, names)) else None


def _is_compiled(path: str) -> bool:
    """Whether this is a Cython source outside of the folders of tests and examples."""
    *folders, name = path.split("/")
    return name.endswith(".pyx") and not _ASIDE & {folder.lower() for folder in folders}


def _build_tools(project: Project) -> set[str]:
    names = (re.split(r"[^A-Za-z0-9._-]", need)[0] for need in project.build_requires)
    return {canonicalize_name(name) for name in names if name}


def python_for(requires_python: str | None) -> str | None:
    """The Python to build with: a settled one that the project takes; `None`: any."""
    if requires_python is None:
        return _PYTHONS[0]
    try:
        allowed = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return _PYTHONS[0]
    return next((python for python in _PYTHONS if allowed.contains(f"{python}.9")), None)


def publish_workflow(plan: PublishPlan) -> str:
    """The whole text of the workflow file."""
    build = _native_jobs(plan) if plan.native else _build_job(plan)
    parts = [_head(plan), build, _publish(plan)]
    return "\n".join([*parts, _check(plan)] if plan.index.is_like_pypi else parts)


def _head(plan: PublishPlan) -> str:
    inputs = f"""
    inputs:
      check-only:
        description: Only prove that {plan.index.title} accepts this workflow; upload nothing
        type: boolean
        default: true"""
    trusted = f"""\
# The trusted publisher on {plan.index.title} names this file and the environment `{plan.environment}`:
# if you rename either, update the trusted publisher too."""
    by_secrets = f"# It uploads with secrets of the environment `{plan.environment}`: {' and '.join(SECRETS)}."
    return f"""\
# Publishes {plan.name} to {plan.index.title} when {_occasion(plan)}.
{trusted if plan.index.is_like_pypi else by_secrets}
name: Publish{f" {plan.name}" if plan.tag_prefix else ""}

on:
{_trigger(plan)}
  workflow_dispatch:{inputs if plan.index.is_like_pypi else ""}

permissions: {{}}

concurrency:
  group: publish-{f"{plan.name}-" if plan.tag_prefix else ""}${{{{ github.ref }}}}
  cancel-in-progress: false # a run that is cancelled between two files leaves half a release

jobs:"""


def _occasion(plan: PublishPlan) -> str:
    return "the tag of a version is pushed" if plan.tags else "a GitHub release is published"


def _trigger(plan: PublishPlan) -> str:
    if plan.tags:
        return f'  push:\n    tags: ["{plan.tags}"]'
    return "  release:\n    types: [published]"


def _guard(plan: PublishPlan) -> str:
    return f"github.repository == '{plan.repository}' && " if plan.repository else ""


def guarded_repository(text: str) -> str | None:
    """The repository that a workflow which is there already confines itself to."""
    found = re.search(r"github\.repository\s*==\s*'([\w.-]+/[\w.-]+)'", text)
    return found[1] if found else None


def _only_for_tags(plan: PublishPlan) -> str:
    uploads = "!inputs.check-only && " if plan.index.is_like_pypi else ""
    return f"${{{{ {_guard(plan)}{uploads}{_is_tagged(plan)} }}}}"


def _is_tagged(plan: PublishPlan) -> str:
    """That the run is for a tag, and for one of this package."""
    if plan.tag_prefix:
        return f"startsWith(github.ref, 'refs/tags/{plan.tag_prefix}')"
    return "github.ref_type == 'tag'"


def _checkout(plan: PublishPlan) -> str:
    history = "\n          fetch-depth: 0 # the version comes from the tags"
    return f"""\
      - name: Check out
        uses: {CHECKOUT}
        with:
          persist-credentials: false{history if plan.whole_history else ""}"""


def _python(plan: PublishPlan) -> str:
    return f"""\
      - name: Set up Python
        uses: {SETUP_PYTHON}
        with:
          python-version: "{plan.python or "3.x"}\""""


def _upload(name: str, *paths: str) -> str:
    listed = "".join(f"\n            {path}" for path in paths)
    return f"""\
      - name: Keep the files
        uses: {UPLOAD_ARTIFACT}
        with:
          name: {name}
          path: |{listed}
          if-no-files-found: error"""


def _in_folder(plan: PublishPlan) -> str:
    return f"\n        working-directory: {plan.folder}" if plan.folder else ""


def _in_root(plan: PublishPlan) -> str:
    """Where `packages` is read: its settings are those of each package, too."""
    root = plan.folder.removesuffix(plan.package).strip("/")
    return f"\n        working-directory: {root}" if root else ""


def _package(plan: PublishPlan) -> str:
    return f" --package {shlex.quote(plan.package)}" if plan.package else ""


def _below(plan: PublishPlan, path: str) -> str:
    return f"{plan.folder}/{path}" if plan.folder else path


def _build_job(plan: PublishPlan) -> str:
    return f"""\
  build:
    name: Build and inspect
    if: {_only_for_tags(plan)}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check out
    steps:
{_checkout(plan)}

{_python(plan)}

      - name: Build sdist and wheel, compare them with the tag, inspect them and try them out{_in_root(plan)}
        run: |
          python -m pip install {plan.tool}
          nox-release build{_package(plan)} --tag "$GITHUB_REF_NAME"

{_upload("dist", _below(plan, "dist/*.whl"), _below(plan, "dist/*.tar.gz"))}
"""


_RUST_ON_LINUX = """
        env:
          CIBW_BEFORE_ALL_LINUX: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal
          CIBW_ENVIRONMENT_LINUX: PATH="$HOME/.cargo/bin:$PATH\""""


def _native_jobs(plan: PublishPlan) -> str:
    package = f" {plan.folder}" if plan.folder else ""
    return f"""\
  sdist:
    name: Build the sdist
    if: {_only_for_tags(plan)}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check out
    steps:
{_checkout(plan)}

{_python(plan)}

      - name: Build{_in_folder(plan)}
        run: |
          python -m pip install {BUILD}
          python -m build --sdist

{_upload("dist-sdist", _below(plan, "dist/*.tar.gz"))}

  wheels:
    name: Build wheels on ${{{{ matrix.os }}}}
    if: {_only_for_tags(plan)}
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 120
    permissions:
      contents: read # to check out
    strategy:
      matrix:
        os: [ubuntu-latest, ubuntu-26.04-arm, windows-latest, macos-15-intel, macos-latest]
    steps:
{_checkout(plan)}

      - name: Build
        run: pipx run {CIBUILDWHEEL} --output-dir wheelhouse{package}{_RUST_ON_LINUX if plan.rust else ""}

{_upload("dist-${{ matrix.os }}", "wheelhouse/*.whl")}

  inspect:
    name: Inspect
    needs: [sdist, wheels]
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions: {{}}
    steps:
{_download("dist-*", merge=True)}

{_python(plan)}

      - name: Look for everything that {plan.index.title} would refuse
        run: |
          python -m pip install {plan.tool}
          nox-release check-project --tag "$GITHUB_REF_NAME" dist/*
"""


def _download(name: str, *, merge: bool) -> str:
    chosen = f"pattern: {name}" if merge else f"name: {name}"
    merging = "\n          merge-multiple: true" if merge else ""
    return f"""\
      - name: Fetch the files
        uses: {DOWNLOAD_ARTIFACT}
        with:
          {chosen}
          path: dist{merging}"""


def _publish(plan: PublishPlan) -> str:
    needs = "[sdist, wheels, inspect]" if plan.native else "[build]"
    artifact = "dist-*" if plan.native else "dist"
    known = {"pypi": "https://pypi.org/project/", "testpypi": "https://test.pypi.org/project/"}
    page = known.get(plan.index.name)
    url = f"\n      url: {page}{plan.name}/" if page else ""
    elsewhere = (
        ""
        if plan.index.name == "pypi"
        else f"\n        with:\n          repository-url: {plan.index.upload_url}"
    )
    permissions = f"""
      id-token: write # exchanged for a token of {plan.index.title} that lasts 15 minutes"""
    if not plan.index.is_like_pypi:
        permissions = " {}"
        user, password = SECRETS
        elsewhere += f"""
          user: ${{{{ secrets.{user} }}}}
          password: ${{{{ secrets.{password} }}}}
          attestations: false # they belong to trusted publishing"""
    return f"""\
  publish:
    name: Publish to {plan.index.title}
    needs: {needs}
    if: {_only_for_tags(plan)}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    environment:
      name: {plan.environment}{url}
    permissions:{permissions}
    steps:
{_download(artifact, merge=plan.native is not None)}

      - name: Publish
        uses: {PYPI_PUBLISH}{elsewhere}
"""


def _check(plan: PublishPlan) -> str:
    script = textwrap.indent(SCRIPT, "          ", lambda line: bool(line.strip()))
    return f"""\
  check:
    name: Prove that {plan.index.title} accepts this workflow
    if: ${{{{ {_guard(plan)}inputs.check-only }}}}
    runs-on: ubuntu-latest
    timeout-minutes: 5
    environment:
      name: {plan.environment}
    permissions:
      id-token: write # exchanged for a token that is tried with a wrong digest and burnt
    steps:
      - name: Exchange a token, try it, burn it
        shell: bash
        env:
          INDEX: {plan.index.api_url.rstrip("/")}
          KNOWN_AS: {plan.index.name if plan.index.name in ("pypi", "testpypi") else "own"}
          UPLOAD: {plan.index.upload_url}
          PROJECT: {plan.name}
          FILE_NAME: {file_name(plan.name)}
        run: |
{script}
"""
