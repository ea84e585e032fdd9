"""What the source tree already tells about a release: pyproject.toml and the files around it.

The verdicts on metadata are those of `checks.upload`, asked about one entry at a time, so that each
has its key and line. The rest are mistakes that PyPI does not see and that stop releases all the
same. Nothing of the project is imported or run: TOML is scanned, Python is parsed.
"""

from __future__ import annotations

import ast
import difflib
import fnmatch
import posixpath
import re
from dataclasses import dataclass, replace
from email.headerregistry import Address
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.checks import upload
from nox_release.checks.file_rules import RULES as RULES_ON_FILES
from nox_release.checks.files import is_old_name
from nox_release.findings import Location, Passed, Rule, Severity, find
from nox_release.toml_lines import Lines, find_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from nox_release.findings import Finding, Result
    from nox_release.project import Project

PYPROJECT = "pyproject.toml"
_SPECIFICATION = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"
_BACKENDS = {
    "hatchling": "hatchling",
    "setuptools": "setuptools",
    "flit_core": "flit-core",
    "poetry": "poetry-core",
    "pdm": "pdm-backend",
    "uv_build": "uv_build",
    "maturin": "maturin",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
}


def _rule(
    slug: str,
    title: str,
    why: str,
    remedy: str,
    *,
    severity: Severity = Severity.WARNING,
    link: str = _SPECIFICATION,
) -> Rule:
    return Rule(
        id=slug,
        subject="project",
        severity=severity,
        title=title,
        why=why,
        remedy=remedy,
        link=link,
    )


SCHEMA = _rule(
    "pyproject-schema",
    "pyproject.toml keeps to its specification",
    "The build backend refuses a table it does not understand, or passes over it in silence.",
    "Correct the named key.",
    severity=Severity.ERROR,
)
VERSION_DISAGREES = _rule(
    "version-disagrees",
    "The version is the same wherever it is written",
    "The index takes the version from the built metadata; a second one elsewhere misleads "
    "whoever reads it, and the tool that raises versions.",
    "Write the version in one place and let the others read it.",
)
VERSION_FOREIGN = _rule(
    "version-for-other-backend",
    "No table sets the version for another backend",
    "A backend reads its own tables only. A version, or a way to find it, in the table of another "
    "one has no effect.",
    "Remove the table, or use the backend it belongs to.",
)
VERSION_SOURCE = _rule(
    "version-source-missing",
    "The dynamic version has a source",
    "`project.dynamic` lists the version, and nothing tells the backend where to find it: the "
    "build fails, or makes version 0.0.0.",
    "Say where the version is to be found, or write `project.version`.",
    severity=Severity.ERROR,
)
CLASSIFIERS_PYTHON = _rule(
    "classifier-contradicts-python",
    "Classifiers and requires-python agree",
    "Installers go by `requires-python`; people and search go by the classifiers.",
    "Remove the classifier, or widen `project.requires-python`.",
)
LICENSE_CLASSIFIER = _rule(
    "license-classifier",
    "The licence is stated once",
    "A licence classifier beside an SPDX expression in `project.license` is superseded; several "
    "backends refuse to build with both.",
    "Remove the `License ::` classifiers.",
    link="https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression",
)
LICENSE_FILE = _rule(
    "license-file-missing",
    "The licence files are there",
    "A backend refuses a `license-files` pattern that matches nothing, or leaves the licence out.",
    "Correct `project.license-files`, or add the file.",
)
INSTALL_HOOK = _rule(
    "install-hook",
    "setup.py does nothing at installation",
    "pip installs wheels, and a wheel runs no code of setup.py: such a hook never runs for those "
    "who install from PyPI.",
    "Do that work at build time, or in a console script that people run.",
    link="https://packaging.python.org/en/latest/discussions/setup-py-deprecated/",
)
MANIFEST = _rule(
    "manifest-missing",
    "MANIFEST.in names files that are there",
    "setuptools only warns about a pattern that matches nothing, and the sdist lacks the file.",
    "Correct the line in MANIFEST.in.",
    link="https://setuptools.pypa.io/en/latest/userguide/miscellaneous.html",
)
METADATA_AHEAD = _rule(
    "metadata-version-ahead",
    "The backend writes a metadata version that PyPI takes",
    "PyPI takes core metadata up to version 2.5 and refuses every file with a later one.",
    "Use an older version of the backend, or do without the newer field.",
    severity=Severity.ERROR,
    link="https://packaging.python.org/en/latest/specifications/core-metadata/",
)
README_OTHER = _rule(
    "readme-other-project",
    "The README installs this project",
    "People paste the line from the project's page; under another name they get nothing, or "
    "somebody else's project.",
    "Write this project's name in the line.",
)
README_MISSING = _rule(
    "readme-missing",
    "The README is there",
    "The README becomes the project's page. Some backends fail without the file, setuptools "
    "leaves the page empty.",
    "Correct `project.readme`, or write the file.",
    severity=Severity.ERROR,
)
SETUPTOOLS_OLD = _rule(
    "sdist-name-by-old-setuptools",
    "The build's setuptools names the sdist as PyPI wants it",
    "PyPI refuses an sdist whose name is not normalised, and takes the wheel: half a release. "
    "setuptools writes the normalised name since 69.3.",
    "Let `build-system.requires` have setuptools>=69.3.",
    severity=Severity.ERROR,
    link="https://peps.python.org/pep-0625/",
)

RULES = (
    SCHEMA,
    VERSION_DISAGREES,
    VERSION_FOREIGN,
    VERSION_SOURCE,
    CLASSIFIERS_PYTHON,
    LICENSE_CLASSIFIER,
    LICENSE_FILE,
    INSTALL_HOOK,
    MANIFEST,
    METADATA_AHEAD,
    README_OTHER,
    README_MISSING,
    SETUPTOOLS_OLD,
)

