"""The maintainer's project as pyproject.toml tells it, and this tool's settings in it.

`parse_` functions take mappings; only `read_project` touches the disk.
"""

import ast
import configparser
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from nox_release.core.errors import ConfigurationError
from nox_release.core.python_code import dotted_name, parse_python
from nox_release.core.reading import read_file
from nox_release.core.values import dataclass, field, replace
from nox_release.core.versions import parse_version
from nox_release.core.words import some
from nox_release.project.toml import parse_toml, table_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One package index: where files go (`upload_url`), where they are listed (`simple_url`),
    and the root of PyPI's JSON, integrity and token-exchange addresses and web pages (`api_url`),
    which is empty where it has none of these. All end with a slash. `name` is `pypi`, `testpypi`,
    or the host.
    """

    name: str
    upload_url: str
    simple_url: str
    api_url: str = ""

    @property
    def is_like_pypi(self) -> bool:
        """Whether it has owners, trusted publishers, attestations and PyPI's web pages."""
        return bool(self.api_url)

    @property
    def is_pypi(self) -> bool:
        """Whether this is PyPI or TestPyPI, by the addresses they are known by."""
        return self.name in ("pypi", "testpypi")

    @property
    def title(self) -> str:
        return {"pypi": "PyPI", "testpypi": "TestPyPI"}.get(self.name, self.name)


