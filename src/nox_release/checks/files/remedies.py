"""What to write where, for each of the nine backends, when a wheel or an sdist lacks a file."""

import re

from nox_release.core.findings import Finding, Location, Result
from nox_release.core.values import dataclass, replace
from nox_release.project.pyproject import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One line each: the wheel lacks a module, the wheel lacks a data file, the sdist lacks a file.

    `{top}` is the import package, `{home}` its folder here, `{path}` the file here and `{inside}`
    the file below the package.
    """

    module: str
    data: str
    sdist: str


REMEDIES = {
    "setuptools": Remedy(
        module="Let setuptools find it: `[tool.setuptools.packages.find]` with `where` (the folder "
        'that holds `{top}`) and without an `include` that leaves it out; `py-modules = ["{top}"]` '
        "for a single file.",
        data='`[tool.setuptools.package-data]` `{top} = ["{inside}"]`.',
        sdist='`[tool.setuptools.package-data]` `{top} = ["{inside}"]` takes it into both files.',
    ),
    "hatchling": Remedy(
        module='`[tool.hatch.build.targets.wheel]` `packages = ["{home}"]`, and check its `include` '
        "and `exclude`.",
        data="Check `include`, `exclude` and `only-include` of `[tool.hatch.build.targets.wheel]`; a "
        'file that git ignores needs `artifacts = ["{path}"]`.',
        sdist="Add `{path}` to `include` in `[tool.hatch.build.targets.sdist]`, or remove that list: "
        "hatchling takes every file under git by default.",
    ),
    "flit-core": Remedy(
        module="flit packages one module or package, the one that `[tool.flit.module]` names: move "
        "it below `{top}`.",
        data="Move it below the package's own folder: flit takes everything in there.",
        sdist="Check `include` and `exclude` of `[tool.flit.sdist]`.",
    ),
    "poetry-core": Remedy(
        module='`[tool.poetry]` `packages = [{{ include = "{top}" }}]`, with `from` for a folder '
        "above it.",
        data='`[tool.poetry]` `include = [{{ path = "{path}", format = ["sdist", "wheel"] }}]`; a '
        "file that git ignores is left out otherwise.",
        sdist='`[tool.poetry]` `include = [{{ path = "{path}", format = ["sdist", "wheel"] }}]`.',
    ),
    "pdm-backend": Remedy(
        module='`[tool.pdm.build]` `includes = ["{home}"]`, or `package-dir` for the folder above it.',
        data='Add "{path}" to `includes` in `[tool.pdm.build]`, and check `excludes`.',
        sdist='Add "{path}" to `source-includes` in `[tool.pdm.build]`.',
    ),
    "uv_build": Remedy(
        module='`[tool.uv.build-backend]` `module-name = "{top}"` (a list for several) and '
        "`module-root`.",
        data="Check `wheel-exclude` and `source-exclude` in `[tool.uv.build-backend]`; uv_build takes "
        "everything in the package's folder.",
        sdist='Add "{path}" to `source-include` in `[tool.uv.build-backend]`.',
    ),
    "scikit-build-core": Remedy(
        module='`[tool.scikit-build]` `wheel.packages = ["{home}"]`.',
        data='Check `wheel.exclude` in `[tool.scikit-build]`, or `install(FILES "{path}" …)` in '
        "CMakeLists.txt.",
        sdist='Add "{path}" to `sdist.include` in `[tool.scikit-build]`.',
    ),
    "meson-python": Remedy(
        module="Name it in `py.install_sources(…)` in meson.build.",
        data="Name it in `py.install_sources(…)` in meson.build.",
        sdist="Commit it: meson-python's sdist holds what git tracks, less what `.gitattributes` "
        "marks `export-ignore`.",
    ),
    "maturin": Remedy(
        module="`[tool.maturin]` `python-source` (the folder that holds `{top}`) or `python-packages`.",
        data='`[tool.maturin]` `include = [{{ path = "{path}", format = ["sdist", "wheel"] }}]`.',
        sdist='`[tool.maturin]` `include = [{{ path = "{path}", format = "sdist" }}]`.',
    ),
}

_MODULES = {
    "flit_core": "flit-core",
    "poetry": "poetry-core",
    "pdm": "pdm-backend",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
}
_ANY = Remedy(
    module="Tell the build backend to package `{home}`.",
    data="Tell the build backend to take `{path}` along.",
    sdist="Tell the build backend to take `{path}` along in the sdist.",
)


def backend_of(project: Project) -> str:
    """The backend by the name of its project; a module of the tree's own keeps its own."""
    module = re.split(r"[.:]", project.build_backend)[0]
    return _MODULES.get(module, module)