# --- the tree as a value --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """The files of a project: all `names`, and the `texts` of those that rules read.

    Paths are relative to the project with `/`; `prefix` leads from the repository's root to it.
    `complete` is false where the tree was too large to be walked to its end.
    """

    texts: Mapping[str, str]
    names: frozenset[str] = frozenset()
    prefix: str = ""
    complete: bool = True
    repository: str = ""


def named_files(project: Project) -> tuple[str, ...]:
    """The files that pyproject.toml names and rules here read."""
    tool = _mapping(project.pyproject.get("tool"))
    dynamic = _mapping(_mapping(tool.get("setuptools")).get("dynamic"))
    tables = [_mapping(value) for value in dynamic.values()]
    tables += [_mapping(value) for value in _mapping(dynamic.get("optional-dependencies")).values()]
    names: list[object] = [readme_path(project)]
    for table in tables:
        files = table.get("file", [])
        names += [files] if isinstance(files, str) else [item for _, item in _texts(files)]
        attribute = table.get("attr")
        names += _attribute_files(attribute) if isinstance(attribute, str) else []
    names.append(_mapping(_mapping(tool.get("hatch")).get("version")).get("path"))
    names.append(_mapping(_mapping(tool.get("pdm")).get("version")).get("path"))
    return tuple(posixpath.normpath(name) for name in names if isinstance(name, str) and name)


def _attribute_files(attribute: str) -> list[str]:
    """Where setuptools may find the module of `attr = "package.module.NAME"`."""
    path = attribute.rpartition(".")[0].replace(".", "/")
    return [
        f"{prefix}{path}{suffix}" for prefix in ("", "src/") for suffix in (".py", "/__init__.py")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What every rule here is handed."""

    project: Project
    tree: SourceTree
    lines: Lines
    entries: tuple[_Entry, ...] = ()

    @property
    def table(self) -> Mapping[str, Any]:
        return _mapping(self.project.pyproject.get("project"))

    @property
    def tool(self) -> Mapping[str, Any]:
        return _mapping(self.project.pyproject.get("tool"))

    @property
    def backend(self) -> str:
        """The backend's distribution name, or the module it is called by."""
        module = re.split(r"[.:]", self.project.build_backend)[0]
        return _BACKENDS.get(module, module)

    @property
    def build_requires(self) -> frozenset[str]:
        return frozenset(
            name for text in self.project.build_requires if (name := _requirement_name(text))
        )

    def at(self, *path: str | int) -> Location:
        """Where `path` stands in pyproject.toml."""
        return Location(
            file=f"{self.tree.prefix}{PYPROJECT}",
            key=".".join(_quoted(part) for part in path if isinstance(part, str)),
            line=self.lines.of(*path),
        )

    def in_file(self, name: str, line: int | None = None, key: str = "") -> Location:
        return Location(file=f"{self.tree.prefix}{name}", key=key, line=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One value that becomes one metadata field of an upload."""

    field: str
    value: str
    where: Location
    shown: str = ""


def _quoted(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[tuple[int, str]]:
    """The strings of a list, with their places."""
    if not isinstance(value, list):
        return []
    return [(number, item) for number, item in enumerate(value) if isinstance(item, str)]


def _requirement_name(text: str) -> str:
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return ""


# --- entry ----------------------------------------------------------------------------------------


def check_source(project: Project, tree: SourceTree) -> tuple[Result, ...]:
    """Every rule of this module and, at this distance, of `checks.upload` over one project."""
    source = _Source(project=project, tree=tree, lines=find_lines(tree.texts.get(PYPROJECT, "")))
    source = replace(source, entries=tuple(_entries(source)))
    results: list[Result] = []
    found: set[tuple[str, Location | None]] = set()
    for slug, title, detail, rule in _GROUPS:
        findings = [finding for finding in rule(source) if (finding.id, finding.where) not in found]
        found.update((finding.id, finding.where) for finding in findings)
        results.extend(findings)
        if not findings:
            said = detail(source)
            if said is not None:
                results.append(Passed(id=slug, subject="project", title=title, detail=said))
    results.extend(_schema(source, results))
    return tuple(results)


# --- PyPI's rules, entry by entry -----------------------------------------------------------------


def _entries(source: _Source) -> Iterator[_Entry]:
    table = source.table
    if table:
        yield from _project_entries(source, table)
    yield from _poetry_entries(source, _mapping(source.tool.get("poetry")))


def _project_entries(source: _Source, table: Mapping[str, Any]) -> Iterator[_Entry]:
    at = source.at
    for key, name in (("description", "summary"), ("requires-python", "requires_python")):
        if isinstance(table.get(key), str):
            yield _Entry(field=name, value=table[key], where=at("project", key))
    if isinstance(table.get("license"), str):
        yield _Entry(
            field="license_expression", value=table["license"], where=at("project", "license")
        )
    for key, name in (
        ("classifiers", "classifiers"),
        ("dependencies", "requires_dist"),
        ("import-names", "import_name"),
        ("import-namespaces", "import_namespace"),
    ):
        for number, item in _texts(table.get(key)):
            yield _Entry(field=name, value=item, where=at("project", key, number))
    for extra, requirements in _mapping(table.get("optional-dependencies")).items():
        path = ("project", "optional-dependencies", extra)
        yield _Entry(field="provides_extra", value=extra, where=at(*path))
        for number, item in _texts(requirements):
            yield _Entry(field="requires_dist", value=item, where=at(*path, number))
    for label, url in _mapping(table.get("urls")).items():
        if isinstance(url, str):
            yield _Entry(
                field="project_urls",
                value=f"{label}, {url}",
                where=at("project", "urls", label),
            )
    for key, name in (("authors", "author_email"), ("maintainers", "maintainer_email")):
        yield from _people(source, table.get(key), key, name)
    yield from _dynamic_dependencies(source)


def _people(source: _Source, people: object, key: str, name: str) -> Iterator[_Entry]:
    """The first address only: PyPI looks at no other (`email.utils.parseaddr`)."""
    if not isinstance(people, list):
        return
    for number, person in enumerate(people):
        address = person.get("email") if isinstance(person, dict) else None
        if isinstance(address, str):
            shown = person.get("name")
            value = _mailbox(shown if isinstance(shown, str) else "", address)
            yield _Entry(field=name, value=value, where=source.at("project", key, number, "email"))
            return


def _mailbox(name: str, address: str) -> str:
    """A name and an address as the backends join them."""
    if not name:
        return address
    try:
        return str(Address(name, addr_spec=address))
    except ValueError:
        return f"{name} <{address}>"
    except Exception:  # noqa: BLE001 - the email parser raises its own kinds, IndexError too
        return f"{name} <{address}>"


def _dynamic_dependencies(source: _Source) -> Iterator[_Entry]:
    """Dependencies that setuptools reads from files."""
    dynamic = _mapping(_mapping(source.tool.get("setuptools")).get("dynamic"))
    tables = [dynamic.get("dependencies")]
    tables += list(_mapping(dynamic.get("optional-dependencies")).values())
    for table in tables:
        files = _mapping(table).get("file", [])
        for name in [files] if isinstance(files, str) else [item for _, item in _texts(files)]:
            for number, line in enumerate(source.tree.texts.get(name, "").splitlines(), 1):
                text = line.split(" #")[0].strip()
                if text and not text.startswith("#"):
                    yield _Entry(
                        field="requires_dist", value=text, where=source.in_file(name, number)
                    )


def _poetry_entries(source: _Source, poetry: Mapping[str, Any]) -> Iterator[_Entry]:
    """`[tool.poetry]`, as poetry-core turns it into metadata where `[project]` does not."""
    if source.backend != "poetry-core":
        return
    at, table = source.at, source.table
    if not table:
        if isinstance(poetry.get("description"), str):
            yield _Entry(
                field="summary",
                value=poetry["description"],
                where=at("tool", "poetry", "description"),
            )
        for number, item in _texts(poetry.get("classifiers")):
            yield _Entry(
                field="classifiers", value=item, where=at("tool", "poetry", "classifiers", number)
            )
        for label in ("homepage", "repository", "documentation"):
            if isinstance(poetry.get(label), str):
                yield _Entry(
                    field="project_urls",
                    value=f"{label.title()}, {poetry[label]}",
                    where=at("tool", "poetry", label),
                )
        for label, url in _mapping(poetry.get("urls")).items():
            if isinstance(url, str):
                yield _Entry(
                    field="project_urls",
                    value=f"{label}, {url}",
                    where=at("tool", "poetry", "urls", label),
                )
        for number, author in _texts(poetry.get("authors"))[:1]:
            if "<" in author:
                yield _Entry(
                    field="author_email",
                    value=author,
                    where=at("tool", "poetry", "authors", number),
                )
    if "dependencies" in table:
        return
    for name, constraint in _mapping(poetry.get("dependencies")).items():
        for one in constraint if isinstance(constraint, list) else [constraint]:
            for kind, form in (("git", "git+{}"), ("url", "{}"), ("path", "file:///{}")):
                if isinstance(_mapping(one).get(kind), str):
                    yield _Entry(
                        field="requires_dist",
                        value=f"{name} @ {form.format(one[kind])}",
                        where=at("tool", "poetry", "dependencies", name),
                    )


_KINDS = {
    "text": ("summary", "author_email", "maintainer_email", "project_urls"),
    "classifiers": ("classifiers",),
    "dependencies": ("requires_dist", "requires_python", "provides_extra"),
    "licence": ("license_expression",),
    "imports": ("import_name", "import_namespace"),
}


def _refused(source: _Source, kind: str) -> Iterator[Finding]:
    """PyPI's refusals of the entries of one kind, one entry at a time."""
    for entry in source.entries:
        if entry.field in _KINDS[kind]:
            yield from _entry_findings(source, entry)


def _entry_findings(source: _Source, entry: _Entry) -> Iterator[Finding]:
    value = entry.value
    if entry.field == "summary" and "\n" in value.strip() and source.backend != "flit-core":
        # The other backends join the lines or keep the first.
        yield from _of_upload(
            "summary-one-line",
            "The description has several lines; the build keeps one.",
            entry.where,
            severity=Severity.WARNING,
        )
        value = " ".join(value.split())
    if entry.field == "provides_extra" and source.backend != "flit-core":
        value = canonicalize_name(value)
    form = {
        "metadata_version": ("2.5",),
        "name": (source.project.name,),
        "version": ("1",),
        entry.field: (value,),
    }
    for refusal in upload.metadata_refusals(form, upload.Site()):
        yield from _of_upload(
            refusal.rule, _said(refusal.rule, entry), entry.where, refusal=refusal.text
        )


_SAID = {
    "direct-dependency": "The dependency `{value}` points at an address; PyPI takes names only.",
    "requires-dist-syntax": "`{value}` is not a valid dependency.",
    "requires-python-syntax": "`{value}` is not a valid set of Python versions.",
    "provides-extra-name": "`{value}` is not a valid name for an extra.",
    "classifier-unknown": "There is no classifier `{value}`.",
    "classifier-deprecated": "The classifier `{value}` is deprecated.",
    "license-expression-invalid": "`{value}` is not a valid SPDX licence expression.",
    "author-email": "`{value}` is not a valid e-mail address.",
    "maintainer-email": "`{value}` is not a valid e-mail address.",
    "project-url-label": "The label of `{value}` is missing or longer than 32 characters.",
    "project-url-url": "`{value}` has no valid http:// or https:// address.",
    "summary-length": "The description is longer than 512 characters.",
    "summary-one-line": "The description has several lines.",
    "import-name": "`{value}` is not a name that can be imported.",
}


def _said(rule: str, entry: _Entry) -> str:
    value = entry.value if len(entry.value) <= 120 else f"{entry.value[:119]}…"
    form = _SAID.get(rule, "PyPI would refuse `{value}`.")
    return form.format(value=" ".join(value.split()))


_UPLOAD_RULES = {rule.id: rule for rule in RULES_ON_FILES}  # the same ids at this distance


def _of_upload(
    slug: str,
    message: str,
    where: Location,
    *,
    fix: str = "",
    severity: Severity | None = None,
    refusal: str = "",
) -> Iterator[Finding]:
    """A finding of one of `checks.upload`'s rules, shown as a matter of the project."""
    rule = _UPLOAD_RULES.get(slug)
    if rule is not None:
        found = find(rule, message, where=where, fix=fix, severity=severity, refusal=refusal)
        yield replace(found, subject="project")


# --- name and version -----------------------------------------------------------------------------


def _name_path(source: _Source) -> tuple[str, ...]:
    return ("project", "name") if source.table else ("tool", "poetry", "name")


def _name(source: _Source) -> Iterator[Finding]:
    name = source.project.name
    for refusal in upload.name_refusals(name, (), upload.Site()):
        said = {
            "name-stdlib": f"`{name}` is the name of a module of Python's standard library.",
        }.get(refusal.rule, f"PyPI does not take `{name}` as a name.")
        yield from _of_upload(
            refusal.rule,
            said,
            source.at(*_name_path(source)),
            severity=Severity.WARNING if is_old_name(refusal) else None,
            refusal=refusal.text,
        )


def _local_version(source: _Source) -> Iterator[Finding]:
    text = source.project.version
    version = _version(text)
    if version is None or version.local is None:
        return
    form = {"metadata_version": ("2.1",), "name": ("x",), "version": (str(text),)}
    path = ("project", "version") if source.table else ("tool", "poetry", "version")
    for refusal in upload.metadata_refusals(form, upload.Site()):
        yield from _of_upload(
            refusal.rule,
            f"`{text}` has the local part `+{version.local}`.",
            source.at(*path),
            fix=f"Release `{version.public}`.",
            refusal=refusal.text,
        )


def _version(text: object) -> Version | None:
    try:
        return Version(text) if isinstance(text, str) else None
    except InvalidVersion:
        return None


def _versions(source: _Source) -> Iterator[Finding]:
    yield from _local_version(source)
    yield from _version_source(source)
    yield from _foreign_version(source)
    yield from _disagreeing(source)


def _is_dynamic(source: _Source) -> bool:
    return "version" in source.project.dynamic


_VCS = frozenset(
    {"setuptools-scm", "hatch-vcs", "versioningit", "setuptools-git-versioning", "versioneer"}
    | {"poetry-dynamic-versioning", "uv-dynamic-versioning", "vcs-versioning", "dunamai"}
    | {"setuptools-scm-git-archive", "setuptools-git", "setuptools-vcs-version", "setupmeta"}
    | {"incremental", "pbr", "hatch-regex-commit", "hatch-nodejs-version"}
)


def _version_source(source: _Source) -> Iterator[Finding]:
    """A dynamic version that the backend has no way to find."""
    if not _is_dynamic(source):
        return
    where = source.at("project", "dynamic")
    tool, requires = source.tool, source.build_requires
    if "setuptools_scm" in tool and source.backend == "setuptools":
        if not requires & {"setuptools-scm", "vcs-versioning"}:
            yield find(
                VERSION_SOURCE,
                "`[tool.setuptools_scm]` has no effect: `build-system.requires` lacks "
                "setuptools-scm.",
                where=source.at("tool", "setuptools_scm"),
                fix='Add "setuptools-scm" to `build-system.requires`.',
            )
        return
    if source.backend == "hatchling":
        version = _mapping(_mapping(tool.get("hatch")).get("version"))
        plugin = {"vcs": "hatch-vcs"}.get(str(version.get("source", "")))
        if plugin and plugin not in requires:
            yield find(
                VERSION_SOURCE,
                f"`tool.hatch.version.source` is `{version['source']}`, and "
                f"`build-system.requires` lacks {plugin}.",
                where=source.at("tool", "hatch", "version", "source"),
                fix=f'Add "{plugin}" to `build-system.requires`.',
            )
        elif not version and not _has_hatch_hook(tool) and not requires & _VCS:
            yield find(
                VERSION_SOURCE,
                "The version is dynamic, and `[tool.hatch.version]` does not say where it is.",
                where=where,
            )
        path = version.get("path")
        if isinstance(path, str) and source.tree.complete and path not in source.tree.names:
            yield find(
                VERSION_SOURCE,
                f"`tool.hatch.version.path` names `{path}`, which is not there.",
                where=source.at("tool", "hatch", "version", "path"),
            )
    if source.backend == "setuptools":
        dynamic = _mapping(_mapping(tool.get("setuptools")).get("dynamic"))
        has_other = {"setup.py", "setup.cfg"} & source.tree.names
        if "version" not in dynamic and not has_other and requires <= {"setuptools", "wheel"}:
            yield find(
                VERSION_SOURCE,
                "The version is dynamic, and `[tool.setuptools.dynamic]` does not say where it is: "
                "the build would make 0.0.0.",
                where=where,
            )


def _has_hatch_hook(tool: Mapping[str, Any]) -> bool:
    return "hooks" in _mapping(_mapping(tool.get("hatch")).get("metadata"))


_OWNERS: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (("setuptools", "dynamic", "version"), frozenset({"setuptools"})),
    (("hatch", "version"), frozenset({"hatchling"})),
    (("pdm", "version"), frozenset({"pdm-backend"})),
    (("setuptools_scm",), frozenset({"setuptools", "hatchling", "scikit-build-core"})),
    (("scikit-build", "metadata", "version"), frozenset({"scikit-build-core"})),
    (("flit", "metadata", "version"), frozenset({"flit-core"})),
)