PYPI = Index(
    name="pypi",
    upload_url="https://upload.pypi.org/legacy/",
    simple_url="https://pypi.org/simple/",
    api_url="https://pypi.org/",
)
TESTPYPI = Index(
    name="testpypi",
    upload_url="https://test.pypi.org/legacy/",
    simple_url="https://test.pypi.org/simple/",
    api_url="https://test.pypi.org/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`[tool.nox-release]`; `None` means: to be found out."""

    index: Index = PYPI
    remote: str | None = None
    branch: str | None = None
    tag_format: str = "v{version}"
    workflow: str | None = None
    environment: str | None = None
    pypi_user: str | None = None
    build_requires: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    version_files: tuple[str, ...] = ()
    commit_message: str = "Release {name} {version}"
    assets: tuple[str, ...] = ()
    after_release: str | None = None

    def message(self, name: str, version: str) -> str:
        """The message of the commit that prepares `version`."""
        return self.commit_message.format(name=name, version=version)

    def tag(self, name: str, version: str) -> str:
        """The tag of `version`; `{name}` and `{version}` may appear in `tag-format`."""
        return self.tag_format.format(name=name, version=version)

    @staticmethod
    def tag_format_of(tag: str, name: str) -> str | None:
        """The `tag-format` by which `tag` names a version; `None` when it names none."""
        named = len(name) if name and tag.startswith(name) else 0
        for found in re.finditer(r"(?<![\d.])\d", tag[named:]):
            start = named + found.start()
            if parse_version(tag[start:]) is not None:
                before = tag[:start]
                return (before.replace(name, "{name}") if name else before) + "{version}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project to be published. `version` is `None` when the backend finds it out;
    `getter_asks_git` says that code of the project has it made from tags.

    `pyproject` is the whole parsed mapping, for checks that look at what is not a field here.
    """

    root: Path
    name: str
    version: str | None = None
    requires_python: str | None = None
    readme: str | None = None
    license: str | None = None
    urls: tuple[tuple[str, str], ...] = ()
    classifiers: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    build_backend: str = "setuptools.build_meta:__legacy__"
    build_requires: tuple[str, ...] = ("setuptools",)
    settings: Settings = field(default_factory=Settings)
    pyproject: Mapping[str, Any] = field(default_factory=dict)
    getter_asks_git: bool = False

    @property
    def normalized_name(self) -> str:
        return canonicalize_name(self.name)

    @property
    def version_from_tags(self) -> bool:
        """Whether the backend makes the version from git tags, so that a tag comes first."""
        if self.version is not None:
            return False
        tools = {re.split(r"[^A-Za-z0-9._-]", needed)[0] for needed in self.build_requires}
        readers = {canonicalize_name(tool) for tool in tools} & _TAG_READERS
        setuptools = table_in(self.pyproject, "tool", "setuptools", "dynamic")
        if "version" in setuptools and "setuptools_scm" not in table_in(self.pyproject, "tool"):
            readers -= {"setuptools-scm"}  # without its table it only lists the sdist's files
        if readers or self.getter_asks_git:
            return True
        tool = table_in(self.pyproject, "tool")
        if table_in(tool, "pdm", "version").get("source") == "scm" or "versioneer" in tool:
            return True
        version = table_in(self.pyproject, "tool", "scikit-build", "metadata", "version")
        return (
            version.get("provider") == "scikit_build_core.metadata.setuptools_scm"
        )  # asks for it itself


# Build requirements that read git tags. Source: each one's own documentation.
_TAG_READERS = frozenset(
    {
        "setuptools-scm",
        "vcs-versioning",
        "hatch-vcs",
        "versioningit",
        "setuptools-git-versioning",
        "poetry-dynamic-versioning",
        "uv-dynamic-versioning",
        "dunamai",
        "versioneer",
        "pbr",
        "flit-scm",
    }
)

# No user name and password: they would end up on command lines, and pyproject.toml is public.
_URL = re.compile(r"https://[^/\s@]+(/\S*)?|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/\S*)?")


def parse_index(value: str, named: Mapping[str, Index] | None = None) -> Index:
    """The index called `value`: `pypi`, `testpypi`, one of those `named` in pyproject.toml, or the
    root address of one like PyPI, below which `legacy/` and `simple/` are expected.

    Raises:
        ConfigurationError: it is none of these, or plain http to another machine.
    """
    known = {"pypi": PYPI, "testpypi": TESTPYPI}
    if value.lower() in known:
        return known[value.lower()]
    if named and value in named:
        return named[value]
    if not _URL.fullmatch(value):
        raise ConfigurationError(
            f"`{value}` is not an index.",
            reason="An index is `pypi`, `testpypi`, the `name` of a `[[tool.uv.index]]` with "
            "`publish-url`, or an https:// address without a password.",
            hint="Plain http:// is taken only for this machine (127.0.0.1, localhost); "
            "credentials are found where twine finds them.",
        )
    root = value.rstrip("/") + "/"
    for known_index in known.values():
        if root in (known_index.upload_url, known_index.simple_url, known_index.api_url):
            return known_index
    return Index(
        name=re.sub(r"^https?://([^/]+).*$", r"\1", root),
        upload_url=f"{root}legacy/",
        simple_url=f"{root}simple/",
        api_url=root,
    )


_STRINGS = ("remote", "branch", "workflow", "environment", "pypi-user", "commit-message")
_LISTS = ("build-requires", "packages", "version-files", "assets")
_KEYS = ("index", "tag-format", "after-release", *_STRINGS, *_LISTS)


def named_indexes(pyproject: Mapping[str, Any]) -> dict[str, Index]:
    """The indexes of `[[tool.uv.index]]` that files can be published to, by name.

    Source: https://docs.astral.sh/uv/guides/package/#publishing-your-package.
    """
    entries = table_in(pyproject, "tool", "uv").get("index")
    found: dict[str, Index] = {}
    for entry in entries if isinstance(entries, list) else ():
        values = entry if isinstance(entry, dict) else {}
        name, *urls = (values.get(key) for key in ("name", "publish-url", "url"))
        addresses = [url.rstrip("/") + "/" for url in urls if isinstance(url, str)]
        if isinstance(name, str) and len(addresses) == 2 and all(map(_URL.fullmatch, addresses)):
            upload, simple = addresses
            known = [one for one in (PYPI, TESTPYPI) if simple == one.simple_url]
            found[name] = known[0] if known else _own_index(upload, simple)
    return {
        name: index for name, index in found.items() if name.lower() not in ("pypi", "testpypi")
    }


def _own_index(upload_url: str, simple_url: str, *, name: str = "", api_url: str = "") -> Index:
    host = re.sub(r"^https?://([^/]+).*$", r"\1", simple_url)
    return Index(name=name or host, upload_url=upload_url, simple_url=simple_url, api_url=api_url)


def parse_settings(table: object, named: Mapping[str, Index] | None = None) -> Settings:
    """`[tool.nox-release]` as a value; `named` are the indexes that `index` may name.

    Raises:
        ConfigurationError: with every wrong key and type at once, each by its full name.
    """
    if not isinstance(table, dict):
        raise ConfigurationError(
            "`tool.nox-release` must be a table.", problems=["`tool.nox-release` is not a table"]
        )
    problems: list[str] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = f"`tool.nox-release.{key}`"
        if key not in _KEYS:
            meant = difflib.get_close_matches(key, _KEYS, n=1)
            known = (
                f"did you mean `{meant[0]}`?" if meant else f"there are {', '.join(sorted(_KEYS))}"
            )
            problems.append(f"{name} is not a setting; {known}")
        elif key == "index":
            try:
                values["index"] = _index_of(value, named)
            except ConfigurationError as error:
                problems.append(f"{name}: {error}")
        elif key in _LISTS:
            if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
                values[key.replace("-", "_")] = tuple(value)
            else:
                problems.append(f"{name} must be a list of strings, not {_shown(value)}")
        elif not isinstance(value, str) or not value.strip():
            problems.append(f"{name} must be a string that says something, not {_shown(value)}")
        elif key == "tag-format":
            problems.extend(f"{name} {problem}" for problem in _tag_format_problems(value))
            values["tag_format"] = value
        elif key == "after-release" and value not in ("dev", "nothing"):
            problems.append(f'{name} must be "dev" or "nothing", not {_shown(value)}')
        elif key == "commit-message" and not _is_message(value):
            problems.append(f"{name} may contain only `{{version}}` and `{{name}}` in braces")
        else:
            values[key.replace("-", "_")] = value
    problems.extend(_asset_problems(values.get("assets", ())))
    workflow = values.get("workflow")
    if workflow and not re.fullmatch(r"[^/\\]+\.ya?ml", workflow):
        problems.append(
            "`tool.nox-release.workflow` must be a file name such as `publish.yml`, "
            f"without a folder, not `{workflow}`"
        )
    if problems:
        raise ConfigurationError(
            f"`[tool.nox-release]` has {len(problems)} problem{'s' * (len(problems) > 1)}.",
            problems=problems,
            hint="Correct the named keys in pyproject.toml.",
        )
    return Settings(**values)


def _shown(value: object) -> str:
    return f"{value!r} ({type(value).__name__})"


def _is_message(value: str) -> bool:
    try:
        return bool(value.format(name="n", version="1.0").strip())
    except (KeyError, IndexError, ValueError, AttributeError):
        return False


def _asset_problems(assets: tuple[str, ...]) -> list[str]:
    """What is wrong with the files to attach: they lie in the project's folder, each of one name."""
    wrong = [
        f"`tool.nox-release.assets` must be `dist` and files in the project's folder, not `{name}`"
        for name in assets
        if name.startswith(("/", "-"))
        or {"..", ""} & set(name.split("/"))
        or set(name) & set("\\:#*?")
    ]
    names = [name.rpartition("/")[2] for name in assets]
    twice = sorted({name for name in names if names.count(name) > 1})
    return wrong + [f"`tool.nox-release.assets` names `{name}` twice" for name in twice]


def _tag_format_problems(value: str) -> list[str]:
    try:
        tag = value.format(name="n", version="1.0")
    except (KeyError, IndexError, ValueError, AttributeError):
        return ["may contain only `{version}` and `{name}` in braces"]
    if "{version}" not in value:
        return ["must contain `{version}`"]
    if not re.fullmatch(
        r"(?!-)(?!.*(\.\.|//|@\{|\.lock$))[^\s~^:?*\[\\\x00-\x20\x7f]+(?<![./])", tag
    ):
        return [f"makes `{tag}`, which git refuses as a tag"]
    return []


def _index_of(value: object, named: Mapping[str, Index] | None) -> Index:
    if isinstance(value, str):
        return parse_index(value, named)
    needed = {"upload-url", "simple-url"}
    keys = needed | {"api-url"}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ConfigurationError(
            "must be `pypi`, `testpypi`, an address, or a table of addresses",
        )
    wrong = [f"no such address: `{key}`" for key in sorted(value.keys() - keys - {"name"})]
    wrong += [f"`{key}` is missing" for key in sorted(needed - value.keys())]
    wrong += [
        f"`{key}` must be an https:// address without a password"
        for key in sorted(keys & value.keys())
        if not _URL.fullmatch(value[key])
    ]
    if value.get("name", "").lower() in ("pypi", "testpypi"):  # it would be given their tokens
        wrong.append(f"`name` is that of another index: {value['name']}")
    if wrong:
        raise ConfigurationError("; ".join(wrong))
    urls = {key.replace("-", "_"): value[key].rstrip("/") + "/" for key in keys & value.keys()}
    return _own_index(name=value.get("name", ""), **urls)


def parse_project(
    pyproject: Mapping[str, Any], *, root: Path, setup: Mapping[str, str] | None = None
) -> Project:
    """The project that a parsed pyproject.toml describes.

    The name may come from `[project]` or `[tool.poetry]`, or else from `setup`: what `read_setup`
    found in setup.cfg and setup.py. Where it is known to none of them but there is a backend that
    may know, it is empty here, and the built metadata say it (see `operations.build`).

    Raises:
        ConfigurationError: with every problem at once.
    """
    problems: list[str] = []
    project = _table(pyproject, "project", problems)
    tool = _table(pyproject, "tool", problems)
    poetry = _table(tool, "poetry", problems, prefix="tool.")
    build_system = _table(pyproject, "build-system", problems)
    flit = _table(_table(tool, "flit", problems, prefix="tool."), "metadata", problems)
    found: Mapping[str, Any] = {
        **(setup or {}),
        **{key: value for key in ("dist-name", "module") if (value := flit.get(key))},
        **poetry,
    }
    if "module" in found or "dist-name" in found:
        found = {**found, "name": found.get("dist-name", found.get("module"))}
    name = project.get("name", found.get("name") if not project else None)
    may_be_built = not project and (setup is not None or "build-backend" in build_system)
    if name is None:
        if not may_be_built:
            problems.append("`project.name` is missing")
    elif not isinstance(name, str) or not re.fullmatch(
        r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", name, re.IGNORECASE | re.ASCII
    ):
        problems.append(
            f"`project.name` must be ASCII letters, digits, `.`, `_` and `-`, with a letter or "
            f"digit first and last, not {name!r}"
        )
    dynamic = _strings(project, "dynamic", problems)
    version = project.get("version", found.get("version") if not project else None)
    if version is not None and (not isinstance(version, str) or parse_version(version) is None):
        problems.append(
            f"`project.version` must be a PEP 440 version such as 1.2.0, not {version!r}"
        )
    if project and version is None and "version" not in dynamic:
        problems.append("`project.version` is missing, and `project.dynamic` does not list it")
    settings = Settings()
    if "nox-release" in tool:
        try:
            settings = parse_settings(tool["nox-release"], named_indexes(pyproject))
        except ConfigurationError as error:
            problems.extend(error.problems)
    urls = _table(project, "urls", problems, prefix="project.")
    scripts = _table(project, "scripts", problems, prefix="project.")
    readme = project.get("readme")
    license_value = project.get("license")
    requires_python = project.get("requires-python")
    dependencies = _strings(project, "dependencies", problems)
    classifiers = _strings(project, "classifiers", problems)
    backend = build_system.get("build-backend")
    if problems:
        raise ConfigurationError(
            f"pyproject.toml has {len(problems)} problem{'s' * (len(problems) > 1)}.",
            problems=problems,
            hint="https://packaging.python.org/en/latest/specifications/pyproject-toml/",
        )
    return Project(
        root=root,
        name=name or "",
        # poetry-dynamic-versioning wants a stand-in for the version that it will write.
        version=None if _is_stand_in(poetry, tool) and not project else version,
        requires_python=requires_python if isinstance(requires_python, str) else None,
        readme=readme
        if isinstance(readme, str)
        else readme.get("file")
        if isinstance(readme, dict)
        else None,
        license=license_value if isinstance(license_value, str) else None,
        urls=tuple((key, value) for key, value in urls.items() if isinstance(value, str)),
        classifiers=classifiers,
        dependencies=dependencies,
        scripts=tuple(scripts),
        dynamic=dynamic,
        build_backend=backend if isinstance(backend, str) else "setuptools.build_meta:__legacy__",
        build_requires=_strings(build_system, "requires", ["setuptools"]),
        settings=settings,
        pyproject=pyproject,
    )


def _is_stand_in(poetry: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    enabled = bool(table_in(tool, "poetry-dynamic-versioning").get("enable", False))
    return poetry.get("version") == "0" or (bool(poetry) and enabled)


def _table(
    mapping: Mapping[str, Any], key: str, problems: list[str], prefix: str = ""
) -> Mapping[str, Any]:
    value = mapping.get(key, {})
    if isinstance(value, dict):
        return value
    problems.append(f"`{prefix}{key}` must be a table, not {_shown(value)}")
    return {}


def _strings(mapping: Mapping[str, Any], key: str, problems: list[str]) -> tuple[str, ...]:
    value = mapping.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    problems.append(f"`project.{key}` must be a list of strings, not {_shown(value)}")
    return ()


_AT_MOST = 2_000_000  # bytes of a file that describes a project


def read_setup(root: Path) -> Mapping[str, str] | None:
    """Name and version as far as setup.cfg and setup.py say them plainly; `None`: neither exists.

    setup.py is read, not run: only literal arguments count.
    """
    found: dict[str, str] = {}
    there = False
    try:
        found |= parse_setup_py(_decoded(root / "setup.py"))
        there = True
    except OSError:
        pass
    try:
        found |= parse_setup_cfg(_decoded(root / "setup.cfg"))
        there = there or "name" in found
    except OSError:
        pass
    return found if there else None


def _decoded(path: Path) -> str:
    return read_file(path, at_most=_AT_MOST).decode("utf-8", errors="replace")


def parse_setup_py(text: str) -> dict[str, str]:
    """Literal `name` and `version` given to `setup()`, directly or by a module-level constant;
    `asks_git` where an argument has git asked for the version.
    """
    tree = parse_python(text)
    if tree is None:
        return {}
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or dotted_name(node.func).split(".")[-1] != "setup":
            continue
        for keyword in node.keywords:
            value = keyword.value
            literal = (
                value.value
                if isinstance(value, ast.Constant)
                else constants.get(value.id)
                if isinstance(value, ast.Name)
                else None
            )
            made = dotted_name(value.func) if isinstance(value, ast.Call) else ""
            if keyword.arg == "version" and made in _MAKERS:
                found["asks_git"] = "True"
            if keyword.arg in ("use_scm_version", "pbr") and literal is not False:
                found["asks_git"] = "True"
            if keyword.arg in ("name", "version") and isinstance(literal, str):
                found[keyword.arg] = literal
    return _plausible(found)


_MAKERS = ("versioneer.get_version", "setuptools_scm.get_version")


def parse_setup_cfg(text: str) -> dict[str, str]:
    """`name` and `version` of `[metadata]`; `attr:` and `file:` are left to setuptools."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    if not parser.has_section("metadata"):
        return {}
    found = {
        key: parser.get("metadata", key).strip()
        for key in ("name", "version")
        if parser.has_option("metadata", key)
    }
    return _plausible(found)


def _plausible(found: dict[str, str]) -> dict[str, str]:
    """Without what setuptools would have to work out, or would refuse itself."""
    kept = {key: value for key, value in found.items() if not value.startswith(("attr:", "file:"))}
    if parse_version(kept.get("version", "0")) is None:
        del kept["version"]
    return kept


def read_pyproject(root: Path) -> Mapping[str, Any]:
    """pyproject.toml below `root`, parsed; empty where only a setup.py is there.

    Raises:
        ConfigurationError: there is none, or it is not TOML.
    """
    path = root / "pyproject.toml"
    try:
        return parse_toml(read_file(path, at_most=_AT_MOST).decode("utf-8"))
    except FileNotFoundError:
        if (root / "setup.py").is_file():  # https://peps.python.org/pep-0517/#source-trees
            return {}
        below = _projects_below(root)
        raise ConfigurationError(
            "There is no pyproject.toml here.",
            reason=f"Looked in `{root}`." + (f" There is one in {some(below)}." if below else ""),
            hint=f"Run this in the project's folder: cd {below[0]}"
            if below
            else "Run this in the project's root, or write one: "
            "https://packaging.python.org/en/latest/guides/writing-pyproject-toml/",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            "pyproject.toml is not UTF-8.", reason=str(error), hint="Save it as UTF-8."
        ) from None
    except ValueError as error:
        raise ConfigurationError(
            "pyproject.toml is not valid TOML.", reason=str(error), hint="Correct the named line."
        ) from None
    except OSError as error:
        raise ConfigurationError("pyproject.toml cannot be read.", reason=str(error)) from None


def _projects_below(root: Path) -> list[str]:
    """The folders with a project, one and two levels down."""
    found = [
        path.parent.relative_to(root).as_posix()
        for pattern in ("*/pyproject.toml", "*/*/pyproject.toml", "*/setup.py", "*/*/setup.py")
        for path in root.glob(pattern)
    ]
    return sorted(one for one in {*found} if not re.search(r"(?:^|/)(?:\.|tests?\b)", one))


def _with_hatch_toml(root: Path, pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hatchling reads a hatch.toml as if its tables were below `tool.hatch`, and before those.

    https://hatch.pypa.io/latest/intro/#configuration
    """
    try:
        extra = parse_toml(read_file(root / "hatch.toml", at_most=_AT_MOST).decode("utf-8"))
    except (OSError, ValueError):
        return pyproject
    tool = table_in(pyproject, "tool")
    return {**pyproject, "tool": {**tool, "hatch": {**table_in(tool, "hatch"), **extra}}}


def read_project(root: Path, pyproject: Mapping[str, Any] | None = None) -> Project:
    """The project in the folder `root`; `pyproject` is its pyproject.toml where it is read already.

    Raises:
        ConfigurationError: see `read_pyproject` and `parse_project`.
    """
    if pyproject is None:
        pyproject = read_pyproject(root)
    pyproject = _with_hatch_toml(Path(root), pyproject)
    setup = None if "project" in pyproject else read_setup(Path(root))
    if setup is None and not {"project", "build-system"} & pyproject.keys():
        below = _projects_below(Path(root))
        if below and "poetry" not in table_in(pyproject, "tool"):
            raise ConfigurationError(
                "The pyproject.toml here describes no project.",
                reason=f"There is one in {some(below)}.",
                hint=f"Run this in the project's folder: cd {below[0]}",
            )
    project = parse_project(pyproject, root=Path(root).resolve(), setup=setup)
    if project.version is None and _code_asks_git(project, setup or read_setup(project.root)):
        return replace(project, getter_asks_git=True)
    return project


_ASKS_GIT = re.compile(
    r"_from_scm\b|\bgit\W+describe\b|\b(?:setuptools_scm|dunamai|versioningit)\b"
)


def _code_asks_git(project: Project, setup: Mapping[str, str] | None) -> bool:
    """Whether code of the project itself reads git tags for the version, as far as its text says:
    setup.py (`setup` is what `read_setup` found), a backend in the tree, or the function that PDM
    calls.

    https://backend.pdm-project.org/metadata/#get-the-version-from-a-function-call
    """
    if "asks_git" in (setup or ()):
        return True
    version = table_in(project.pyproject, "tool", "pdm", "version")
    getter = version.get("getter", "") if version.get("source") == "call" else ""
    own = table_in(project.pyproject, "build-system").get("backend-path")
    code = getter or (project.build_backend if isinstance(own, list) and own else "")
    module = str(code).partition(":")[0].replace(".", "/")
    folders = [""] if getter else map(str, own or ())
    return bool(module) and any(
        _ASKS_GIT.search(text)
        for folder in folders
        for text in [_text_of(project.root / folder / f"{module}.py")]
    )


def _text_of(path: Path) -> str:
    try:
        return _decoded(path)
    except OSError:
        return ""
