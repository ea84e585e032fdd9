"""Build backends and version plugins: setuptools, hatchling, flit, poetry, pdm, meson, scikit-build …"""

from __future__ import annotations

from nox_release.diagnosis.catalogue.tables import table

_st = table(
    tool="setuptools", link="https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html"
)
_hatch = table(tool="hatch", link="https://hatch.pypa.io/latest/config/build/")
_flit = table(tool="flit", link="https://flit.pypa.io/en/stable/pyproject_toml.html")
_poetry = table(tool="poetry", link="https://python-poetry.org/docs/pyproject/")
_pdm = table(tool="pdm", link="https://backend.pdm-project.org/")
_meson = table(tool="meson-python", link="https://mesonbuild.com/meson-python/")
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
        'Write in pyproject.toml:\n    [tool.hatch.build.targets.wheel]\n    packages = ["src/{package}"]',
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
        "be-hatch-vcs",
        r"Error getting the version from source `?vcs`?",
        "hatch-vcs found no version.",
        "The checkout has no tags or no history.",
        _DEPTH,
        hides=("be-hatch-version",),
        tier="symptom",
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
        "be-hatch-script",
        r"Build script does not exist: (?P<f>[^ ]{1,160})",
        "hatchling does not find its script `{f}`.",
        "The file is not committed, or the sdist lacks it: the wheel is built from the sdist.",
        "Commit `{f}`, and for the sdist: {pack}.",
    ),
    _hatch(
        "be-hatch-forced",
        r"Forced include not found: ?(?P<f>[^ ]{0,160})",
        "A file to be packed is not there.",
        "`force-include` names `{f}`.",
        "Build or commit `{f}` before, or remove it from `force-include` under `[tool.hatch.build]`.",
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
    _hatch(
        "be-hatch-publish-auth",
        r"Missing required option:? (?:user|auth|`user`|`auth`)",
        "hatch publish has no credentials.",
        "Neither HATCH_INDEX_USER nor HATCH_INDEX_AUTH is set.",
        "Publish with pypa/gh-action-pypi-publish and trusted publishing; or set "
        "`HATCH_INDEX_USER=__token__` and HATCH_INDEX_AUTH from a secret.",
        tier="symptom",
    ),
    _hatch(
        "be-hatch-skipped",
        r"dist/\S{1,200} \.\.\. already exists",
        "Files were skipped because they are on the index already.",
        "`hatch publish` passes over what is there and ends well: this version had been published before, and "
        "nothing new went up.",
        "If a new version was meant, raise it (`hatch version patch`) and release that. Otherwise nothing is "
        "to do: the files are on {project_page}#files.",
        tier="symptom",
        silent=True,
        without=r"\.\.\. success",
    ),
    _hatch(
        "be-hatch-noartifacts",
        r"No (?:build )?artifacts found",
        "There are no files to publish.",
        "`hatch build` did not run, or wrote elsewhere.",
        "Run `hatch build` first, or give the folder: `hatch publish dist`.",
        unless=r"artifact name|download-artifact|workflow run|artifacts? found (?:with|matching|for)",
    ),
    _hatch(
        "be-hatch-license",
        (
            r"Error parsing field `?project\.license",
            r"Unknown license(?:: ?|\b.{0,10})'?(?P<l>[^' ]{1,60})",
        ),
        "The licence is not an SPDX expression.",
        "`project.license`, given as a string, must consist of SPDX identifiers.",
        'Write, for example, `license = "MIT"` or `license = "Apache-2.0"`: https://spdx.org/licenses/.',
        link="https://spdx.org/licenses/",
        hides=("wh-license-expr",),
    ),
    _hatch(
        "be-hatch-classifier",
        r"Unknown classifier in field `?project\.classifiers`?:? ?(?P<c>.{0,120})",
        "`{c}` is not a classifier of PyPI.",
        "It is misspelt, or newer than the installed list.",
        "Copy it from https://pypi.org/classifiers/, or `python -m pip install --upgrade trove-classifiers`.",
    ),
    _hatch(
        "be-hatch-mismatch",
        r"ImportError: cannot import name '\w{1,60}' from 'hatchling\.",
        "hatch and hatchling do not fit together.",
        "One of the two is of another age, or was installed from a branch.",
        "`python -m pip install --upgrade hatch hatchling`, both from the index.",
    ),
    _hatch(
        "be-virtualenv-hatch",
        (
            r"module 'virtualenv\.discovery\.builtin' has no attribute",
            r"'propose_interpreters'",
        ),
        "hatch and virtualenv do not fit together.",
        "An older hatch meets a newer virtualenv.",
        "`python -m pip install --upgrade hatch virtualenv`.",
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
        "be-st-file-outside",
        (
            r"Cannot access '(?P<f>[^']{1,160})' \(or anything outside",
            r"DistutilsOptionError: Cannot access",
        ),
        "pyproject.toml names a file outside the project.",
        "setuptools reads nothing outside the project's folder.",
        "Move or copy the file into the project, and name it there.",
    ),
    _st(
        "be-st-use2to3",
        r"use_2to3 is invalid",
        "`use_2to3` is gone.",
        "setuptools 58 dropped it.",
        "Remove `use_2to3` from setup.py; the code has to be Python 3 already.",
        hides=("be-st-setup-command",),
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
        r"error in (?P<p>\S{1,80}) setup command: (?P<w>.{0,160})",
        "setup() was given something that setuptools does not accept.",
        "setuptools says: {w}",
        "Correct the argument of `setup()` that the message names.",
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
            r"Invalid version: '(?P<v>[^']{1,80})'",
            r"packaging\.version\.InvalidVersion",
        ),
        "`{v}` is no version as PEP 440 wants it.",
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
            r"Invalid requirement: '(?P<r>[^']{1,120})'",
            r"RequirementParseError",
            r"Could not parse version constraint:? ?(?P<w>.{0,120})",
        ),
        "A requirement cannot be read.",
        "The parser says: {w}",
        "Write it as a name, an operator and a version (`name>=1.2`) in the dependencies.",
        link="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
    ),
    _st(
        "be-st-canonicalize",
        (
            r"canonicalize_version\(\) got an unexpected keyword argument 'strip_trailing_zero'",
            r"No module named '?packaging\.(?:licenses|metadata)",
            r"cannot import name '\w+' from 'packaging\.",
        ),
        "setuptools and packaging do not fit together.",
        "A newer setuptools meets an older packaging.",
        "`python -m pip install --upgrade packaging setuptools`, or build isolated (`python -m build`).",
    ),
    _st(
        "be-st-mismatch",
        (
            r"module '(?:setuptools|_distutils_hack|distutils|pkg_resources|wheel)[\w.]*' has no attribute '(?P<a>\w+)'",
            r"'(?:Distribution|Requirement|Command|build_ext|bdist_wheel)'(?: object)? has no attribute '(?P<a>\w+)'",
            r"cannot import name '(?P<a>\w+)' from '(?:setuptools|distutils|pkg_resources)",
            r"AttributeError: install_layout\b",
            r"No module named '?setuptools\.(?P<a>command\.test|_vendor|extern)",
        ),
        "This setup.py does not fit the installed setuptools.",
        "It (or a plugin that it uses) needs a part of setuptools that newer or older releases do not "
        "have.",
        "Upgrade the plugin, or name a setuptools that fits in `build-system.requires` "
        '(`requires = ["setuptools>=64,<80"]`), and build with `python -m build`.',
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
        "be-st-ast",
        r"module 'ast' has no attribute '(?P<a>\w+)'",
        "An old tool meets a new Python.",
        "`ast.{a}` was removed from Python.",
        "Upgrade the tool that the traceback names, or build with an older Python.",
        tier="symptom",
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
            r"LookupError: setuptools.scm was unable",
            r"unable to detect version for '?(?P<d>[^' ]{0,160})",
            r"Make sure you're either building from a fully intact git repository",
        ),
        "No version could be found in git.",
        "The checkout has no .git, no tags or no history.",
        _DEPTH,
        hides=("be-hatch-version", "be-hatch-vcs"),
    ),
    _scm(
        "be-scm-shallow",
        r"(?:ValueError: .{0,160}?is shallow|is shallow and may cause errors)",
        "The checkout is shallow.",
        "Without history no tag is found, and the version is wrong.",
        _DEPTH,
        tier="symptom",
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
        r"tag '?(?P<t>[^' ]{1,80})'? no version found",
        "The tag `{t}` is no version.",
        "setuptools-scm cannot read it.",
        "Tag releases like `{tag}`, or set `tag_regex`.",
        unless=r"UserWarning",
    ),
    _scm(
        "be-scm-git-describe",
        r"(?:fatal: )?No (?:names found, cannot describe anything|tags can describe)",
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
    _flit(
        "be-flit-nomodule",
        r"No file/folder found for module (?P<m>[\w.]+)",
        "flit finds no module `{m}`.",
        "The module is not named like the project.",
        "Set `name` under `[tool.flit.module]` in pyproject.toml to the module's name.",
    ),
    _flit(
        "be-flit-several",
        r"Multiple files or folders could be module",
        "flit finds the module twice.",
        "It is both in src/ and at the root.",
        "Remove the older of the two, or rename it.",
    ),
    _flit(
        "be-flit-docstring",
        (r"Flit cannot package module without docstring", r"NoDocstringError"),
        "flit finds no docstring.",
        "It takes the summary from the module's docstring.",
        "Write one as the first statement of the module, or give `project.description`.",
    ),
    _flit(
        "be-flit-noversion",
        (r"Cannot package module without a version string", r"NoVersionError"),
        "flit finds no version.",
        "It reads `__version__` of the module.",
        'Write `__version__ = "…"` in the module, or give `project.version`.',
    ),
    _flit(
        "be-flit-config",
        (
            r"flit_core\.config\.ConfigError: (?P<w>.{0,160})",
            r"ConfigError: (?P<w>.{0,160}?(?:project|tool\.flit|license|dynamic).{0,80})",
        ),
        "flit refuses pyproject.toml.",
        "flit says: {w}",
        "Correct the field that it names; an old flit_core does not know newer fields "
        '(`requires = ["flit_core>=3.12,<5"]`).',
        tier="symptom",
    ),
    _flit(
        "be-flit-invalid",
        r"Invalid metadata\b.{0,80}?E-flit",
        "flit finds the metadata invalid.",
        "It checks classifiers and other fields before it builds; the lines before this one name them.",
        "Correct the fields in pyproject.toml that those lines name; classifiers are listed at "
        "https://pypi.org/classifiers/.",
    ),
    _flit(
        "be-flit-untracked",
        r"Untracked or deleted files in the source directory",
        "flit refuses a tree with untracked files.",
        "It builds sdists from what git tracks.",
        "Commit the files, or list them in .gitignore.",
    ),
    # poetry
    _poetry(
        "be-poetry-invalid",
        (r"The Poetry configuration is invalid:? ?-? ?(?P<w>.{0,200})",),
        "poetry refuses pyproject.toml.",
        "poetry says: {w}",
        "Correct the field that it names; `poetry check` shows whether all is right.",
    ),
    _poetry(
        "be-poetry-nomodule",
        (r"No file/folder found for package (?P<m>[\w.-]+)", r"does not contain any element"),
        "poetry finds no package `{m}`.",
        "The folder is not named like the project.",
        'Write `packages = [{ include = "{package}", from = "src" }]` under [tool.poetry].',
    ),
    _poetry(
        "be-poetry-lock",
        (
            r"pyproject\.toml changed significantly since poetry\.lock was last generated",
            r"poetry\.lock is not up to date with pyproject\.toml",
            r"The lock file is not compatible with the current version of Poetry",
        ),
        "poetry.lock does not match pyproject.toml.",
        "It was not updated after a change, or was written by another Poetry.",
        "Run `poetry lock` and commit poetry.lock.",
    ),
    _poetry(
        "be-poetry-token",
        r"[Rr]epository (?P<r>\S{1,60}) is not defined",
        "poetry does not know the index `{r}`.",
        "`-r` names one that is not configured.",
        "`poetry config repositories.testpypi https://test.pypi.org/legacy/` (with your index's name and "
        "upload address), or leave `-r` out for PyPI.",
    ),
    _poetry(
        "be-poetry-nofiles",
        (r"No files to publish", r"Archive \(\S{1,200}\) does not exist"),
        "There are no files to publish.",
        "The build did not run.",
        "Use `poetry publish --build`, or run `poetry build` first.",
    ),
    _poetry(
        "be-poetry-keyring",
        r"(?:Unable to retrieve the password|(?<!No)KeyringError|PoetryKeyringError|org\.freedesktop\.DBus\.Error)",
        "poetry cannot use the keyring.",
        "There is none in CI, or it is locked.",
        "Set POETRY_PYPI_TOKEN_PYPI from a secret, and `PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring`; "
        "or publish with trusted publishing.",
        tier="symptom",
    ),
    _poetry(
        "be-poetry-group",
        r"Group\(s\) not found: ?(?P<g>[\w, -]{0,80})",
        "poetry knows no group `{g}`.",
        "The step names a group that pyproject.toml lacks.",
        "Name one of the groups under `[tool.poetry.group]` or `[dependency-groups]`, or remove `--with`.",
    ),
    _poetry(
        "be-poetry-dev",
        (
            r"Additional properties are not allowed \('?(?P<k>[\w-]+)",
            r"option \"?--(?P<k>no-dev|dev|sync|no-update)\"? does not exist",
            r"[Tt]he (?:requested )?command \"?(?P<k>\w+)\"? does not exist",
        ),
        "This poetry does not know `{k}`.",
        "It is of another version than the configuration or the step: Poetry 2 dropped `--no-dev`, "
        "`lock --no-update`, `export` and others.",
        "Pin the Poetry version in the step that installs it, or write what the installed one knows "
        "(`poetry lock`, `poetry sync`, `--only main`).",
        hides=("bd-option-gone",),
    ),
    _poetry(
        "be-poetry-python",
        r"Current Python version \([\d.]+\) is not allowed by the project",
        "The project does not accept this Python.",
        "`requires-python` leaves it out.",
        "Use a Python in actions/setup-python that it names, or widen `requires-python`.",
    ),
    _poetry(
        "be-poetry-solve",
        r"(?:SolverProblemError|version solving failed)",
        "poetry cannot resolve the dependencies.",
        "They exclude each other.",
        "The lines that begin with `Because` name the two requirements: loosen one of them.",
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
        "be-pdm-scm",
        (r"Cannot find the version from SCM or SCM isn't detected", r"SCM isn't detected"),
        "pdm-backend found no version.",
        "The checkout has no tags or no history.",
        _DEPTH,
    ),
    _pdm(
        "be-pdm-application",
        r"tool\.pdm\.distribution must be `?true`? to be built",
        "pdm takes the project for an application.",
        "`distribution = false` in `[tool.pdm]` says that there is nothing to build.",
        "Write `distribution = true` there, or remove the line. Where it is true already, the run was in "
        "another folder or with another pyproject.toml.",
    ),
    # meson-python, scikit-build-core, cmake
    _meson(
        "be-meson",
        (r"mesonpy\.\w*Error: ?(?P<w>.{0,160})", r"meson-python: error: ?(?P<w>.{0,200})"),
        "meson-python failed.",
        "It says: {w}",
        "Correct what it names in pyproject.toml or meson.build.",
        tier="symptom",
    ),
    _meson(
        "be-meson-dep",
        (
            r"meson\.build:\d+:\d+: ERROR: (?P<w>.{0,200})",
            r"ERROR: Dependency \"?(?P<d>[\w.+-]+)\"? not found",
        ),
        "meson could not configure the build.",
        "meson says: {w}",
        "Install what it names in the build environment, or correct that line of meson.build.",
    ),
    _skb(
        "be-skb-cmake",
        (
            r"CMake Error(?: at|:) (?P<w>.{0,200})",
            r"CMake configuration failed|An error occurred while (?:building|configuring) with CMake",
            r"CMakeNotFoundError|Could not find CMake with version",
        ),
        "CMake could not configure the build.",
        "CMake says: {w}",
        "Install what it names in the build environment, or correct CMakeLists.txt.",
        tier="symptom",
    ),
    _skb(
        "be-skb-policy",
        r"Compatibility with CMake < 3\.\d+ has been removed",
        "CMake 4 refuses an old `cmake_minimum_required`.",
        "A CMakeLists.txt asks for a version before 3.5.",
        "Raise it there, or set the variable CMAKE_POLICY_VERSION_MINIMUM=3.5 for the build.",
        hides=("be-skb-cmake",),
    ),
    _skb(
        "be-skb-version",
        (
            r"Use tool\.scikit-build\.\S{1,60} instead of",
            r"Use [\w.-]{1,60} instead of [\w.-]{1,60} for scikit-build-core",
        ),
        "scikit-build-core refuses its configuration.",
        "A key of `[tool.scikit-build]` was renamed in a newer release.",
        "Write the key that the message names, or set `minimum-version` to the release you wrote it for.",
        tier="symptom",
    ),
)