def _foreign_version(source: _Source) -> Iterator[Finding]:
    if source.backend not in _BACKENDS.values():
        return  # a backend of the project's own may read anything
    for path, owners in _OWNERS:
        held: object = source.tool
        for key in path:
            held = _mapping(held).get(key)
        if held is None or source.backend in owners:
            continue
        name = ".".join(path)
        if name == "setuptools_scm" and source.build_requires & _VCS:
            continue
        yield find(
            VERSION_FOREIGN,
            f"`tool.{name}` is not read by {source.backend}, the backend in `build-system`.",
            where=source.at("tool", *path),
        )
    poetry = _mapping(source.tool.get("poetry"))
    if source.table and "version" in poetry and source.backend != "poetry-core":
        yield find(
            VERSION_FOREIGN,
            f"`tool.poetry.version` is not read by {source.backend}, the backend in "
            "`build-system`.",
            where=source.at("tool", "poetry", "version"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A version that stands somewhere."""

    version: str
    where: Location
    name: str


def _disagreeing(source: _Source) -> Iterator[Finding]:
    written = list(_written(source))
    declared = next(iter(written), None)
    if declared is None or (_is_dynamic(source) and declared.name != "dynamic"):
        return
    for other in written[1:]:
        if _version(other.version) != _version(declared.version):
            yield find(
                VERSION_DISAGREES,
                f"{other.name} says {other.version}, {_called(declared)} says {declared.version}.",
                where=other.where,
            )


def _called(written: _Written) -> str:
    return str(written.where) if written.name == "dynamic" else written.name


def _written(source: _Source) -> Iterator[_Written]:
    """Every place that states the version; the one the backend goes by comes first."""
    table, tool = source.table, source.tool
    poetry = _mapping(tool.get("poetry"))
    modules = list(_module_versions(source))
    if _version(table.get("version")):
        yield _Written(
            version=table["version"], where=source.at("project", "version"), name="project.version"
        )
    elif not table and _version(poetry.get("version")) and source.project.version:
        yield _Written(
            version=poetry["version"],
            where=source.at("tool", "poetry", "version"),
            name="tool.poetry.version",
        )
    else:
        chosen = _dynamic_version(source)
        if chosen is None:
            return
        modules = [item for item in modules if item.where != chosen.where]
        yield replace(chosen, name="dynamic")
    yield from modules
    for path_, key in (
        (("commitizen",), "version"),
        (("bumpversion",), "current_version"),
        (("bumpver",), "current_version"),
        (("tbump", "version"), "current"),
        (("poetry",), "version"),
    ):
        held: object = tool
        for part in path_:
            held = _mapping(held).get(part)
        value = _mapping(held).get(key)
        if path_ == ("poetry",) and (not table or source.backend != "poetry-core"):
            continue
        if _version(value):
            name = ".".join(("tool", *path_, key))
            yield _Written(
                version=str(value), where=source.at("tool", *path_, key), name=f"`{name}`"
            )
    yield from _setup_versions(source)


def declared_version(project: Project, tree: SourceTree) -> str | None:
    """The version that a build would make, where files alone tell: `None` where git does."""
    if project.version is not None:
        return project.version
    found = _dynamic_version(_Source(project=project, tree=tree, lines=Lines()))
    return found.version if found else None


def _dynamic_version(source: _Source) -> _Written | None:
    """The version in the file that the backend is told to read it from."""
    tool = source.tool
    if source.backend == "flit-core":
        return next(_module_versions(source), None)
    if source.backend == "hatchling":
        table = _mapping(_mapping(tool.get("hatch")).get("version"))
        if table.get("source", "regex") != "regex":
            return None
        return _version_in(source, [table.get("path")], "__version__|VERSION")
    if source.backend == "pdm-backend":
        table = _mapping(_mapping(tool.get("pdm")).get("version"))
        if table.get("source") != "file":
            return None
        return _version_in(source, [table.get("path")], "__version__")
    if source.backend == "setuptools":
        dynamic = _mapping(_mapping(tool.get("setuptools")).get("dynamic"))
        table = _mapping(dynamic.get("version"))
        attribute, file = table.get("attr"), table.get("file")
        if isinstance(attribute, str):
            name = attribute.rpartition(".")[2]
            return _version_in(source, _attribute_files(attribute), re.escape(name))
        text = source.tree.texts.get(file, "").strip() if isinstance(file, str) else ""
        if isinstance(file, str) and _version(text):
            return _Written(version=text, where=source.in_file(file, 1), name=f"`{file}`")
    return None


def _version_in(source: _Source, paths: Sequence[object], names: str) -> _Written | None:
    """The version that one of the files assigns to one of the names."""
    for path in paths:
        text = source.tree.texts.get(posixpath.normpath(path)) if isinstance(path, str) else None
        for target, value, line in _string_constants(text or ""):
            if re.fullmatch(names, target) and _version(value):
                place = source.in_file(posixpath.normpath(str(path)), line, target)
                return _Written(version=value, where=place, name=f"`{target}` in `{path}`")
    return None


VERSION_FILES = ("__init__.py", "__about__.py", "_version.py", "version.py", "__version__.py")


def _module_versions(source: _Source) -> Iterator[_Written]:
    """`__version__` in the project's own package, where it is a plain string."""
    folders = package_folders(source.project, source.tree.names)
    for folder in folders:
        for name in VERSION_FILES:
            path = f"{folder}/{name}"
            text = source.tree.texts.get(path)
            if text is None:
                continue
            for target, value, line in _string_constants(text):
                if target in ("__version__", "VERSION", "version") and _version(value):
                    if target != "__version__" and name == "__init__.py":
                        continue
                    yield _Written(
                        version=value,
                        where=source.in_file(path, line, target),
                        name=f"`{target}` in `{path}`",
                    )
                    break


def package_folders(project: Project, names: Iterable[str]) -> tuple[str, ...]:
    """The folders that hold the project's import package, by its name or as the only one."""
    found = {
        posixpath.dirname(name)
        for name in names
        if name.endswith("/__init__.py") and name.count("/") <= 4
    }
    stem = project.normalized_name.replace("-", "_")
    wanted = {stem, stem.replace("_", "/"), stem.replace("_", "")}
    matching = {
        folder
        for folder in found
        if re.sub(r"^(src|lib|python)/", "", folder).lower() in wanted
        or re.sub(r"^(src|lib|python)/", "", folder).lower().replace("/", "_") == stem
    }
    if matching:
        return tuple(sorted(matching))
    inside = {folder for folder in found if re.fullmatch(r"(src|lib)/[^/]+", folder)}
    return tuple(inside) if len(inside) == 1 else ()


def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _string_constants(text: str) -> Iterator[tuple[str, str, int]]:
    """Plain module-level `NAME = "text"` assignments, with their lines."""
    tree = _parse(text)
    for node in tree.body if tree else ():
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value.value, node.lineno


def _setup_versions(source: _Source) -> Iterator[_Written]:
    for call in _setup_calls(source):
        for keyword in call.keywords:
            value = keyword.value
            if (
                keyword.arg == "version"
                and isinstance(value, ast.Constant)
                and _version(value.value)
            ):
                yield _Written(
                    version=str(value.value),
                    where=source.in_file("setup.py", value.lineno, "version"),
                    name="`version` in `setup.py`",
                )
    for section, key, value_text, line in ini_values(source.tree.texts.get("setup.cfg", "")):
        is_version = (section, key) in (("metadata", "version"), ("bumpversion", "current_version"))
        if is_version and _version(value_text):
            yield _Written(
                version=value_text,
                where=source.in_file("setup.cfg", line, f"{section}.{key}"),
                name=f"`{key}` in `setup.cfg`",
            )
    for section, key, value_text, line in ini_values(source.tree.texts.get(".bumpversion.cfg", "")):
        if (section, key) == ("bumpversion", "current_version") and _version(value_text):
            yield _Written(
                version=value_text,
                where=source.in_file(".bumpversion.cfg", line, key),
                name="`current_version` in `.bumpversion.cfg`",
            )


def ini_values(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Section, key, one-line value and line of an ini file; `configparser` tells no lines."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1].strip()
        elif stripped and line[0] not in " \t#;" and ("=" in line or ":" in line):
            cut = min(at for at in (line.find("="), line.find(":")) if at >= 0)
            yield section, line[:cut].strip().lower(), line[cut + 1 :].strip(), number


# --- classifiers, licence -------------------------------------------------------------------------


def _classifiers(source: _Source) -> Iterator[Finding]:
    yield from _refused(source, "classifiers")
    specifier = _specifier(source.project.requires_python)
    if specifier is None:
        return
    for entry in source.entries:
        if entry.field == "classifiers" and not _has_python(entry.value, specifier):
            version = entry.value.split(" :: ")[2]
            yield find(
                CLASSIFIERS_PYTHON,
                f"A classifier says Python {version}, `project.requires-python` is "
                f"`{source.project.requires_python}`.",
                where=entry.where,
                fix=f"Remove `{entry.value}`, or widen `project.requires-python`.",
            )


def _specifier(text: str | None) -> SpecifierSet | None:
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None


def _has_python(classifier: str, specifier: SpecifierSet) -> bool:
    """Whether some release of the Python that the classifier names is in the specifier."""
    found = re.fullmatch(
        r"Programming Language :: Python :: (\d)(?:\.(\d+))?(?: :: Only)?", classifier
    )
    if not found:
        return True
    minors = [int(found[2])] if found[2] else range(40 if found[1] == "3" else 8)
    return any(
        specifier.contains(f"{found[1]}.{minor}.{micro}", prereleases=True)
        for minor in minors
        for micro in range(30 if found[2] else 2)
    )


_REFUSING_BOTH = frozenset(
    {"setuptools", "flit-core", "pdm-backend", "scikit-build-core", "meson-python"}
)


def _licence(source: _Source) -> Iterator[Finding]:
    yield from _refused(source, "licence")
    if isinstance(source.table.get("license"), str):
        for entry in source.entries:
            if entry.field == "classifiers" and entry.value.startswith("License :: "):
                refuses = source.backend in _REFUSING_BOTH
                yield find(
                    LICENSE_CLASSIFIER,
                    f"`{entry.value}` stands beside `project.license = "
                    f'"{source.table["license"]}"`'
                    + (f"; {source.backend} refuses to build with both." if refuses else "."),
                    where=entry.where,
                    fix="Remove the classifier.",
                    severity=Severity.ERROR if refuses else Severity.WARNING,
                )
    for number, pattern in _texts(source.table.get("license-files")):
        if source.tree.complete and not _any_match(source.tree.names, pattern):
            yield find(
                LICENSE_FILE,
                f"No file matches `{pattern}`.",
                where=source.at("project", "license-files", number),
            )
    license_file = _mapping(source.table.get("license")).get("file")
    if isinstance(license_file, str) and _is_absent(source, license_file):
        yield find(
            LICENSE_FILE,
            f"`{license_file}` is not there.",
            where=source.at("project", "license", "file"),
            severity=Severity.ERROR,
        )


def _is_absent(source: _Source, path: str) -> bool:
    return source.tree.complete and posixpath.normpath(path) not in source.tree.names


def _any_match(names: Iterable[str], pattern: str) -> bool:
    """Whether a file matches a glob in which `**` spans folders."""
    translated = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, "")
        or (part if part.startswith("[") else re.escape(part))
        for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|[^*?\[]+|\[", pattern)
    )
    expression = re.compile(translated)
    return any(expression.fullmatch(name) for name in names)


# --- README ---------------------------------------------------------------------------------------


def readme_path(project: Project) -> str | None:
    """The README that becomes the project's page, as pyproject.toml names it."""
    if project.readme:
        return project.readme
    poetry = _mapping(_mapping(project.pyproject.get("tool")).get("poetry")).get("readme")
    if isinstance(poetry, list):
        return next((item for item in poetry if isinstance(item, str)), None)
    return poetry if isinstance(poetry, str) else None


def _readme(source: _Source) -> Iterator[Finding]:
    path = readme_path(source.project)
    if path is None:
        if "readme" not in source.project.dynamic and "readme" not in source.table:
            there = sorted(
                name
                for name in source.tree.names
                if re.fullmatch(r"readme(\.(md|rst|txt))?", name, re.IGNORECASE)
            )
            if there and source.table:
                yield find(
                    README_MISSING,
                    f"`project.readme` is not set, so `{there[0]}` will not be on the project's "
                    "page.",
                    where=source.at("project"),
                    fix=f'Add: readme = "{there[0]}"',
                    severity=Severity.WARNING,
                )
        return
    if _is_absent(source, path):
        key = ("project", "readme") if source.table else ("tool", "poetry", "readme")
        yield find(README_MISSING, f"`{path}` is not there.", where=source.at(*key))
        return
    yield from _foreign_install_line(source, path)


_INSTALL = re.compile(
    r"(?:\bpip[23x]?|\bpip3\.\d+|\buv tool|\buv pip|\bpython\d? -m pip) install\s+(?P<what>[^`\n]+)"
    r"|\b(?:uv|poetry|pdm|rye) add\s+(?P<added>[^`\n]+)"
)
_TAKES_VALUE = frozenset({"-r", "-c", "-i", "-f", "-t", "--index-url", "--extra-index-url"})


def installed_names(text: str) -> Iterator[tuple[str, int]]:
    """The projects that a README's install lines name, with their lines."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _INSTALL.finditer(line):
            what = re.split(r"&&|\|\||[;|#<]|\s\(|\.\s", found["what"] or found["added"])[0]
            words = iter(what.split())
            for word in words:
                bare = word.strip("\"'*,.:()")
                if word in _TAKES_VALUE:
                    next(words, None)
                elif word.startswith("-"):
                    continue
                elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?([=<>!~].*)?", bare):
                    name = re.split(r"[\[=<>!~]", bare)[0]
                    if name and not re.search(r"\.(whl|txt|toml|gz|zip)$", name):
                        yield name, number


def _foreign_install_line(source: _Source, path: str) -> Iterator[Finding]:
    own = source.project.normalized_name
    named = [
        (name, line)
        for name, line in installed_names(source.tree.texts.get(path, ""))
        if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name)
    ]
    if not named or any(canonicalize_name(name) == own for name, _ in named):
        return
    kin = {canonicalize_name(name) for name in _kin(source)}
    for name, line in named:
        other = canonicalize_name(name)
        alike = difflib.SequenceMatcher(None, own, other).ratio()
        if other in kin or alike >= 0.75:
            yield find(
                README_OTHER,
                f"It says to install `{name}`; this project is `{source.project.name}`.",
                where=source.in_file(path, line),
            )
            return


def _kin(source: _Source) -> Iterator[str]:
    """Names this project might be confused with: its repository's, its packages'."""
    if source.tree.repository:
        yield source.tree.repository
    for folder in package_folders(source.project, source.tree.names):
        yield posixpath.basename(folder)
    for _, url in source.project.urls:
        found = re.match(r"https://git(?:hub|lab)\.com/[^/]+/([^/#?]+)", url)
        if found:
            yield found[1].removesuffix(".git")


# --- the build ------------------------------------------------------------------------------------


def _setup_calls(source: _Source) -> Iterator[ast.Call]:
    tree = _parse(source.tree.texts.get("setup.py", ""))
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("setup", "setuptools.setup"):
                yield node


_HOOKS = ("install", "develop")


def _install_hooks(source: _Source) -> Iterator[Finding]:
    if source.backend != "setuptools":
        return
    tree = _parse(source.tree.texts.get("setup.py", ""))
    if tree is None:
        return
    tables: dict[str, ast.Dict] = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in _setup_calls(source):
        for keyword in call.keywords:
            if keyword.arg != "cmdclass":
                continue
            value = keyword.value
            given = tables.get(value.id) if isinstance(value, ast.Name) else value
            for key in given.keys if isinstance(given, ast.Dict) else ():
                if isinstance(key, ast.Constant) and key.value in _HOOKS:
                    yield find(
                        INSTALL_HOOK,
                        f"`cmdclass` replaces `{key.value}`, which never runs when a wheel is "
                        "installed.",
                        where=source.in_file("setup.py", key.lineno, "cmdclass"),
                    )


def _manifest(source: _Source) -> Iterator[Finding]:
    if source.backend != "setuptools" or not source.tree.complete:
        return
    names = source.tree.names
    text = source.tree.texts.get("MANIFEST.in", "").replace("\\\n", "  ")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if len(words) < 2:
            continue
        command, first, rest = words[0], words[1].rstrip("/"), words[2:]
        missing: list[str] = []
        if command == "include":
            missing = [word for word in words[1:] if not _any_match(names, word)]
        elif command == "graft":
            missing = [
                word
                for word in words[1:]
                if not any(_under(name, word.rstrip("/")) for name in names)
            ]
        elif command == "recursive-include":
            inside = [posixpath.basename(name) for name in names if _under(name, first)]
            if not inside:
                missing = [first]
            elif not any(fnmatch.filter(inside, pattern) for pattern in rest):
                missing = [" ".join([first, *rest])]
        for what in missing:
            yield find(
                MANIFEST,
                f"`{command} {what}` matches no file.",
                where=source.in_file("MANIFEST.in", number),
            )


def _under(name: str, folder: str) -> bool:
    if folder in (".", ""):
        return True
    depth = folder.count("/") + 1
    return (
        fnmatch.fnmatchcase("/".join(name.split("/")[:depth]), folder) and name.count("/") >= depth
    )


_TAKEN = tuple(Version(text) for text in ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"))
# pyproject-metadata writes 2.6 for a field that is both given and marked dynamic (PEP 808).
_DUAL_DYNAMIC = frozenset({"scikit-build-core"})


def _metadata_ahead(source: _Source) -> Iterator[Finding]:
    targets = _mapping(_mapping(_mapping(source.tool.get("hatch")).get("build")).get("targets"))
    for target, table in targets.items():
        wanted = _mapping(table).get("core-metadata-version")
        if source.backend == "hatchling" and _version(wanted) not in (None, *_TAKEN):
            yield find(
                METADATA_AHEAD,
                f"hatchling is told to write core metadata {wanted}.",
                where=source.at(
                    "tool", "hatch", "build", "targets", target, "core-metadata-version"
                ),
                fix="Remove the key, or write 2.4.",
            )
    both = [name for name in source.project.dynamic if name in source.table]
    if both and source.backend in _DUAL_DYNAMIC and "dynamic-metadata" in source.tool:
        names = ", ".join(f"`{name}`" for name in both)
        yield find(
            METADATA_AHEAD,
            f"{names}: both given and listed in `project.dynamic`. {source.backend} may then "
            "write core metadata 2.6 into the sdist.",
            where=source.at("project", "dynamic"),
            severity=Severity.WARNING,
            fix="Give the value, or list it as dynamic; not both.",
        )


def _old_setuptools(source: _Source) -> Iterator[Finding]:
    """A build requirement that allows only setuptools from before normalised sdist names."""
    if source.backend != "setuptools":
        return
    normal = source.project.normalized_name.replace("-", "_")
    if source.project.name == normal:
        return
    requires = _mapping(source.project.pyproject.get("build-system")).get("requires")
    for number, text in _texts(requires):
        if _requirement_name(text) != "setuptools":
            continue
        specifier = Requirement(text).specifier
        # The releases around the change, and one of each later series.
        later = ("69.3", "69.5.1", *(f"{major}.0.0" for major in range(70, 130)))
        if len(specifier) and not any(
            specifier.contains(one) for one in (*later, *_bounds(specifier))
        ):
            yield find(
                SETUPTOOLS_OLD,
                f"`{text}` names the sdist of `{source.project.name}` in a way PyPI refuses; it "
                f"should start with `{normal}-`.",
                where=source.at("build-system", "requires", number),
            )


def _bounds(specifier: SpecifierSet) -> Iterator[str]:
    """The versions that a specifier names, where they are from after the change."""
    for one in specifier:
        version = _version(one.version.removesuffix(".*"))
        if version is not None and version >= Version("69.3"):
            yield str(version)


def _build(source: _Source) -> Iterator[Finding]:
    yield from _metadata_ahead(source)
    yield from _old_setuptools(source)
    yield from _manifest(source)
    yield from _install_hooks(source)


def _entry_points(source: _Source) -> Iterator[Finding]:
    table = source.table
    groups: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [
        (("project", key), _mapping(table.get(key))) for key in ("scripts", "gui-scripts")
    ]
    if source.backend == "poetry-core" and not table:
        groups.append(
            (
                ("tool", "poetry", "scripts"),
                _mapping(_mapping(source.tool.get("poetry")).get("scripts")),
            )
        )
    for path, group in groups:
        for name in group:
            if not re.fullmatch(r"[\w.-]+", name):
                yield from _of_upload(
                    "wheel-entry-points",
                    f"`{name}` cannot be the name of a script: letters, digits, `_`, `.` and `-` "
                    "only.",
                    source.at(*path, name),
                )


# --- the table's own schema -----------------------------------------------------------------------

# Keys whose values have rules of their own above.
_JUDGED = frozenset(
    {"classifiers", "dependencies", "optional-dependencies", "requires-python", "urls", "license"}
)


def _schema(source: _Source, results: Sequence[Result]) -> Iterator[Finding]:
    """validate-pyproject's verdict, key by key, since it stops at the first."""
    from nox_release.checks.schema import schema_problems

    told = {
        getattr(result, "where", None) and (result.where.key, result.where.line)  # type: ignore[union-attr]
        for result in results
        if not isinstance(result, Passed)
    }
    for path, message in schema_problems(source.project.pyproject):
        where = source.at(*path)
        keys = {key for key, _ in filter(None, told)}
        if path[:1] == ("project",) and len(path) > 1 and where.key in keys:
            continue
        yield find(SCHEMA, message, where=where)


# --- the list -------------------------------------------------------------------------------------


def _count(source: _Source, name: str, word: str) -> str:
    number = sum(entry.field == name for entry in source.entries)
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


_GROUPS: tuple[
    tuple[
        str,
        str,
        Callable[[_Source], str | None],
        Callable[[_Source], Iterator[Finding]],
    ],
    ...,
] = (
    ("form-name", "The name can be used", lambda s: s.project.name, _name),
    (
        "version-disagrees",
        "The version is stated once",
        lambda s: s.project.version or f"found by {s.backend}",
        _versions,
    ),
    (
        "readme-missing",
        "The README will be the project's page",
        lambda s: readme_path(s.project),
        _readme,
    ),
    (
        "summary-length",
        "Description, people and links are as PyPI takes them",
        lambda s: _count(s, "project_urls", "link"),
        lambda s: _refused(s, "text"),
    ),
    (
        "classifier-unknown",
        "The classifiers exist and agree with requires-python",
        lambda s: _count(s, "classifiers", "classifier") or None,
        _classifiers,
    ),
    (
        "direct-dependency",
        "The dependencies can be published",
        lambda s: _count(s, "requires_dist", "dependency").replace("dependencys", "dependencies"),
        lambda s: _refused(s, "dependencies"),
    ),
    (
        "license-expression-invalid",
        "The licence is stated as PyPI takes it",
        lambda s: s.project.license,
        _licence,
    ),
    ("import-name", "The import names are names", lambda _: None, lambda s: _refused(s, "imports")),
    ("wheel-entry-points", "The scripts have names", lambda _: None, _entry_points),
    ("metadata-version-ahead", "The build is one that PyPI takes", lambda s: s.backend, _build),
)
