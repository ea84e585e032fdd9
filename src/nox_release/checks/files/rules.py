"""Every rule on distribution files, as data: what it asks, why, and the remedy.

`REFUSALS` are PyPI's own (see `checks.upload` for their source); an `error` there is a refusal.
`REMARKS` are ours: files that PyPI takes and that make trouble afterwards. `UNEXAMINED` says that
we stopped looking.
"""

from __future__ import annotations

from nox_release.core.findings import Rule, Severity

_METADATA = "https://packaging.python.org/en/latest/specifications/core-metadata/"
_PYPROJECT = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"
_WHEEL = "https://packaging.python.org/en/latest/specifications/binary-distribution-format/"
_SDIST = "https://packaging.python.org/en/latest/specifications/source-distribution-format/"
_VERSIONS = "https://packaging.python.org/en/latest/specifications/version-specifiers/"
_DEPENDENCIES = "https://packaging.python.org/en/latest/specifications/dependency-specifiers/"
_NAMES = "https://packaging.python.org/en/latest/specifications/name-normalization/"
_LICENCES = "https://packaging.python.org/en/latest/specifications/license-expression/"
_ENTRY_POINTS = "https://packaging.python.org/en/latest/specifications/entry-points/"
_TAGS = "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/"
_RECORD = "https://packaging.python.org/en/latest/specifications/recording-installed-packages/"
_ARCHIVES = "https://docs.pypi.org/archives/"
_LIMITS = "https://docs.pypi.org/project-management/storage-limits/"
_HELP = "https://pypi.org/help/#"
_REBUILD = "Build the file again with `nox -s build` (or `python -m build`) and do not repack it."


def _rule(  # the fields of a Rule, in the order in which they are read
    slug: str,
    title: str,
    why: str,
    remedy: str,
    link: str = _METADATA,
    severity: Severity = Severity.ERROR,
) -> Rule:
    return Rule(
        id=slug,
        subject="distributions",
        severity=severity,
        title=title,
        why=why,
        remedy=remedy,
        link=link,
    )


FORM = (
    _rule(
        "form-name",
        "the name is one that PyPI takes",
        "PyPI takes ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
        "Change `project.name`.",
        _NAMES,
    ),
    _rule(
        "form-filetype",
        "the file is an sdist or a wheel",
        "Eggs, installers and other archives are no longer taken.",
        "Build an sdist and a wheel: `python -m build`.",
        "https://peps.python.org/pep-0715/",
    ),
    _rule(
        "form-pyversion",
        "the upload says for which Python the file is",
        "Uploads name `source` for an sdist and the wheel's own tag for a wheel.",
        "Upload with twine or the publishing action.",
        "https://docs.pypi.org/api/upload/",
    ),
    _rule(
        "form-digest",
        "the upload comes with a digest",
        "PyPI compares the bytes it got with the digest that was sent.",
        "Upload with twine or the publishing action.",
        "https://docs.pypi.org/api/upload/",
    ),
    _rule(
        "protocol-version",
        "the upload speaks protocol version 1",
        "There is no other version.",
        "Upload with twine or the publishing action.",
        "https://docs.pypi.org/api/upload/",
    ),
)

