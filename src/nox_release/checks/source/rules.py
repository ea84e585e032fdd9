"""The rules over a source tree, as data: what each asks, why, and the remedy."""

from __future__ import annotations

from nox_release.core.findings import Rule, Severity

_SPECIFICATION = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"


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
