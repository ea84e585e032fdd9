"""build, pip inside builds, and what every build backend has in common.

https://build.pypa.io/ and https://pip.pypa.io/
"""

from nox_release.diagnosis.catalogue.tables import table

_ = table(tool="build", link="https://build.pypa.io/en/stable/")
_pip = table(tool="pip", link="https://pip.pypa.io/en/stable/")
_pytest = table(tool="pytest", link="https://docs.pytest.org/")

_PYPROJECT = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"

# A file that is read for the metadata, by its whole name.
_NAMED = (
    r"(?:[^' ]{0,160}[/\\])?(?:README|CHANGELOG|CHANGES|HISTORY|LICEN[CS]E|COPYING|NOTICE)[\w-]{0,20}"
    r"(?:\.(?:md|rst|txt|markdown))?(?=[' \r\n]|$)"
)

# A program of the repository's own, which is no part of the build.
_SCRIPT = r"\bscripts?/[\w./-]{1,80}\.py\"?, line"

# Modules that Python 3.12 and 3.13 removed, whose names no other package is likely to have.
_GONE = "imp|cgi|cgitb|asynchat|asyncore|smtpd|pipes|telnetlib|nntplib|imghdr|sndhdr|lib2to3|audioop|xdrlib"

ENTRIES = (
    _(
        "bd-toml",
        (
            r"Failed to parse:? (?:file )?\S{0,200}?pyproject\.toml(?! \(\d+ sub-exc):? ?(?P<w>.{0,200})",
            r"(?:TOMLDecodeError|TomlDecodeError|TOMLKitError|tomlkit\.exceptions\.\w+):? ?(?P<w>.{0,200})",
            r"TOML parse error at line (?P<n>\d+)",
            r"Invalid TOML(?! replacement)(?: file| document)? ?(?P<w>.{0,200})",
            r"pyproject\.toml is not a valid TOML file",
        ),
        "pyproject.toml is not valid TOML.",
        "The parser says: {w}",
        "Correct the line that is named (a table or key that appears twice, a missing quote or comma).",
        link="https://toml.io/en/",
    ),
    _(
        "bd-sdist-project",
        r"Source \S{0,120}(?:build-via-sdist|[/\\]tmp\w{8}[/\\])\S{0,160} does not appear to be a Python project",
        "The sdist lacks pyproject.toml.",
        "`python -m build` builds the wheel from the sdist that it has just made, and in that sdist there "
        "is neither pyproject.toml nor setup.py: a list of included or excluded files leaves it out.",
        "See what is in it (`tar tzf dist/*.tar.gz`), and correct `include` and `exclude` of the sdist in "
        "pyproject.toml (setuptools: MANIFEST.in), or upgrade {backend_package}.",
        hides=("bd-notproject",),
    ),
    _(
        "bd-notproject",
        (
            r"does not appear to be a Python project",
            r"neither 'setup\.py' nor 'pyproject\.toml' found",
            r"No pyproject\.toml or setup\.py found",
            r"can't open file '[^']{0,200}setup\.py': \[Errno 2\]",
            r"Could not find a 'setup\.py', 'setup\.cfg' or 'pyproject\.toml' file at root",
            r"could not find a pyproject\.toml file in",
            r"No `?pyproject\.toml`? found in current directory",
            r"Failed to build source distribution, pyproject\.toml not found|\bNo project detected\b",
        ),
        "The build does not find pyproject.toml or setup.py where it was started.",
        "Another folder is meant, the job has no checkout, or setup.py is called and the project has "
        "pyproject.toml alone.",
        "Start the build in the project's folder (`working-directory:` in Actions, or `uv build FOLDER`), after actions/checkout "
        "in the build job; without a setup.py run `python -m build` or `uv build`.",
    ),
    _(
        "bd-system",
        r"Failed to validate `?build-system`?|`backend-path` entry `",
        "`[build-system]` is wrong.",
        "`requires` is missing or is no list, a key is unknown, or `backend-path` names no folder of the project.",
        'Write, for example:\n    [build-system]\n    requires = ["hatchling"]\n    build-backend = "hatchling.build"',
    ),
    _(
        "bd-typo",
        r"Found '?`?(?P<t>.{1,60}?)'?`? in pyproject\.toml, did you mean '?`?(?P<w>[\w-]{1,60})",
        "A table in pyproject.toml is misspelt.",
        "`{t}` is there, and `{w}` was meant.",
        "Rename the table in pyproject.toml to `[{w}]`.",
    ),
    _(
        "bd-backend",
        (
            r"Backend '(?P<b>[^']{1,100})' is not available",
            r"BackendUnavailable:? ?(?P<b>.{0,120})",
            r"Cannot import '?(?P<b>(?!setuptools\.build_meta)[\w.:]{1,100})'?.{0,40}? backend",
        ),
        "The build backend is not there.",
        "`build-system.requires` does not name the package that has it, or names too old a release.",
        "Add the backend's package to `[build-system] requires`, and compare `build-backend` with its "
        "documentation.",
    ),
    _pip(
        "bd-deps",
        (
            r"No matching distribution found for (?P<r>[^ ,;)]{1,120})",
            r"Could not find a version that satisfies the requirement (?P<r>[^ ,;)]{1,120})",
            r"Unable to find installation candidates for (?P<r>[^ ,;)]{1,120})",
            r"(?:Could not find any downloads that satisfy the requirement|No distributions at all found for) (?P<r>[^ ,;)]{1,120})",
            r"Because there (?:is|are) no versions? of (?P<r>[\w.-]{1,100}==[\w.]{1,60}) and you require",
            r"Because (?P<r>\S{1,120}) was not found in the package registry|\bPackage (?P<q>[\w.-]{1,80} \([\w.]{1,40}\)) not found",
        ),
        "A requirement cannot be installed: `{r}`.",
        "It does not exist on the index under this name and version, has no release for this Python and "
        "platform, is not published yet, or the index could not be reached.",
        "See https://pypi.org/project/ for its name and versions; correct it in `build-system.requires` "
        "(runtime dependencies do not belong there) or in the step's `pip install`.",
        unless=r"after connection broken by",
        tier="symptom",
    ),
    _(
        "bd-mixed-indexes",
        r"Looking in indexes: https://test\.pypi\.org\S{0,40}, https://pypi\.org.{0,1500}?(?:subprocess-exited-with-error|Command errored out)",
        "pip built a requirement that it took from TestPyPI.",
        "With both indexes pip takes the highest version of each requirement, and on TestPyPI anybody may "
        "have put a broken one under that name.",
        "Install in two steps: first `pip install --no-deps --index-url https://test.pypi.org/simple/ "
        "{project}=={version}`, then `pip install {project}=={version}`, which takes the rest from PyPI.",
        confidence="likely",
    ),
    _(
        "bd-unmet",
        (r"ERROR (?:Missing|Unmet) dependencies(?: \(checked against [^)]{1,200}\))?:",),
        "Build requirements are missing.",
        "`--no-isolation` builds with what is installed.",
        "Install what `build-system.requires` names, or build without `--no-isolation`.",
    ),
    _(
        "bd-venv",
        (
            r"Failed to create (?:venv|temporary virtualenv)",
            r"ensurepip is not available",
            r"No module named '?ensurepip",
        ),
        "No virtual environment could be made.",
        "Python's `venv` is not complete (Debian splits it off).",
        "Install python3-venv, or use `python -m build --installer uv`.",
        tier="symptom",
    ),
    _(
        "bd-notfound",
        (
            r"No module named '?build'?(?![\w.])",
            r"No module named build\.__main__",
            r"'build' is a package and cannot be directly executed",
            r"cannot import name '\w{1,60}' from 'build' \((?!\S{0,300}-packages)|partially initialized module 'build'",
            r"/python[\d.]{0,5}: No module named '?pip'?(?![\w.])",
        ),
        "build or pip is not installed where it is called.",
        "The step did not install it, a left-over folder `build/` hides it, or uv made the environment, "
        "without pip.",
        "`python -m pip install build`, then `python -m build`, in a folder without a left-over build/; or "
        "`uv build`, which needs neither (`python -m build --installer uv` needs no pip).",
    ),
    _pip(
        "bd-externally",
        (r"externally-managed-environment", r"Can ?not perform a '--user' install"),
        "pip may not install into this Python.",
        "It belongs to the operating system; or `--user` was given in a virtual environment, which does not "
        "see the user's packages.",
        "Use a virtual environment, actions/setup-python, or pipx; leave `--user` out.",
    ),
    _pip(
        "bd-requires-python",
        (
            r"requires a different Python:? (?P<v>\d[\d.]*) not in '(?P<r>[^']{1,60})'",
            r"Package '(?P<p>[^']{1,100})' requires a different Python",
            r"current Python version \((?P<v>[\d.]+)\) does not satisfy Python(?P<r>\S{1,60})",
            r"Current Python version \([\d.]+\) is not allowed by the project",
        ),
        "A package does not accept this Python.",
        "Its `requires-python` leaves out the version in use.",
        "Use a Python that it accepts in actions/setup-python, or correct `requires-python`.",
        tier="symptom",
    ),
    _pip(
        "bd-hash",
        (
            r"THESE PACKAGES DO NOT MATCH THE HASHES",
            r"hashes are required in --require-hashes mode",
        ),
        "A downloaded file has other bytes than expected.",
        "The requirements file pins hashes, and one is missing or of another file.",
        "Make the hashes again (`pip-compile --generate-hashes`, `uv pip compile --generate-hashes`), and "
        "look at what changed.",
    ),
    _pip(
        "bd-conflict",
        (
            r"because these package versions have conflicting dependencies",
            r"The conflict is caused by:",
            r"ContextualVersionConflict",
            r"ERROR: ResolutionImpossible",
            r"No solution found when resolving",
            r"(?:SolverProblemError|version solving failed)",
        ),
        "Requirements cannot be met together.",
        "They exclude each other, or one of them does not exist.",
        "Loosen or correct in pyproject.toml what is named (uv, poetry: in the lines that begin with "
        "`Because`).",
        hides=("bd-deps",),
        tier="symptom",
        unless=r"Because there (?:is|are) no versions? of \S{1,100}==\S{1,60} and you require|was not found in the package registry",
    ),
    _pip(
        "bd-pkg-resources",
        r"No module named '?pkg_resources'?",
        "`pkg_resources` is gone.",
        "A setup.py or plugin imports it, and recent setuptools no longer has it.",
        "Replace it by `importlib.metadata`, or put `setuptools<81` into `build-system.requires`.",
    ),
    _pip(
        "bd-no-setuptools",
        (
            r"No module named '?setuptools'?(?![\w.])",
            r"No module named '?setuptools\.build_meta",
            r"No module named '?distutils'?(?![\w.])",
            r"Cannot import 'setuptools\.build_meta'",
        ),
        "setuptools is not there.",
        "Python 3.12 and later bring neither setuptools nor distutils, and `build-system.requires` does "
        "not name it.",
        'Write `[build-system] requires = ["setuptools>=77"]`, and install it where setup.py is run '
        "directly.",
    ),
    _pip(
        "bd-stdlib-gone",
        (
            rf"No module named '?(?P<m>{_GONE})'?(?![\w.])",
            r"(?:cannot import name '(?P<m>\w{1,60})' from 'collections'|module '(?:collections|inspect|fractions|unittest|locale)' has no attribute '(?P<n>\w{1,60}))",
        ),
        "This Python no longer has `{m}`.",
        "It was removed (`imp` and others with 3.12, `cgi` and others with 3.13). setup.py, or an old release of what the "
        "traceback names, was written for an older Python.",
        "Upgrade the package that the traceback names; in files of your own import what took its place; or build with an "
        "older Python until then.",
        confidence="likely",
    ),
    _pip(
        "bd-bdist-wheel",
        r"invalid command 'bdist_wheel'",
        "setuptools cannot make wheels here.",
        "The `wheel` package is missing beside an old setuptools.",
        "Build with `python -m build`; or install `wheel`, or setuptools 70.1 or later.",
    ),
    _(
        "bd-import-project",
        (
            r"Getting requirements to build.{0,1500}?ModuleNotFoundError: No module named '(?P<m>[\w.]{1,80})'",
            r"get_requires_for_build_(?:wheel|sdist).{0,1500}?ModuleNotFoundError: No module named '(?P<m>[\w.]{1,80})'",
            r"ModuleNotFoundError: No module named '(?P<m>[\w.]{1,80})' .{0,200}?invoke get_requires_for_build",
            r"(?:setup\.py\"?, line \d+.{0,600}?|\brun_setup\(.{0,300}?)ModuleNotFoundError: No module named '(?P<m>[\w.]{1,80})'",
        ),
        "The build imports `{m}`, which is not there.",
        "setup.py (or the version's source) imports something that isolated builds do not have.",
        "Read the version without importing the package (`attr:` of a literal, or a static version). If "
        "`{m}` is a build tool from PyPI, add it to `build-system.requires`; if it is a module of this "
        "project, {pack}.",
        confidence="likely",
        unless=rf"No module named '(?:setuptools|distutils|pkg_resources|{_GONE})[.']"
        r"|-packages/(?:hatchling|flit_core|poetry|pdm)/[^\" ]{1,80}\", line \d+, in <module>",
    ),
    _(
        "bd-compiler",
        (
            r"command '?[^'|]{0,200}?(?:gcc|g\+\+|cc|clang|cl\.exe|x86_64-linux-gnu-gcc)'? failed",
            r"(?<![\w'-])error: command '(?!rpmbuild)[^'|]{1,200}' failed with exit (?:status|code) \d",
            r"(?:unable to|could ?n[o']t|cannot|failed to) find (?:pkg-config|cmake|ninja|nvcc|gcc|g\+\+|clang|swig|protoc|a compiler)\b",
            r"fatal error: (?P<h>[\w./-]{1,100}\.h(?:pp)?): No such file",
            r"Microsoft Visual C\+\+ \d+\.\d+ (?:or greater )?is required",
            r"unable to execute '?(?:gcc|g\+\+|cc|x86_64-linux-gnu-gcc)",
            r"error: linker `?(?:cc|link\.exe)`? not found",
            r"error: '\w{1,60}' is unavailable: introduced in macOS (?P<v>[\d.]{1,10})",
            r"Unknown compiler\(s\):",
            r"No CMAKE_\w{1,10}_COMPILER could be found",
            # Linkers: GNU's, Apple's, LLVM's.
            r"\bld: (?:symbol\(s\) not found|library not found for|(?:library|framework) '[^']{1,60}' not found)",
            r"(?<![\w-])cannot find -l(?P<l>[\w.+-]{1,60})",
            r"undefined reference to [`']|\bcollect2: error: |\blld: error: |\bfile format not recogni[sz]ed",
            r"could not get a working generator|Building \w{3,10} wheels for Python [\d.]{1,6} requires",
            r"ninja: build stopped: subcommand failed",
            r"\b(?:cc1(?:plus)?|gcc|g\+\+|clang(?:\+\+)?|gfortran|nvcc|swig): (?:fatal )?error: ",
            r"\.(?:c|cc|cpp|cxx|cu|h|hpp|pyx|f|f90):\d+(?::\d+)?: (?:fatal )?error: (?P<w>.{0,160})",
            r"\b(?:fatal error|error) (?:C|LNK)\d{4}: (?P<w>.{0,160})",
            r"error occurred in cc-rs: |\bcl : Command line error D\d{4}|(?<!\S)#error [\"'A-Z]",
            r"error: linking with `[^`]{1,100}` failed",
            r"\b(?:pkg-config|cmake|ninja|swig|gcc|g\+\+|clang|cython|gfortran|nvcc|bazel|protoc|flex|bison|autoconf|libtool|meson|nasm)[`'\"]? (?:is |was |could |executable |compiler ){0,2}(?:unavailable|not found|not be found|not installed|missing)",
        ),
        "The compiled part could not be built.",
        "A compiler, a header or a library is missing, or the code does not compile.",
        "Install what the first error names in the build image (`CIBW_BEFORE_ALL`), or correct the code.",
        tier="symptom",
    ),
    _(
        "bd-killed",
        (
            r"(?:exit code:?|exit status|exited with(?: code)?) 137\b",
            r"\bOOMKilled\b|Killed signal terminated program cc1plus",
            r"\bMemoryError\b|Cannot allocate memory|line \d{1,6}: +\d{1,9} Killed\b",
            r"No space left on device",
            r"Disk quota exceeded",
        ),
        "The machine's memory or disk is full.",
        "The build, or its environments, needed more than the machine has.",
        "Build with fewer parallel jobs (`MAX_JOBS=1`, `CMAKE_BUILD_PARALLEL_LEVEL=1`), leave out what is not "
        "needed (torch and the like are not, to build), free space before, or take a larger runner.",
        tier="symptom",
    ),
    _(
        "bd-readme-missing",
        (
            r"(?:Readme|readme) file does not exist:? ?(?P<f>[^ ]{0,120})",
            rf"(?:FileNotFoundError|error): \[Errno 2\] No such file or directory: '?(?P<f>{_NAMED})",
            r"Description file (?P<f>\S{1,120}) does not exist",
            r"(?:Readme|README) file \S{0,80} (?:does not exist|not found|could not be found)",
            r"license file:? (?P<f>\S{1,120}) does not exist",
            r"license file does not exist: (?P<f>\S{1,120})",
        ),
        "A file that the metadata names is not there.",
        "`{f}` is missing, is spelt otherwise (the case counts), or is not in the sdist.",
        "Correct `readme` or `license-files` in pyproject.toml, commit the file, and for the sdist: {pack}.",
        unless=_SCRIPT,
        hides=("bd-file-missing",),
    ),
    _(
        "bd-file-missing",
        (
            r"setup\.py.{0,400}?FileNotFoundError: \[Errno 2\] No such file or directory: '?(?P<f>[^' ]{1,160})",
            r"(?:build_meta|get_requires_for_build|hatchling|flit_core|poetry/core|pdm/backend).{0,1200}?FileNotFoundError: \[Errno 2\] No such file or directory: '?(?P<f>[^' ]{1,160})",
            r"error: can't copy '(?P<f>[^']{1,160})': doesn't exist",
            r"No such file or directory: '?(?P<f>[^' ]{0,160}requirements[\w./-]*\.txt)",
            r"No such file or directory: '?(?P<f>[^' ]{0,160}(?:VERSION|version)(?:\.txt|\.py)?)'",
            r"'(?P<f>[^']{1,160}\.(?:pyx|pxd|c|cpp))' (?:not found|doesn't match any files)",
            r"Forced include not found: ?(?P<f>[^ ]{0,160})",
            r"Build script does not exist: (?P<f>[^ ]{1,160})",
        ),
        "The build reads `{f}`, which is not there.",
        "The file is not committed, or the sdist lacks it: `python -m build` builds the wheel from the "
        "sdist.",
        "Commit `{f}` (or take it out of `force-include`), and for the sdist: {pack}. A version or a list of "
        "dependencies in pyproject.toml itself needs no file.",
        tier="symptom",
        unless=r"Could not open requirements file",
    ),
    _(
        "bd-zip-1980",
        r"ZIP does not support timestamps before 1980",
        "A file is older than a wheel can say.",
        "A file's date (or SOURCE_DATE_EPOCH) is before 1980, as in some containers and archives.",
        "Set `SOURCE_DATE_EPOCH=315532800` or later for the build, for example "
        "`git log -1 --pretty=%ct`.",
    ),
    _(
        "bd-encoding",
        r"UnicodeDecodeError: '(?P<c>charmap|cp\d+|ascii|gbk|mbcs)' codec can't decode",
        "A file was read in the machine's own encoding (`{c}`), and is not written in it.",
        "`open()` without `encoding=` takes the machine's; on Windows, and in bare containers, that is not "
        "UTF-8.",
        'Read it with `open(…, encoding="utf-8")` (in setup.py mostly the readme), or set `PYTHONUTF8=1` in '
        "the job.",
    ),
    _(
        "bd-syntax",
        r"\b(?:Syntax|Indentation|Tab)Error: (?P<w>[^.]{0,120})",
        "A file does not parse with the Python of the build.",
        "Python says: {w}. The code is newer than the Python that builds it, or the file is broken.",
        "Build with a Python that `requires-python` names, or correct the file and line that the traceback "
        "shows.",
        tier="symptom",
        unless=r"\bline \d+:? +404: Not Found",
    ),
    _(
        "bd-make-target",
        r"No rule to make target [`'](?P<t>[^'`]{1,80})'",
        "The Makefile has no target `{t}`.",
        "The target is misspelt or gone, or make was run in another folder; for a file: it was not made.",
        "`make -qp | grep -E '^[a-z-]+:'` lists the targets; correct the name in the step.",
        tool="make",
        link="",
    ),
    _(
        "bd-project-table",
        (
            r"(?:project|`project`|\[project\])[^.]{0,60}? must contain (?:the )?`?'?(?:name|version)",
            r"No `project` table found",
            r"Field `project\.(?P<f>[\w-]+)` (?:is required|must be)",
            r"`project\.(?P<f>[\w-]+)` (?:must be|is required|should be|is invalid)",
            r"Field \"?project\.(?P<f>[\w.-]+)\"? (?:has an invalid type|is missing|missing|declared as dynamic)",
            r"project\.(?P<f>[\w-]+) (?:must not be|cannot be|must be) ",
            r"ConfigurationError: (?:Field|Missing|Both|Neither|The|Unsupported) .{0,120}?project\.(?P<f>[\w-]+)",
            r"Invalid pyproject\.toml:? ?(?P<w>.{0,160})",
        ),
        "`[project]` in pyproject.toml does not follow its specification.",
        "The field `{f}` is missing or has the wrong type.",
        f"Compare it with {_PYPROJECT}; `validate-pyproject pyproject.toml` checks the whole file.",
        link=_PYPROJECT,
        tier="symptom",
    ),
    _(
        "bd-dynamic-static",
        (
            r"(?:declared|defined) (?:both )?(?:as )?(?:static|statically).{0,40}? (?:and|but).{0,20}? dynamic",
            r"Metadata field `?(?P<f>[\w-]+)`? cannot be both statically defined and listed in field `?project\.dynamic",
            r"You cannot provide a value for `project\.(?P<f>[\w-]+)` and list it under `project\.dynamic`",
        ),
        "`{f}` is both given and declared dynamic.",
        "A field is either static or in `project.dynamic`.",
        "Remove one of the two in pyproject.toml.",
        hides=("be-hatch-metadata-missing",),
    ),
    _pytest(
        "bd-test-failed",
        (
            r"=+ .{0,60}?\b\d+ failed\b.{0,80}? in \d",
            r"FAILED \(failures=\d+",
            r"short test summary info|(?<!\S)FAILED \S{1,200}::\S",
            r"(?:FAIL )?Required test coverage of (?P<n>[\d.]+)% not reached",
            r"Coverage failure: total of [\d.]+ is less than fail-under=(?P<n>[\d.]+)",
        ),
        "Tests failed, or cover too little, before anything was published.",
        "The publishing job waits for the tests.",
        "Fix the tests or the code (or lower the limit `fail_under`), then release the fixed commit.",
        tier="symptom",
    ),
    _(
        "bd-option-gone",
        (
            r"The option \"--(?P<o>[\w-]+)\" does not exist",
            r"The \"--(?P<o>[\w-]+)\" option does not exist",
            r"(?P<t>[\w-]{2,40}): error: (?:unrecognized arguments|no such option): --(?P<o>[\w-]+)",
            r"error: unexpected argument '--(?P<o>[\w-]+)' found",
            r"No such option: --(?P<o>[\w-]+)",
            r"error: option --(?P<o>[\w-]+) not recognized",
            r"\bno such option: --(?P<o>[\w-]+)",
            r"unknown flag: --(?P<o>[\w-]+)",
            r"option \"?--(?P<k>no-dev|dev|sync|no-update)\"? does not exist",
            r"the (?:requested )?command \"?(?P<k>\w+)\"? does not exist",
        ),
        "The command has no option `--{o}`.",
        "The tool has dropped it or does not have it yet: its version is not the one that the step was "
        "written for.",
        "See the tool's `--help` and changelog; remove the option, or pin the tool's version in the step "
        "(poetry 2: `poetry lock` without `--no-update`, `poetry sync` for `poetry install --sync`).",
        tool="command line",
        link="",
        confidence="likely",
        tier="symptom",
        unless=r"cibuildwheel: error",
    ),
    _(
        "sh-redirect",
        r"(?:adding|Adding|Untracked files:|create mode \d+) .{0,200}?['\" ]=\d+(?:\.\d+)+",
        "A stray file whose name starts with `=` is in the tree.",
        "`pip install name>=2.0` without quotes: the shell wrote pip's output to a file `=2.0`.",
        "Quote the requirement (`'name>=2.0'`), and delete the file.",
        tool="shell",
        link="",
        tier="symptom",
    ),
    _(
        "be-zero",
        (
            r"Successfully built [\w.]{1,100}-0\.0\.0(?:\.tar\.gz|-py)",
            r"\b[\w.]{1,100}-0\.0\.0(?:\.tar\.gz|-\w+-\w+-\w+\.whl)",
            r"(?:UNKNOWN|unknown)-0\.0\.0",
        ),
        "The build found no version and made 0.0.0.",
        "{backend_package} was given no version: it is dynamic without a source, `[project]` was not read "
        "by an old setuptools, or the version file is missing.",
        'Give `project.version`; with setuptools 61 or later also `[tool.setuptools.dynamic] version = {attr = "{package}.__version__"}`.',
        tool="setuptools",
        silent=True,
        link="https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html",
        tier="symptom",
    ),
)
