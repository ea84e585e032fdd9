"""The rules over a source tree, as data: what each asks, why, and the remedy."""

from functools import partial

from nox_release.core.findings import Rule, Severity

_SPECIFICATION = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"


_rule = partial(Rule, subject="project", link=_SPECIFICATION)


SCHEMA = _rule(
    "pyproject-schema",
    Severity.ERROR,
    "pyproject.toml keeps to its specification",
    why="The build backend refuses a table it does not understand, or passes over it in silence.",
    remedy="Correct the named key.",
)


VERSION_DISAGREES = _rule(
    "version-disagrees",
    Severity.WARNING,
    "The version is the same wherever it is written",
    why="The index takes the version from the built metadata; a second one elsewhere misleads "
    "people, and the tool that raises versions.",
    remedy="Write the version in one place and let the others read it.",
)


LOCK_VERSION_STALE = _rule(
    "lock-version-stale",
    Severity.WARNING,
    "The lock file has the project's own version",
    why="`uv sync --locked` and `cargo build --locked` compare the line about the project itself; "
    "raising the version leaves it behind.",
    remedy="Write the version there, too: `nox -s prepare` does.",
    link="https://docs.astral.sh/uv/concepts/projects/sync/#checking-the-lockfile",
)


FRAGMENT_LEFT = _rule(
    "fragment-left",
    Severity.WARNING,
    "towncrier knows the type of every fragment",
    why="towncrier passes over a fragment of an unknown type, with exit status 0: its news is in no "
    "changelog.",
    remedy="Name the file NUMBER.TYPE.md, with a type of `[tool.towncrier]`.",
    link="https://towncrier.readthedocs.io/en/stable/tutorial.html",
)


CHANGELOG_UNPARSED = _rule(
    "changelog-unparsed",
    Severity.ADVICE,
    "The changelog can be given a section",
    why="`nox -s prepare` edits a changelog only where the same sections and one more are read from "
    "it afterwards.",
    remedy="Edit it yourself before a release, or put the newest part first.",
    link="https://keepachangelog.com/en/1.1.0/",
)


VERSION_FOREIGN = _rule(
    "version-for-other-backend",
    Severity.WARNING,
    "No table sets the version for another backend",
    why="A backend reads its own tables only. A version, or a way to find it, in the table of another "
    "one has no effect.",
    remedy="Remove the table, or use the backend it belongs to.",
)


VERSION_SOURCE = _rule(
    "version-source-missing",
    Severity.ERROR,
    "The dynamic version has a source",
    why="`project.dynamic` lists the version, and nothing tells the backend where to find it: the "
    "build fails, or makes version 0.0.0.",
    remedy="Say where the version is to be found, or write `project.version`.",
)


CLASSIFIERS_PYTHON = _rule(
    "classifier-contradicts-python",
    Severity.WARNING,
    "Classifiers and requires-python agree",
    why="Installers go by `requires-python`; people and search go by the classifiers.",
    remedy="Remove the classifier, or widen `project.requires-python`.",
)


LICENSE_CLASSIFIER = _rule(
    "license-classifier",
    Severity.WARNING,
    "The licence is stated once",
    why="A licence classifier beside an SPDX expression in `project.license` is superseded; several "
    "backends refuse to build with both.",
    remedy="Remove the `License ::` classifiers.",
    link="https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression",
)


LICENSE_FILE = _rule(
    "license-file-missing",
    Severity.WARNING,
    "The licence files are there",
    why="A backend refuses a `license-files` pattern that matches nothing, or leaves the licence out.",
    remedy="Correct `project.license-files`, or add the file.",
)


PACKAGE_DATA = _rule(
    "package-data-missing",
    Severity.ADVICE,
    "`package-data` names files that are there",
    why="setuptools says nothing of a pattern that matches nothing, and the file is left out.",
    remedy="Move the file there, or correct the name: it starts at the package's folder.",
    link="https://setuptools.pypa.io/en/latest/userguide/datafiles.html",
)


METADATA_AHEAD = _rule(
    "metadata-version-ahead",
    Severity.WARNING,
    "The backend writes a metadata version that PyPI takes",
    why="In August 2026 PyPI took core metadata up to version 2.5, and refused every file with a later "
    "one; it may take more by now.",
    remedy="Use an older version of the backend, or do without the newer field.",
    link="https://packaging.python.org/en/latest/specifications/core-metadata/",
)


README_OTHER = _rule(
    "readme-other-project",
    Severity.WARNING,
    "The README installs this project",
    why="People paste the line from the project's page; under another name they get nothing, or "
    "somebody else's project.",
    remedy="Write this project's name in the line.",
)


README_MISSING = _rule(
    "readme-missing",
    Severity.ERROR,
    "The README is there",
    why="The README becomes the project's page. Some backends fail without the file, setuptools "
    "leaves the page empty.",
    remedy="Correct `project.readme`, or write the file.",
)


SETUPTOOLS_OLD = _rule(
    "sdist-name-by-old-setuptools",
    Severity.ERROR,
    "The build's setuptools names the sdist as PyPI wants it",
    why="PyPI refuses an sdist whose name is not normalised, and takes the wheel: half a release. "
    "setuptools writes the normalised name since 69.3.",
    remedy="Let `build-system.requires` have setuptools>=69.3.",
    link="https://peps.python.org/pep-0625/",
)


RULES = (
    SCHEMA,
    VERSION_DISAGREES,
    LOCK_VERSION_STALE,
    FRAGMENT_LEFT,
    CHANGELOG_UNPARSED,
    VERSION_FOREIGN,
    VERSION_SOURCE,
    CLASSIFIERS_PYTHON,
    LICENSE_CLASSIFIER,
    LICENSE_FILE,
    METADATA_AHEAD,
    PACKAGE_DATA,
    README_OTHER,
    README_MISSING,
    SETUPTOOLS_OLD,
)
