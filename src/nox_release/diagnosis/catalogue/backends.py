"""Build backends and version plugins: setuptools, hatchling, flit, poetry, pdm, meson, scikit-build …"""

from nox_release.diagnosis.catalogue.tables import table

_st = table(
    tool="setuptools", link="https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html"
)
_hatch = table(tool="hatch", link="https://hatch.pypa.io/latest/config/build/")
_flit = table(tool="flit", link="https://flit.pypa.io/en/stable/pyproject_toml.html")
_poetry = table(tool="poetry", link="https://python-poetry.org/docs/pyproject/")
_pdm = table(tool="pdm", link="https://backend.pdm-project.org/")
_skb = table(tool="scikit-build-core", link="https://scikit-build-core.readthedocs.io/")
_scm = table(tool="setuptools-scm", link="https://setuptools-scm.readthedocs.io/en/stable/usage/")
_versioneer = table(
    tool="versioneer", link="https://github.com/python-versioneer/python-versioneer"
)

_DEPTH = (
    "In the build job check out the history and the tags:\n    - uses: actions/checkout@<commit>\n"
    "      with:\n        fetch-depth: 0\nand see that `{tag}` is pushed; outside git set "
    "SETUPTOOLS_SCM_PRETEND_VERSION."
)

ENTRIES = (
    # hatchling, hatch
    _hatch(
        "be-hatch-files",
        (
            r"Unable to determine which files to ship inside the wheel",
            r"At least one file selection option must be defined",
        ),
        "hatchling does not find the package.",
        "There is no folder named like the project.",
        'Write in pyproject.toml:\n    [tool.hatch.build.targets.wheel]\n    packages = ["{folder}"]',
    ),
    _hatch(
        "be-hatch-direct",
        r"cannot be a direct reference unless field .{0,60}?allow-direct-references",
        "A dependency is an address instead of a released version.",
        "hatchling warns of what PyPI would refuse.",
        "Depend on a released version; setting the switch only moves the refusal to PyPI.",
    ),
    _hatch(
        "be-hatch-version",
        (
            r"Error getting the version from source `?(?P<s>[\w-]+)",
            r"unable to parse the version from the file:? ?(?P<f>[^ ]{0,160})",
            r"file does not exist: (?P<f>[^ ]{0,160}).{0,80}?version",
            r"option `?path`? must be specified.{0,60}?version",
        ),
        "hatchling cannot read the version.",
        "`[tool.hatch.version] path` names no file with a version in it.",
        'Set `path` to the file that has `__version__ = "…"`, or give `project.version`.',
        unless=r"setuptools.scm|vcs",
    ),
    _hatch(
        "be-hatch-metadata-missing",
        (
            r"Metadata field `?version`? (?:cannot be|is) (?:missing|required)",
            r"Missing `?project\.version`?",
            r"The field `?project\.version`? .{0,60}? required",
            r"requires .{0,10}`?version`? to be (?:set|either statically)",
            r"Field `?project\.version`?.{0,80}?(?:dynamic|static)",
        ),
        "The version is missing.",
        '`[project]` has neither `version` nor `dynamic = ["version"]`.',
        "Give `project.version`, or list it in `project.dynamic` and tell {backend_package} where it is.",
        tier="symptom",
    ),
    _hatch(
        "be-hatch-duplicate",
        r"A second file is being added to the wheel archive at the same path",
        "A file would be in the wheel twice.",
        "`packages`, `include` and `force-include` overlap.",
        "Name it in one of them only, under `[tool.hatch.build.targets.wheel]`.",
    ),
    _hatch(
        "be-hatch-plugin",
        r"Unknown (?:version source|build hook|builder|metadata hook|version scheme|plugin):? ?`?(?P<p>[\w-]+)",
        "hatchling lacks the plugin `{p}`.",
        "`build-system.requires` does not name the package that has it.",
        'Add the package, for `vcs` that is `requires = ["hatchling", "hatch-vcs"]`.',
    ),
    _st(
        "be-mismatch",
        (
            r"cannot import name '(?P<a>\w+)' from '(?:hatchling|packaging|setuptools|distutils|pkg_resources|urllib3|requests_toolbelt|importlib_metadata|pkginfo|readme_renderer|requests)\b",
            r"No module named '?(?P<a>packaging\.(?:licenses|metadata)|setuptools\.(?:command\.test|_vendor|extern)|distutils\.\w+)",
            r"(?:module )?'(?:setuptools|_distutils_hack|distutils|pkg_resources|pkginfo|wheel|ast|virtualenv|semver|tomlkit|click)\b[\w.]*' has no attribute '?(?P<a>\w+)",
            r"'propose_interpreters'|KeyError: 'PEP517_BUILD_BACKEND'",
            r"canonicalize_version\(\) got an unexpected keyword argument 'strip_trailing_zero'",
            r"'(?:Distribution|Requirement|Command|build_ext|bdist_wheel)'(?: object)? has no attribute '(?P<a>\w+)'",
            r"AttributeError: install_layout\b",
            r"has no attribute 'ImpImporter'",
            r"twine.{0,300}?No module named '?pkg_resources",
            r"DistributionNotFound: The '(?P<r>[^']{1,80})' distribution was not found and is required by (?:the application|twine|poetry|tox|pip|wheel|bump2?version|flit)\b",
            r"twine/__init__\.py.{0,400}?metadata\[\"(?P<k>[\w-]+)\"\]",
            r"twine.{0,600}?importlib[_-]metadata.{0,200}?(?:KeyError|AttributeError)",
            r"ImportError: urllib3 v2|from pip import main\b.{0,60}?cannot import name",
            r"module 'importlib\.(?:resources|metadata)' has no attribute.{0,60}?(?:twine|readme_renderer)",
            r"twine.{0,400}?TypeError: (?:must be convertible to a buffer, not None|expected string or bytes-like object)",
            r"(?P<r>setuptools==\S{1,20} is used in combination with setuptools[_-]scm\S{1,20})",
        ),
        "A tool and a package that it uses do not fit together.",
        "One of the two is too old or too new for the other, or for this Python: a newer setuptools with an "
        "older packaging, an old twine with newer libraries, an old hatch with a newer virtualenv, an old "
        "setup.py with a newer setuptools. Your own files are not the cause; this step uploaded nothing.",
        "Upgrade both that the traceback names in one step, for example `python -m pip install --upgrade "
        "twine urllib3 importlib-metadata`, `… hatch hatchling virtualenv` or `… setuptools packaging` (or a "
        "newer pin of the action). For what an isolated build needs, name the release that fits in "
        '`build-system.requires` (`requires = ["setuptools>=64,<80"]`), and build with `python -m build`.',
        tool="pip",
        link="",
        confidence="likely",
    ),
    # setuptools
    _st(
        "be-st-flat",
        r"Multiple top-level (?:packages|modules) discovered in a flat-layout",
        "setuptools does not know which folder is the package.",
        "Several folders at the root look like packages.",
        'Write in pyproject.toml:\n    [tool.setuptools.packages.find]\n    where = ["src"]\n(or '
        '`include = ["{package}*"]`).',
    ),
    _st(
        "be-st-pkgdir",
        (
            r"package directory '(?P<d>[^']{1,160})' does not exist",
            r"error in '?egg_base'? option: '?(?P<d>[^' ]{1,160})'? does not exist",
        ),
        "The package folder `{d}` is not there.",
        "`package-dir` and the real folders disagree, or the sdist lacks the folder.",
        "Make `[tool.setuptools.packages.find] where` and `package-dir` name the folder that exists, and "
        "for the sdist: {pack}.",
    ),
    _st(
        "be-st-old-license",
        (
            r"`?project\.license`? must be valid exactly by one definition",
            r"`?project`? must not contain \{'(?P<k>license-files|import-names|import-namespaces)'\} properties",
            r"`?project\.license`? must be (?:a )?(?:table|object)",
        ),
        "The build's setuptools is too old for this pyproject.toml.",
        '`license = "…"` as a string and `license-files` are understood by setuptools 77 and later (its '
        "last release for Python 3.8 is older).",
        'Write `requires = ["setuptools>=77"]` in `[build-system]` and build with Python 3.9 or later; or '
        'for older Pythons `license = {text = "MIT"}` without `license-files`.',
        hides=("be-st-config", "bd-project-table"),
    ),
    _st(
        "be-st-config",
        (
            r"invalid pyproject\.toml config: `?(?P<f>[^` ]{1,100})",
            r"configuration error: [`'](?P<f>[^` ]{1,100})",
        ),
        "setuptools refuses `{f}` in pyproject.toml.",
        "It breaks the rule that the message names.",
        "Correct the value; `validate-pyproject pyproject.toml` checks the whole file.",
    ),
    _st(
        "be-st-license",
        r"License classifiers have been superseded by license expressions",
        "The licence is given twice.",
        "An SPDX `license` and a `License ::` classifier exclude each other.",
        "Remove the `License ::` classifiers from `project.classifiers`.",
        unless=r"SetuptoolsDeprecationWarning",
    ),
    _st(
        "be-st-readme",
        r"File '(?P<f>[^']{1,200})' cannot be found",
        "setuptools did not find the readme.",
        "It only warned, and built without a description.",
        "Write the real file name into `readme` in pyproject.toml; for the sdist: {pack}.",
        tier="symptom",
        silent=True,
    ),
    _st(
        "be-st-dynamic-attr",
        (
            r"(?:AttributeError|ModuleNotFoundError|ImportError)\b.{0,300}?(?:read_attr|expand\.py)",
            r"setuptools/config(?:/expand)?\.py\", line \d+, in (?:_parse_attr|read_attr|__init__|_load_spec).{0,900}?(?:AttributeError|ModuleNotFoundError|ImportError): (?P<w>.{0,120})",
        ),
        "setuptools cannot read the version from the package.",
        "`attr:` imported the package, and the import failed: {w}",
        "Point `attr` at a module that imports nothing, or write the version as a literal.",
    ),
    _st(
        "be-st-dash",
        (r"Invalid dash-separated options?", r"Invalid dash-separated key '(?P<k>[\w-]+)'"),
        "setup.cfg has an option with a dash.",
        "setuptools 78 refuses dashes in option names.",
        "Write `_` instead of `-` in setup.cfg (`description_file`, not `description-file`).",
        unless=r"SetuptoolsDeprecationWarning",
    ),
    _st(
        "be-st-setup-command",
        (
            r"error in (?P<p>\S{1,80}) setup command: (?P<w>.{0,160})",
            r"\b(?:distutils|setuptools)?\.?(?:errors\.)?(?:Distutils)?(?:Setup|Option)Error: (?P<w>(?!Cannot access)[^|]{1,160})",
            r"error in \S{1,80}: (?P<w>command '\w{1,40}' has no such option '[\w.-]{1,80}')",
            r"(?P<w>setup script specifies an absolute path)",
            r"use_2to3 is invalid",
            r"Cannot access '(?P<f>[^']{1,160})' \(or anything outside",
            r"DistutilsOptionError: Cannot access",
        ),
        "setuptools refuses what setup(), setup.cfg or pyproject.toml gives it.",
        "setuptools says: {w}",
        "Correct what the message names. A file has to be in the project's folder; `use_2to3` is gone since "
        "setuptools 58.",
    ),
    _st(
        "be-st-test-removed",
        r"invalid command '(?P<c>(?!bdist_wheel)\w+)'",
        "`setup.py {c}` is not there.",
        "setuptools no longer has this command (test, upload, register, upload_docs, bdist_wininst), or "
        "the plugin that has it is not installed.",
        "Build with `python -m build`, upload with twine, and run tests with pytest; for a plugin's "
        "command install the plugin first.",
    ),
    _st(
        "be-st-version-invalid",
        (
            r"InvalidVersion: Invalid version: '?(?P<v>[^' ]{1,80})",
            r"Invalid version(?:: | number )'(?P<v>[^']{1,80})'",
            r"packaging\.version\.InvalidVersion",
        ),
        "`{v}` is not a valid version (PEP 440).",
        "Recent packaging tools refuse it, whether it is the project's version, a tag that was read as one, "
        "or the version of something installed.",
        "For the project use a version such as `1.2.0` or `1.2.0rc1`. A tag's prefix does not belong to it: "
        "tell the tool that reads tags which of them are versions.",
        link="https://packaging.python.org/en/latest/specifications/version-specifiers/",
    ),
    _st(
        "be-st-requirement-invalid",
        (
            r"InvalidRequirement: (?P<w>.{0,160})",
            r"Invalid requirement: [\"']{1,2}(?P<w>[^\"']{1,120})[\"']",
            r"RequirementParseError|InvalidRequirementError|\bRequirementError: (?!The local)",
            r"Could not parse version constraint:? ?(?P<w>.{0,120})",
        ),
        "A requirement cannot be read.",
        "The parser says: {w}",
        "Write it as a name, an operator and a version (`name>=1.2`) in the dependencies.",
        link="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
    ),
    _st(
        "be-cython3",
        (
            r"AttributeError: cython_sources\b",
            r"Cython\.Compiler\.Errors\.CompileError: (?P<f>\S{1,120})",
        ),
        "The Cython code does not compile.",
        "Cython 3 refuses what earlier ones accepted, in this project or in an old requirement (PyYAML "
        "before 6.0.1).",
        "Upgrade the requirement that fails; for code of your own fix it, or put `Cython<3` into "
        "`build-system.requires`.",
        tool="Cython",
        link="https://cython.readthedocs.io/en/latest/src/userguide/migrating_to_cy30.html",
        confidence="likely",
    ),
    _st(
        "be-st-configparser",
        r"(?:module 'configparser' has no attribute 'SafeConfigParser'|has no attribute 'readfp')",
        "An old versioneer.py meets Python 3.12.",
        "`SafeConfigParser` was removed from Python.",
        "Install a current versioneer, run `versioneer install`, and commit what it changed.",
        tool="versioneer",
    ),
    _st(
        "be-st-manifest",
        r"(?:lists of files in version control and sdist do not match|missing from sdist:)",
        "The sdist does not hold what git holds.",
        "check-manifest found the difference.",
        "Add the files to MANIFEST.in, or list them under `[tool.check-manifest] ignore`.",
        tool="check-manifest",
        link="https://github.com/mgedmin/check-manifest",
    ),
    # setuptools-scm, vcs-versioning
    _scm(
        "be-scm",
        (
            r"setuptools-scm was unable to detect version",
            r"unable to detect version for '?(?P<d>[^' ]{0,160})",
            r"Make sure you're either building from a fully intact git repository",
            r"Error getting the version from source `?vcs`?",
            r"SCM isn't detected|setuptools_scm.{0,80}?UserWarning: 'git' was not found",
            r"Versioning for this project requires either an sdist tarball, or access to an upstream git",
            r"This does not appear to be a \w+ project",
            r"\bNotSdistError\b|\bNotVCSError\b",
        ),
        "No version could be found in git.",
        "The checkout has no .git, no tags or no history.",
        _DEPTH,
        hides=("be-hatch-version",),
    ),
    _scm(
        "be-scm-dubious",
        (r"detected dubious ownership in repository", r"fatal: unsafe repository"),
        "git does not trust the folder.",
        "It belongs to another user (usual in containers).",
        '`git config --global --add safe.directory "$GITHUB_WORKSPACE"` before the build.',
        tool="git",
    ),
    _scm(
        "be-scm-tagparse",
        r"tag '?(?P<t>[^' ]{1,80})'? no version found|\bcan'?t parse version (?P<u>\S{1,80})",
        "The tag `{t}` is no version.",
        "setuptools-scm cannot read it.",
        "Tag releases like `{tag}`, or set `tag_regex`.",
    ),
    _scm(
        "be-scm-git-describe",
        (
            r"(?:fatal: )?No (?:names found, cannot describe anything|tags can describe)",
            r"(?:ValueError: .{0,160}?is shallow|is shallow and may cause errors)",
            r"'git', 'describe'.{0,160}?returned non-zero",
        ),
        "git finds no tag.",
        "The checkout has none, or the tag was never pushed.",
        _DEPTH,
        tool="git",
        tier="symptom",
    ),
    _versioneer(
        "be-versioneer-unknown",
        (r"\b0\+unknown\b", r"0\+untagged\.\d+\.g[0-9a-f]+"),
        "versioneer found no version.",
        "The checkout has no tags or no history.",
        _DEPTH,
        hides=("wh-local",),
    ),
    # flit
    _st(
        "be-nomodule",
        (
            r"No file/folder found for module (?P<m>[\w.]+)",
            r"Multiple files or folders could be module",
            r"No file/folder found for package (?P<m>[\w.-]+)",
            r"does not contain any element",
            r"Expected a Python module at:? ?`?(?P<m>[^` ]{1,200})",
            r"Expected an `?__init__\.py`? at",
            r"Missing (?:a )?module directory for `?(?P<m>[^` ]{1,200})",
        ),
        "The build backend does not find one package to pack.",
        "`{m}` is not there, is there twice (in src/ and at the root), or is not named like the project.",
        "Remove the other one, rename it (`{package}`), or say what it is called: {named}.",
        tool="build",
        link="https://packaging.python.org/en/latest/guides/writing-pyproject-toml/",
    ),
    _flit(
        "be-flit-docstring",
        (
            r"Flit cannot package module without docstring",
            r"NoDocstringError",
            r"Cannot package module without a version string",
            r"NoVersionError",
        ),
        "flit finds no docstring or no version.",
        "It takes the summary from the module's docstring, and the version from its `__version__`.",
        "Write them into the module (the docstring as its first statement), or give `project.description` and "
        "`project.version`.",
    ),
    # poetry
    _st(
        "be-config",
        (
            r"The Poetry configuration is invalid:? ?-? ?(?P<w>.{0,200})",
            r"(?P<w>Additional properties are not allowed .{0,120})",
            r"flit_core\.config\.ConfigError: (?P<w>.{0,160})",
            r"ConfigError: (?P<w>.{0,160}?(?:project|tool\.flit|license|dynamic).{0,80})",
            r"Invalid metadata\b.{0,80}?E-flit",
            r"(?P<w>Use [\w.-]{1,60} instead of [\w.-]{1,60} (?:for|with) scikit-build-core)",
        ),
        "The build backend refuses pyproject.toml.",
        "It says: {w}",
        "Correct the field that it names (`poetry check`, `validate-pyproject pyproject.toml`; classifiers: "
        "https://pypi.org/classifiers/). An old backend does not know newer fields: raise it in "
        "`build-system.requires`.",
        tool="build",
        tier="symptom",
    ),
    _poetry(
        "be-poetry-token",
        (
            r"repository (?P<r>\S{1,60}) is not defined",
            r"There is no (?P<r>\S{1,60}) repository defined",
        ),
        "poetry does not know the index `{r}`.",
        "`-r` names one that is not configured.",
        "`poetry config repositories.testpypi https://test.pypi.org/legacy/` (with your index's name and "
        "upload address), or leave `-r` out for PyPI.",
    ),
    # pdm
    _hatch(
        "be-hatch-environment",
        (
            r"Environment `(?P<e>[^`]{1,80})` is incompatible: (?P<w>.{1,160})",
            r"Environment `(?P<e>[^`]{1,80})` is not a builder environment",
        ),
        "hatch cannot use its environment `{e}` here.",
        "The Python that it names is not on this machine, `requires-python` leaves it out, or (since hatch "
        "1.16) a build was started in an environment that is not for building.",
        "Install that Python in a step before, or take it out of the environment's `python` and `matrix`; "
        "start `hatch build` itself, not by a script of another environment.",
    ),
    _pdm(
        "be-pdm-application",
        r"tool\.pdm\.distribution must be `?true`? to be built|not possible in non-package mode",
        "pyproject.toml says that there is nothing to build.",
        "`distribution = false` in `[tool.pdm]`, or `package-mode = false` in `[tool.poetry]`, makes the project an "
        "application.",
        "Remove the line. Where it is not there, the run was in another folder or with another pyproject.toml.",
    ),
    # meson-python, scikit-build-core, cmake
    _st(
        "be-configure",
        (
            r"CMake Error(?: at|:) (?P<w>.{0,200})",
            r"CMake configuration failed|An error occurred while (?:building|configuring) with CMake",
            r"CMakeNotFoundError|Could not find CMake with version",
            r"meson\.build:\d+:\d+: ERROR: (?P<w>.{0,200})",
            r"ERROR: Dependency \"?(?P<d>[\w.+-]+)\"? not found",
            r"mesonpy\.\w*Error: ?(?P<w>.{0,160})",
            r"meson-python: error: ?(?P<w>.{0,200})",
        ),
        "CMake or meson could not configure the build.",
        "It says: {w}",
        "Install what it names in the build environment, or correct that line of CMakeLists.txt, meson.build "
        "or pyproject.toml.",
        tier="symptom",
        tool="build",
        link="https://packaging.python.org/en/latest/guides/packaging-binary-extensions/",
    ),
    _skb(
        "be-skb-policy",
        r"Compatibility with CMake < 3\.\d+ has been removed",
        "CMake 4 refuses an old `cmake_minimum_required`.",
        "A CMakeLists.txt asks for a version before 3.5.",
        "Raise it there, or set the variable CMAKE_POLICY_VERSION_MINIMUM=3.5 for the build.",
        hides=("be-configure",),
    ),
)