def remedy_for(project: Project) -> Remedy:
    return REMEDIES.get(backend_of(project), _ANY)


def sdist_remedy(project: Project, path: str) -> str:
    """How the sdist gets a file of the tree; setuptools takes one beside the packages from MANIFEST.in."""
    beside = not (project.root / path).with_name("__init__.py").is_file()
    if backend_of(project) == "setuptools" and beside:
        return f"Put the line `include {path}` into MANIFEST.in."
    return fill(remedy_for(project).sdist, path=path, installed=path)


# What a key of `[project]` is called in the call of `setup`.
# https://setuptools.pypa.io/en/latest/references/keywords.html
_IN_SETUP_PY = {
    "readme": "long_description",
    "requires-python": "python_requires",
    "dependencies": "install_requires",
    "optional-dependencies": "extras_require",
    "urls": "project_urls",
    "authors": "author_email",
    "maintainers": "maintainer_email",
    "scripts": "entry_points",
    "gui-scripts": "entry_points",
    "entry-points": "entry_points",
    "license-files": "license_files",
}
_SAME_IN_SETUP_PY = ("name", "version", "description", "classifiers", "keywords", "license")
_EACH_KIND = "`entry_points`, `entry_points` and `entry_points`"
_KEY = re.compile(r"`project\.([a-z-]{1,30})`")
_TYPE_IN_SETUP_PY = (
    'Set `long_description_content_type` in {file}, to "text/markdown" or "text/x-rst".'
)
# Where the call of `setup` is short, setup.cfg has the same keys.
_IN_SETUP_CFG = re.compile(r"(?m)^(?:name|install_requires)[ \t]*=")
_OF_ITS_TYPE = frozenset({"description-type-missing", "description-content-type"})


def in_its_own_words(result: Result, project: Project) -> Result:
    """A finding that names keys of `[project]`, for a project that has only a setup.py, or that and a
    setup.cfg.
    """
    if not isinstance(result, Finding) or not is_of_setup_py(project):
        return result
    config = project.root / "setup.cfg"
    text = config.read_text(encoding="utf-8", errors="replace") if config.is_file() else ""
    file = "setup.cfg" if _IN_SETUP_CFG.search(text) else "setup.py"
    if result.id in _OF_ITS_TYPE:
        fix = _TYPE_IN_SETUP_PY.format(file=file)
    else:
        fix = _of_setup_py(result.fix, file)
    return replace(result, fix=fix, where=_in_setup_py(result.where, file))


def _in_setup_py(where: Location | None, file: str) -> Location | None:
    """The place in `file` of what is at a key of `[project]` elsewhere."""
    table, _, key = where.key.partition(".") if where is not None else ("", "", "")
    if where is None or where.file != "pyproject.toml" or table != "project":
        return where
    return Location(file=file, key=_IN_SETUP_PY.get(key, key))


def is_of_setup_py(project: Project) -> bool:
    return "project" not in project.pyproject and (project.root / "setup.py").is_file()


def _of_setup_py(text: str, file: str) -> str:
    def name(found: re.Match[str]) -> str:
        key = found[1]
        return f"`{key if key in _SAME_IN_SETUP_PY else _IN_SETUP_PY.get(key, found[0][1:-1])}`"

    said = _KEY.sub(name, text).replace(_EACH_KIND, "`entry_points`")
    return said if said == text or "setup.py" in said else f"In {file}: {said}"


def fill(text: str, *, path: str, installed: str) -> str:
    """A remedy about the file at `path` here, which would be `installed` below site-packages."""
    top, _, inside = installed.partition("/")
    top = top.removesuffix(".py")
    above = path.removesuffix(installed)
    return text.format(top=top, home=f"{above}{top}", path=path, inside=inside or installed)
