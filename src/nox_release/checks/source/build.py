"""What the files around pyproject.toml, the classifiers and the licence do to a build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.version import Version

from nox_release.checks.source.entries import refused
from nox_release.checks.source.rules import (
    CLASSIFIERS_PYTHON,
    LICENSE_CLASSIFIER,
    LICENSE_FILE,
    METADATA_AHEAD,
    PACKAGE_DATA,
    SETUPTOOLS_OLD,
)
from nox_release.checks.source.subject import (
    Source,
    any_match,
    is_absent,
    is_in_a_submodule,
    parsed_specifier,
    parsed_version,
    requirement_name,
    texts_of,
)
from nox_release.core.findings import Finding, Severity, find
from nox_release.project.toml import table_in

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


def classifiers(source: Source) -> Iterator[Finding]:
    yield from refused(source, "classifiers")
    specifier = parsed_specifier(source.project.requires_python)
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


def licence(source: Source) -> Iterator[Finding]:
    yield from refused(source, "licence")
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
    for number, pattern in texts_of(source.table.get("license-files")):
        elsewhere = not source.tree.complete or is_in_a_submodule(source, pattern)
        if not elsewhere and not any_match(source.tree.names, pattern):
            yield find(
                LICENSE_FILE,
                f"No file matches `{pattern}`.",
                where=source.at("project", "license-files", number),
            )
    license_file = table_in(source.table, "license").get("file")
    if isinstance(license_file, str) and is_absent(source, license_file):
        yield find(
            LICENSE_FILE,
            f"`{license_file}` is not there.",
            where=source.at("project", "license", "file"),
            # setuptools goes on, and leaves the licence out.
            severity=Severity.WARNING if source.backend == "setuptools" else Severity.ERROR,
        )


def _package_data(source: Source) -> Iterator[Finding]:
    """Files that `package-data` names by their whole path, and that no folder of that package has."""
    if source.backend != "setuptools" or not source.tree.complete:
        return
    tables = table_in(source.tool, "setuptools", "package-data")
    for package, patterns in tables.items():
        for number, pattern in texts_of(patterns):
            if package in ("", "*") or set("*?[") & set(pattern):
                continue
            wanted = f"{package.replace('.', '/')}/{pattern}"
            if not any(f"/{name}".endswith(f"/{wanted}") for name in source.tree.names):
                yield find(
                    PACKAGE_DATA,
                    f"There is no `{wanted}`.",
                    where=source.at("tool", "setuptools", "package-data", package, number),
                )


_TAKEN = tuple(Version(text) for text in ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"))


# pyproject-metadata writes 2.6 for a field that is both given and marked dynamic (PEP 808).
_DUAL_DYNAMIC = frozenset({"scikit-build-core"})


def _metadata_ahead(source: Source) -> Iterator[Finding]:
    targets = table_in(source.tool, "hatch", "build", "targets")
    for target, table in targets.items():
        wanted = table_in(table).get("core-metadata-version")
        if source.backend == "hatchling" and parsed_version(wanted) not in (None, *_TAKEN):
            yield find(
                METADATA_AHEAD,
                f"hatchling is configured to write core metadata {wanted}.",
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


def _old_setuptools(source: Source) -> Iterator[Finding]:
    """A build requirement that allows only setuptools from before normalised sdist names."""
    if source.backend != "setuptools":
        return
    normal = source.project.normalized_name.replace("-", "_")
    if source.project.name == normal:
        return
    requires = table_in(source.project.pyproject, "build-system").get("requires")
    for number, text in texts_of(requires):
        if requirement_name(text) != "setuptools":
            continue
        asked = Requirement(text)
        specifier = asked.specifier
        if asked.marker is not None and not asked.marker.evaluate():
            continue  # of another Python or system than any that builds today
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
        version = parsed_version(one.version.removesuffix(".*"))
        if version is not None and version >= Version("69.3"):
            yield str(version)


def build(source: Source) -> Iterator[Finding]:
    yield from _metadata_ahead(source)
    yield from _old_setuptools(source)
    yield from _package_data(source)