CORE_METADATA = (
    _rule(
        "metadata-version",
        "the metadata version is one that PyPI takes",
        "PyPI takes 1.0, 1.1, 1.2 and 2.1 to 2.5. A backend newer than PyPI writes a later one.",
        "Pin the build backend in `build-system.requires` to a release that writes at most 2.5.",
    ),
    _rule(
        "name-required",
        "the metadata have a name",
        "Without a name there is no project to upload to.",
        "Set `project.name`.",
        _PYPROJECT,
    ),
    _rule(
        "name-invalid",
        "the name in the metadata is valid",
        "Names are ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
        "Change `project.name`.",
        _NAMES,
    ),
    _rule(
        "version-required",
        "the metadata have a version",
        "Without a version there is no release to upload to.",
        "Set `project.version`, or make it dynamic and let the backend find it.",
        _PYPROJECT,
    ),
    _rule(
        "version-invalid",
        "the version is a valid one",
        "Versions must follow the version specification (PEP 440) to be compared.",
        "Write the version like `1.2.3`, `1.2.3rc1` or `1.2.3.post1` in `project.version`.",
        _VERSIONS,
    ),
    _rule(
        "summary-one-line",
        "the summary is one line",
        "The summary is shown beside the name, in lists and in search.",
        "Join `project.description` to one line.",
        f"{_METADATA}#summary",
    ),
    _rule(
        "description-content-type",
        "the README's content type is known",
        "PyPI shows plain text, reStructuredText and Markdown.",
        "Give `project.readme` as a file ending in .md, .rst or .txt, or set its `content-type` "
        "to text/markdown, text/x-rst or text/plain.",
        f"{_METADATA}#description-content-type",
    ),
    _rule(
        "description-charset",
        "the README is declared as UTF-8",
        "Metadata are UTF-8, and the only charset that PyPI takes is spelt `UTF-8`.",
        "Save the README as UTF-8 and leave `charset` out of `project.readme`, or write UTF-8.",
        f"{_METADATA}#description-content-type",
    ),
    _rule(
        "markdown-variant",
        "the Markdown variant is known",
        "The variants are GFM and CommonMark, spelt so.",
        "Leave `variant` out of the content type in `project.readme`.",
        f"{_METADATA}#description-content-type",
    ),
    _rule(
        "requires-dist-syntax",
        "every dependency can be parsed",
        "Installers could not read it either.",
        'Write dependencies like `name>=1.0; python_version < "3.11"` in `project.dependencies`.',
        _DEPENDENCIES,
    ),
    _rule(
        "requires-python-syntax",
        "`requires-python` can be parsed",
        "Installers choose a release by it; `^3.9` or `>=3.9.*` mean nothing to them.",
        "Write `project.requires-python` like `>=3.9`.",
        _VERSIONS,
    ),
    _rule(
        "provides-extra-name",
        "every extra has a valid name",
        "Extras are named like projects: letters, digits, `.`, `_` and `-`.",
        "Rename the extra in `project.optional-dependencies`.",
        f"{_METADATA}#provides-extra-multiple-use",
    ),
    _rule(
        "license-expression-invalid",
        "the licence is an SPDX expression",
        "License-Expression holds SPDX identifiers, joined by AND, OR and WITH.",
        "Set `project.license` to an expression such as `MIT` or `Apache-2.0 OR MIT`; a licence "
        "of your own is `LicenseRef-` and a name of letters, digits, `.` and `-`.",
        _LICENCES,
    ),
    _rule(
        "license-file-path",
        "licence files are plain relative paths",
        "Licence files lie inside the distribution; patterns are for pyproject.toml only.",
        "Keep the licence inside the project and name it in `project.license-files`.",
        f"{_METADATA}#license-file-multiple-use",
    ),
    _rule(
        "dynamic-field",
        "only optional fields are dynamic",
        "Name, version and metadata version of a distribution are fixed.",
        "Build with a newer backend; Dynamic is the backend's to write.",
        f"{_METADATA}#dynamic-multiple-use",
    ),
    _rule(
        "dynamic-unknown",
        "dynamic fields are known",
        "PyPI keeps its own list of fields that may be dynamic.",
        "Build with a newer backend; Dynamic is the backend's to write.",
        f"{_METADATA}#dynamic-multiple-use",
    ),
    _rule(
        "import-name",
        "import names can be imported",
        "Import-Name and Import-Namespace hold dotted Python identifiers.",
        "Correct `project.import-names` or `project.import-namespaces`.",
        "https://peps.python.org/pep-0794/",
    ),
    _rule(
        "field-too-new",
        "the metadata version is new enough for every field",
        "A field may be used only with the metadata version that introduced it, or a later one.",
        "Build with a newer release of the backend, which writes a newer metadata version.",
    ),
    _rule(
        "field-unparsed",
        "no field is given twice",
        "PyPI does not choose between two values of one field, or two addresses of one label.",
        "Give the field once; labels in `project.urls` must differ.",
    ),
    _rule(
        "local-version",
        "the version has no local part",
        "Versions with a `+` are for a distributor's own rebuilds and cannot be released.",
        "Release from a tagged, clean commit; with setuptools-scm or hatch-vcs set "
        '`local_scheme = "no-local-version"` for development releases.',
        f"{_VERSIONS}#local-version-identifiers",
    ),
    _rule(
        "summary-length",
        "the summary has at most 512 characters",
        "PyPI's limit; a summary is one sentence.",
        "Shorten `project.description` and move the rest to the README.",
        f"{_METADATA}#summary",
    ),
    _rule(
        "author-email",
        "the author's e-mail address is valid",
        "PyPI checks the address with email-validator (its form, not whether mail arrives).",
        "Correct the `email` in `project.authors`, or leave it out.",
        f"{_METADATA}#author-email",
    ),
    _rule(
        "maintainer-email",
        "the maintainer's e-mail address is valid",
        "PyPI checks the address with email-validator (its form, not whether mail arrives).",
        "Correct the `email` in `project.maintainers`, or leave it out.",
        f"{_METADATA}#maintainer-email",
    ),
    _rule(
        "classifier-unknown",
        "every classifier is known",
        "PyPI takes the classifiers of its list only. `Private :: …` is refused on purpose.",
        "Choose from https://pypi.org/classifiers/ for `project.classifiers`.",
        "https://pypi.org/classifiers/",
    ),
    _rule(
        "classifier-deprecated",
        "no classifier is deprecated",
        "PyPI refuses classifiers that were replaced.",
        "Replace it in `project.classifiers`.",
        "https://pypi.org/classifiers/",
    ),
    _rule(
        "home-page",
        "the home page is an http(s) address",
        "PyPI links to it.",
        "Write the whole address, `https://…`.",
        f"{_METADATA}#home-page",
    ),
    _rule(
        "download-url",
        "the download address is an http(s) address",
        "PyPI links to it.",
        "Write the whole address, `https://…`, or leave it out.",
        f"{_METADATA}#download-url",
    ),
    _rule(
        "project-url-label",
        "every project URL has a label of at most 32 characters",
        "The label is what PyPI shows in the sidebar.",
        "Shorten the key in `project.urls`; commas belong in neither key nor address.",
        f"{_METADATA}#project-url-multiple-use",
    ),
    _rule(
        "project-url-url",
        "every project URL is an http(s) address",
        "PyPI links to it.",
        "Write the whole address, `https://…`, in `project.urls`.",
        f"{_METADATA}#project-url-multiple-use",
    ),
    _rule(
        "provides-obsoletes-dist",
        "Provides-Dist and Obsoletes-Dist can be parsed",
        "They are written like dependencies, without addresses.",
        "Correct or drop them; few installers read them.",
        f"{_METADATA}#provides-dist-multiple-use",
    ),
    _rule(
        "direct-dependency",
        "no dependency is an address",
        "What is on PyPI may depend on what is on PyPI only, in extras too.",
        "Name a released version in `project.dependencies`; keep addresses in "
        "`[dependency-groups]`, which is not published.",
        _DEPENDENCIES,
    ),
    _rule(
        "license-both",
        "License and License-Expression are not used together",
        "The expression replaces the old text.",
        'Keep `project.license = "SPDX expression"` and drop the other form.',
        _LICENCES,
    ),
)

NAMES = (
    _rule(
        "name-syntax",
        "the name is one that PyPI takes",
        "PyPI takes ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
        "Change `project.name`.",
        _NAMES,
    ),
    _rule(
        "name-stdlib",
        "the name is none of the standard library's",
        "A project of that name would be mistaken for the module; PyPI lets nobody register it. "
        "(Projects older than the rule may keep theirs.)",
        "Choose another `project.name`.",
        f"{_HELP}project-name",
    ),
)

DESCRIPTION = (
    _rule(
        "description-render",
        "the README renders on PyPI",
        "PyPI renders reStructuredText strictly: any warning refuses the upload. Directives and "
        "roles of Sphinx are unknown to it, and an empty page is refused too.",
        "Run `twine check` for the line, use plain reStructuredText, or switch the README to "
        "Markdown.",
        f"{_HELP}description-content-type",
    ),
)

FILENAMES = (
    _rule(
        "filename-empty",
        "the file has a name",
        "PyPI's program fails on an upload without a filename (500).",
        "Upload the file under the name that the backend gave it.",
        _WHEEL,
    ),
    _rule(
        "filename-control-chars",
        "the filename is printable",
        "PyPI's storage does not take control characters.",
        _REBUILD,
        _WHEEL,
    ),
    _rule(
        "filename-separator",
        "the filename has no slash",
        "PyPI takes filenames, not paths.",
        _REBUILD,
        _WHEEL,
    ),
    _rule(
        "filename-too-long",
        "the filename is short enough",
        "A file system takes 255 bytes; a wheel's name is stored with `.metadata` added.",
        "Shorten `project.name`, or the list of tags.",
        _WHEEL,
    ),
    _rule(
        "extension-unknown",
        "the file is a .tar.gz or a .whl",
        "PyPI takes sdists as .tar.gz and wheels as .whl.",
        "Build again: `python -m build`.",
        "https://peps.python.org/pep-0527/",
    ),
    _rule(
        "extension-for-type",
        "the extension fits the kind of file",
        "Extensions are compared with case: `.WHL` is none.",
        "Name the file as the backend did.",
        "https://peps.python.org/pep-0527/",
    ),
    _rule(
        "sdist-filename-parse",
        "the sdist's filename holds name and version",
        "Installers take name and version from `name-version.tar.gz`.",
        _REBUILD,
        f"{_SDIST}#source-distribution-file-name",
    ),
    _rule(
        "sdist-filename-name",
        "the sdist's filename begins with the project's name",
        "The filename must name the project that its metadata name.",
        _REBUILD,
        f"{_SDIST}#source-distribution-file-name",
    ),
    _rule(
        "sdist-filename-exact",
        "the sdist is named after the normalised name and version",
        "Since 2025 PyPI takes only `{normalised_name}-{version}.tar.gz` (PEP 625). The wheel "
        "may pass all the same, which leaves half a release.",
        "Build with a current backend (setuptools ≥ 69.3, poetry-core ≥ 1.5); renaming the file "
        "also does, if the directory inside agrees.",
        "https://peps.python.org/pep-0625/",
    ),
    _rule(
        "wheel-filename-parse",
        "the wheel's filename has five or six valid parts",
        "Installers read name, version and tags from it.",
        "Let the backend name the wheel.",
        f"{_WHEEL}#file-name-convention",
    ),
    _rule(
        "wheel-filename-name",
        "the wheel's filename begins with the project's name",
        "The filename must name the project that its metadata name.",
        _REBUILD,
        f"{_WHEEL}#file-name-convention",
    ),
    _rule(
        "wheel-filename-normalised",
        "the name in the wheel's filename is normalised",
        "Lower case, and every run of `-`, `_` and `.` as one `_`.",
        "Build with a current backend (setuptools ≥ 75.8.1, wheel ≥ 0.45).",
        f"{_WHEEL}#escaping-and-unicode",
    ),
    _rule(
        "wheel-filename-version",
        "the version in the wheel's filename is that of its metadata",
        "Installers choose by the filename and record the metadata.",
        _REBUILD,
        f"{_WHEEL}#file-name-convention",
    ),
    _rule(
        "wheel-platform",
        "every platform tag is one that PyPI takes",
        "A plain `linux_x86_64` promises nothing about the libraries of other machines.",
        "Build wheels with cibuildwheel, or repair them: auditwheel on Linux, delocate on macOS.",
        _TAGS,
    ),
)

SIZES = (
    _rule(
        "file-too-large",
        "the file is not too large",
        "A project may upload files of 100 MB unless PyPI has raised its limit.",
        "Leave out data and tests, or ask for a higher limit before the release.",
        _LIMITS,
    ),
)

ARCHIVES = (
    _rule(
        "zip-and-tar",
        "the file is one kind of archive",
        "What reads as zip and as tar reads differently to different tools.",
        _REBUILD,
        _ARCHIVES,
    ),
    _rule("not-zip", "a wheel is a zip file", "It cannot be opened.", _REBUILD, _WHEEL),
    _rule("not-tar", "an sdist is a tar file", "It cannot be opened.", _REBUILD, _SDIST),
    _rule(
        "compression-bomb",
        "the file does not unpack to a multiple of its size",
        "PyPI refuses more than fifty times the size, above 64 MiB.",
        "Leave the data out, or store it compressed once.",
        _ARCHIVES,
    ),
    _rule(
        "compression-type",
        "members are stored or deflated",
        "Not every installer can read bzip2 or LZMA in a zip.",
        _REBUILD,
        _ARCHIVES,
    ),
    _rule(
        "zip-framing",
        "the zip reads the same from the front and from the back",
        "Two readers must not see two different wheels in one file.",
        "Unzip it and zip it again with `python -m zipfile`, or build it again.",
        _ARCHIVES,
    ),
    _rule(
        "one-top-level",
        "everything in the sdist is in one directory",
        "Installers unpack an sdist and enter the one directory in it.",
        _REBUILD,
        f"{_SDIST}#source-distribution-archive-features",
    ),
    _rule(
        "sdist-absolute-member",
        "no path in the sdist is absolute",
        "PyPI's program fails on an sdist that mixes absolute and relative paths (500).",
        _REBUILD,
        f"{_SDIST}#source-distribution-archive-features",
    ),
    _rule(
        "sdist-sparse",
        "the sdist has no sparse members",
        "Sparse files are a GNU extension that not every reader knows.",
        "Pack without `tar --sparse`; the backend never uses it.",
        _ARCHIVES,
    ),
    _rule(
        "pkg-info-missing",
        "the sdist has a PKG-INFO in its directory",
        "That file says what the sdist is.",
        "Build with `python -m build --sdist`; an archive of the repository is no sdist.",
        f"{_SDIST}#source-distribution-file-format",
    ),
    _rule(
        "wheel-file-missing",
        "the wheel has a WHEEL file where its name says",
        "The .dist-info directory must be named exactly as the filename begins.",
        "Build with a current backend; do not rename wheels.",
        f"{_WHEEL}#file-contents",
    ),
    _rule(
        "wheel-metadata-missing",
        "the wheel has a METADATA file where its name says",
        "That file says what the wheel is.",
        _REBUILD,
        f"{_WHEEL}#file-contents",
    ),
    _rule(
        "wheel-record-missing",
        "the wheel has a readable RECORD",
        "Installers uninstall by it.",
        "Build again, or rewrite it with `wheel pack`.",
        _RECORD,
    ),
    _rule(
        "wheel-record-blank-line",
        "RECORD has no blank line",
        "PyPI's program fails on one (500).",
        "Build again, or rewrite it with `wheel pack`.",
        _RECORD,
    ),
    _rule(
        "wheel-entry-points",
        "the entry points are well-formed",
        "Installers make a script of each name, so it must be a filename.",
        "Correct the keys in `project.scripts`, `project.gui-scripts` and `project.entry-points`.",
        _ENTRY_POINTS,
    ),
    _rule(
        "wheel-license-file",
        "every licence file that the metadata name is in the wheel",
        "From metadata 2.4 on, License-File names a file below `.dist-info/licenses/`.",
        "Check `project.license-files`; build with a backend that knows PEP 639.",
        f"{_METADATA}#license-file-multiple-use",
    ),
    _rule(
        "sdist-license-file",
        "every licence file that the metadata name is in the sdist",
        "From metadata 2.4 on, License-File names a file of the sdist, case included.",
        "Check `project.license-files`, and that the files are not excluded from the sdist.",
        f"{_METADATA}#license-file-multiple-use",
    ),
    _rule(
        "yara",
        "no module is encrypted",
        "PyPI's acceptable use policy asks for code that can be read.",
        "Publish the source instead of PyArmor's or SourceDefender's output.",
        "https://policies.python.org/pypi.org/Acceptable-Use-Policy/",
    ),
    _rule(
        "archive-corrupt",
        "the archive can be read through",
        "A checksum is wrong, or the end is missing.",
        _REBUILD,
        _ARCHIVES,
    ),
    _rule(
        "archive-truncated",
        "the archive is all there",
        "It ends within its first header; PyPI's program fails on it (500).",
        _REBUILD,
        _ARCHIVES,
    ),
    _rule(
        "archive-unreadable",
        "the archive can be opened",
        "PyPI's program fails on it (500).",
        _REBUILD,
        _ARCHIVES,
    ),
    _rule(
        "archive-member-unreadable",
        "every member that PyPI reads can be read",
        "It is damaged or encrypted; PyPI's program fails on it (500).",
        _REBUILD,
        _ARCHIVES,
    ),
)

TOGETHER = (
    _rule(
        "same-content",
        "no two files have the same content",
        "PyPI knows files by their content too: the second one is refused, even under another "
        "project's name.",
        "Upload one of them; rebuild the other if it is meant to differ.",
        f"{_HELP}file-name-reuse",
    ),
    _rule(
        "file-exists",
        "no two files have the same name",
        "PyPI takes a filename once.",
        "Upload one of them.",
        f"{_HELP}file-name-reuse",
    ),
    _rule(
        "second-sdist",
        "there is one sdist for each version",
        "PyPI takes only one sdist per release.",
        "Delete the other one.",
        _SDIST,
    ),
)

REFUSALS = (
    *FORM,
    *CORE_METADATA,
    *NAMES,
    *DESCRIPTION,
    *FILENAMES,
    *SIZES,
    *ARCHIVES,
    *TOGETHER,
)

UNEXAMINED = (
    _rule(
        "file-unreadable",
        "the file can be read",
        "A file that cannot be read cannot be uploaded.",
        "Check the path and its permissions.",
        _SDIST,
    ),
    _rule(
        "archive-not-examined",
        "the file is not out of all proportion",
        "It unpacks to more than any file on PyPI does, so it was not read to its end.",
        "Look at what is in it before it is uploaded.",
        _ARCHIVES,
    ),
)

REMARKS = (
    _rule(
        "wheel-record-mismatch",
        "RECORD lists what is in the wheel",
        "PyPI takes the wheel and sends an e-mail; it has announced to refuse such wheels, and "
        "strict installers refuse them today.",
        "Do not change a wheel after it was built; `wheel unpack` and `wheel pack` rewrite RECORD.",
        _RECORD,
        Severity.WARNING,
    ),
    _rule(
        "member-outside",
        "no path leads outside the archive",
        "PyPI takes it; installers refuse the whole file, or write where they should not.",
        _REBUILD,
        f"{_SDIST}#source-distribution-archive-features",
        Severity.WARNING,
    ),
    _rule(
        "member-link",
        "no link leads outside, and a wheel has none",
        "PyPI takes it; pip refuses links that leave the sdist, and writes a wheel's as text.",
        "Pack the file itself instead of the link.",
        f"{_SDIST}#source-distribution-archive-features",
        Severity.WARNING,
    ),
    _rule(
        "member-device",
        "members are files and directories",
        "PyPI takes it; installers refuse devices and pipes.",
        "Leave them out of the sdist.",
        f"{_SDIST}#source-distribution-archive-features",
        Severity.WARNING,
    ),
    _rule(
        "member-twice",
        "no member is there twice",
        "PyPI takes it; which of the two is unpacked depends on the tool.",
        _REBUILD,
        f"{_SDIST}#source-distribution-archive-features",
        Severity.WARNING,
    ),
    _rule(
        "sdist-other-directory",
        "the sdist's directory is named like the file",
        "PyPI takes it; distributors' tools expect `{name}-{version}`.",
        _REBUILD,
        f"{_SDIST}#source-distribution-file-format",
        Severity.WARNING,
    ),
    _rule(
        "sdist-unpacks-large",
        "the sdist does not unpack to a multiple of its size",
        "PyPI checks this in wheels only, but scanners and mirrors may give up.",
        "Leave the data out of the sdist.",
        _ARCHIVES,
        Severity.WARNING,
    ),
    _rule(
        "twine-refuses",
        "twine can send the metadata",
        "PyPI would take the file, but twine 7 refuses to upload it.",
        "Build with a current backend, and keep README and metadata in UTF-8.",
        _METADATA,
        Severity.WARNING,
    ),
    _rule(
        "description-not-rendered",
        "the README is short enough to be tried",
        "Rendering takes long; PyPI gives up on requests that do.",
        "Keep the changelog out of the README.",
        f"{_HELP}description-content-type",
        Severity.WARNING,
    ),
    _rule(
        "description-missing",
        "there is a README to show",
        "The project's page on PyPI stays empty; `twine check --strict` fails.",
        "Set `project.readme`.",
        f"{_METADATA}#description",
        Severity.WARNING,
    ),
    _rule(
        "description-type-missing",
        "the README's content type is declared",
        "PyPI takes it for reStructuredText; `twine check --strict` fails.",
        "Give `project.readme` as a file ending in .md, .rst or .txt; in a setup.py, "
        "`long_description_content_type`.",
        f"{_METADATA}#description-content-type",
        Severity.WARNING,
    ),
    _rule(
        "wheel-format",
        "WHEEL says a wheel version that installers know",
        "PyPI does not read the file; installers refuse versions above 1.",
        _REBUILD,
        f"{_WHEEL}#file-contents",
        Severity.WARNING,
    ),
    _rule(
        "wheel-native-any",
        "a wheel with compiled code names its platform",
        "Tagged `any` it is installed everywhere, and works on the machine that built it.",
        "Let the backend know that there is an extension module; build with cibuildwheel.",
        _TAGS,
        Severity.WARNING,
    ),
    _rule(
        "entry-point-object",
        "every entry point names an object",
        "PyPI takes it; the script fails when it is called.",
        "Write `module:function` in `project.scripts`.",
        _ENTRY_POINTS,
        Severity.WARNING,
    ),
    _rule(
        "extra-undeclared",
        "every extra that a dependency asks for is declared",
        "Nobody can ask for it, so the dependency is never installed.",
        "Declare the extra in `project.optional-dependencies`.",
        f"{_METADATA}#provides-extra-multiple-use",
        Severity.WARNING,
    ),
    _rule(
        "several-versions",
        "the files are of one release",
        "An older file in dist/ is refused as existing already, after the others went through.",
        "Empty dist/ before building, or name the files of one version.",
        "https://packaging.python.org/en/latest/tutorials/packaging-projects/",
        Severity.WARNING,
    ),
    _rule(
        "half-release",
        "all files of a release pass, or none",
        "Files are uploaded one after the other: those that pass stay, and their names are used "
        "up. The version is then half released.",
        "Mend the refused file before uploading any.",
        f"{_HELP}file-name-reuse",
        Severity.WARNING,
    ),
)

RULES: tuple[Rule, ...] = (*REFUSALS, *UNEXAMINED, *REMARKS)

NAMES_FROM_BEFORE = frozenset(
    {
        "argparse",
        "configparser",
        "contextvars",
        "dataclasses",
        "future",
        "importlib-metadata",
        "importlib-resources",
        "ipaddress",
        "pathlib-abc",
        "typing",
    }
)
"""Names like those of standard library modules that widely used projects have had on PyPI since
before the rule, which is for new projects only: from the files alone these are no refusal.
"""
