"""Every rule on distribution files, as data: what it asks, why, and the remedy.

`REFUSALS` are PyPI's own (see `checks.upload` for their source); an `error` there is a refusal.
`REMARKS` are ours: files that PyPI takes and that make trouble afterwards. `UNEXAMINED` says that
we stopped looking.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nox_release.core.findings import Rule, Severity

if TYPE_CHECKING:
    from nox_release.checks.upload.refusals import Refusal

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


def _rule(severity: Severity, slug: str, title: str, **words: str) -> Rule:
    return Rule(slug, severity, title, **{"subject": "distributions", "link": _METADATA, **words})


_refusal = partial(_rule, Severity.ERROR)
_remark = partial(_rule, Severity.WARNING)

FORM = (
    _refusal(
        "form-name",
        "the name is one that PyPI takes",
        why="PyPI takes ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
        remedy="Change `project.name`.",
        link=_NAMES,
    ),
    _refusal(
        "form-filetype",
        "the file is an sdist or a wheel",
        why="Eggs, installers and other archives are no longer taken.",
        remedy="Build an sdist and a wheel: `python -m build`.",
        link="https://peps.python.org/pep-0715/",
    ),
)

CORE_METADATA = (
    _refusal(
        "metadata-version",
        "the metadata version is one that PyPI takes",
        why="PyPI takes 1.0, 1.1, 1.2 and 2.1 to 2.5. A backend newer than PyPI writes a later one.",
        remedy="Pin the build backend in `build-system.requires` to a release that writes at most 2.5.",
    ),
    _refusal(
        "name-required",
        "the metadata have a name",
        why="Without a name there is no project to upload to.",
        remedy="Set `project.name`.",
        link=_PYPROJECT,
    ),
    _refusal(
        "name-invalid",
        "the name in the metadata is valid",
        why="Names are ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
        remedy="Change `project.name`.",
        link=_NAMES,
    ),
    _refusal(
        "version-required",
        "the metadata have a version",
        why="Without a version there is no release to upload to.",
        remedy="Set `project.version`, or make it dynamic and let the backend find it.",
        link=_PYPROJECT,
    ),
    _refusal(
        "version-invalid",
        "the version is a valid one",
        why="Versions must follow the version specification (PEP 440) to be compared.",
        remedy="Write the version like `1.2.3`, `1.2.3rc1` or `1.2.3.post1` in `project.version`.",
        link=_VERSIONS,
    ),
    _refusal(
        "summary-one-line",
        "the summary is one line",
        why="The summary is shown beside the name, in lists and in search.",
        remedy="Join `project.description` to one line.",
        link=f"{_METADATA}#summary",
    ),
    _refusal(
        "description-content-type",
        "the README's content type is known",
        why="PyPI shows plain text, reStructuredText and Markdown.",
        remedy="Give `project.readme` as a file ending in .md, .rst or .txt, or set its `content-type` "
        "to text/markdown, text/x-rst or text/plain.",
        link=f"{_METADATA}#description-content-type",
    ),
    _refusal(
        "description-charset",
        "the README is declared as UTF-8",
        why="Metadata are UTF-8, and the only charset that PyPI takes is spelt `UTF-8`.",
        remedy="Save the README as UTF-8 and leave `charset` out of `project.readme`, or write UTF-8.",
        link=f"{_METADATA}#description-content-type",
    ),
    _refusal(
        "markdown-variant",
        "the Markdown variant is known",
        why="The variants are GFM and CommonMark, spelt so.",
        remedy="Leave `variant` out of the content type in `project.readme`.",
        link=f"{_METADATA}#description-content-type",
    ),
    _refusal(
        "requires-dist-syntax",
        "every dependency can be parsed",
        why="Installers could not read it either.",
        remedy='Write dependencies like `name>=1.0; python_version < "3.11"` in `project.dependencies`.',
        link=_DEPENDENCIES,
    ),
    _refusal(
        "requires-python-syntax",
        "`requires-python` can be parsed",
        why="Installers choose a release by it; `^3.9` or `>=3.9.*` mean nothing to them.",
        remedy="Write `project.requires-python` like `>=3.9`.",
        link=_VERSIONS,
    ),
    _refusal(
        "provides-extra-name",
        "every extra has a valid name",
        why="Extras are named like projects: letters, digits, `.`, `_` and `-`.",
        remedy="Rename the extra in `project.optional-dependencies`.",
        link=f"{_METADATA}#provides-extra-multiple-use",
    ),
    _refusal(
        "license-expression-invalid",
        "the licence is an SPDX expression",
        why="License-Expression holds SPDX identifiers, joined by AND, OR and WITH.",
        remedy="Set `project.license` to an expression such as `MIT` or `Apache-2.0 OR MIT`; a licence "
        "of your own is `LicenseRef-` and a name of letters, digits, `.` and `-`.",
        link=_LICENCES,
    ),
    _refusal(
        "license-file-path",
        "licence files are plain relative paths",
        why="Licence files lie inside the distribution; patterns are for pyproject.toml only.",
        remedy="Keep the licence inside the project and name it in `project.license-files`.",
        link=f"{_METADATA}#license-file-multiple-use",
    ),
    _refusal(
        "dynamic-field",
        "only optional fields are dynamic",
        why="Name, version and metadata version of a distribution are fixed.",
        remedy="Build with a newer backend; Dynamic is the backend's to write.",
        link=f"{_METADATA}#dynamic-multiple-use",
    ),
    _refusal(
        "dynamic-unknown",
        "dynamic fields are known",
        why="PyPI keeps its own list of fields that may be dynamic.",
        remedy="Build with a newer backend; Dynamic is the backend's to write.",
        link=f"{_METADATA}#dynamic-multiple-use",
    ),
    _refusal(
        "import-name",
        "import names can be imported",
        why="Import-Name and Import-Namespace hold dotted Python identifiers.",
        remedy="Correct `project.import-names` or `project.import-namespaces`.",
        link="https://peps.python.org/pep-0794/",
    ),
    _refusal(
        "field-too-new",
        "the metadata version is new enough for every field",
        why="A field may be used only with the metadata version that introduced it, or a later one.",
        remedy="Build with a newer release of the backend, which writes a newer metadata version.",
    ),
    _refusal(
        "field-unparsed",
        "no field is given twice",
        why="PyPI does not choose between two values of one field, or two addresses of one label.",
        remedy="Give the field once; labels in `project.urls` must differ.",
    ),
    _refusal(
        "local-version",
        "the version has no local part",
        why="Versions with a `+` are for a distributor's own rebuilds and cannot be released.",
        remedy="Release from a tagged, clean commit; with setuptools-scm or hatch-vcs set "
        '`local_scheme = "no-local-version"` for development releases.',
        link=f"{_VERSIONS}#local-version-identifiers",
    ),
    _refusal(
        "summary-length",
        "the summary has at most 512 characters",
        why="PyPI's limit; a summary is one sentence.",
        remedy="Shorten `project.description` and move the rest to the README.",
        link=f"{_METADATA}#summary",
    ),
    _refusal(
        "author-email",
        "the author's e-mail address is valid",
        why="PyPI checks the address with email-validator (its form, not whether mail arrives).",
        remedy="Correct the `email` in `project.authors`, or leave it out.",
        link=f"{_METADATA}#author-email",
    ),
    _refusal(
        "maintainer-email",
        "the maintainer's e-mail address is valid",
        why="PyPI checks the address with email-validator (its form, not whether mail arrives).",
        remedy="Correct the `email` in `project.maintainers`, or leave it out.",
        link=f"{_METADATA}#maintainer-email",
    ),
    _refusal(
        "classifier-unknown",
        "every classifier is known",
        why="PyPI takes the classifiers of its list only. `Private :: …` is refused on purpose.",
        remedy="Choose from https://pypi.org/classifiers/ for `project.classifiers`.",
        link="https://pypi.org/classifiers/",
    ),
    _refusal(
        "classifier-deprecated",
        "no classifier is deprecated",
        why="PyPI refuses classifiers that were replaced.",
        remedy="Replace it in `project.classifiers`.",
        link="https://pypi.org/classifiers/",
    ),
    _refusal(
        "home-page",
        "the home page is an http(s) address",
        why="PyPI links to it.",
        remedy="Write the whole address, `https://…`.",
        link=f"{_METADATA}#home-page",
    ),
    _refusal(
        "download-url",
        "the download address is an http(s) address",
        why="PyPI links to it.",
        remedy="Write the whole address, `https://…`, or leave it out.",
        link=f"{_METADATA}#download-url",
    ),
    _refusal(
        "project-url-label",
        "every project URL has a label of at most 32 characters",
        why="The label is what PyPI shows in the sidebar.",
        remedy="Shorten the key in `project.urls`; commas belong in neither key nor address.",
        link=f"{_METADATA}#project-url-multiple-use",
    ),
    _refusal(
        "project-url-url",
        "every project URL is an http(s) address",
        why="PyPI links to it.",
        remedy="Write the whole address, `https://…`, in `project.urls`.",
        link=f"{_METADATA}#project-url-multiple-use",
    ),
    _refusal(
        "provides-obsoletes-dist",
        "Provides-Dist and Obsoletes-Dist can be parsed",
        why="They are written like dependencies, without addresses.",
        remedy="Correct or drop them; few installers read them.",
        link=f"{_METADATA}#provides-dist-multiple-use",
    ),
    _refusal(
        "direct-dependency",
        "no dependency is an address",
        why="What is on PyPI may depend on what is on PyPI only, in extras too.",
        remedy="Name a released version in `project.dependencies`; keep addresses in "
        "`[dependency-groups]`, which is not published.",
        link=_DEPENDENCIES,
    ),
    _refusal(
        "license-both",
        "License and License-Expression are not used together",
        why="The expression replaces the old text.",
        remedy='Keep `project.license = "SPDX expression"` and drop the other form.',
        link=_LICENCES,
    ),
)

NAMES = (
    _refusal(
        "name-syntax",
        "the name is one that PyPI takes",
        why="PyPI takes ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
        remedy="Change `project.name`.",
        link=_NAMES,
    ),
    _refusal(
        "name-stdlib",
        "the name is none of the standard library's",
        why="A project of that name would be mistaken for the module; PyPI lets nobody register it. "
        "(Projects older than the rule may keep theirs.)",
        remedy="Choose another `project.name`.",
        link=f"{_HELP}project-name",
    ),
)

DESCRIPTION = (
    _refusal(
        "description-render",
        "the README renders on PyPI",
        why="PyPI renders reStructuredText strictly: any warning refuses the upload. Directives and "
        "roles of Sphinx are unknown to it, and an empty page is refused too.",
        remedy="Run `twine check` for the line, use plain reStructuredText, or switch the README to "
        "Markdown.",
        link=f"{_HELP}description-content-type",
    ),
)

FILENAMES = (
    _refusal(
        "filename-control-chars",
        "the filename is printable",
        why="PyPI's storage does not take control characters.",
        remedy=_REBUILD,
        link=_WHEEL,
    ),
    _refusal(
        "filename-separator",
        "the filename has no slash",
        why="PyPI takes filenames, not paths.",
        remedy=_REBUILD,
        link=_WHEEL,
    ),
    _refusal(
        "filename-too-long",
        "the filename is short enough",
        why="A file system takes 255 bytes; a wheel's name is stored with `.metadata` added.",
        remedy="Shorten `project.name`, or the list of tags.",
        link=_WHEEL,
    ),
    _refusal(
        "extension-unknown",
        "the file is a .tar.gz or a .whl",
        why="PyPI takes sdists as .tar.gz and wheels as .whl.",
        remedy="Build again: `python -m build`.",
        link="https://peps.python.org/pep-0527/",
    ),
    _refusal(
        "extension-for-type",
        "the extension fits the kind of file",
        why="Extensions are compared with case: `.WHL` is none.",
        remedy="Name the file as the backend did.",
        link="https://peps.python.org/pep-0527/",
    ),
    _refusal(
        "sdist-filename-parse",
        "the sdist's filename holds name and version",
        why="Installers take name and version from `name-version.tar.gz`.",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-file-name",
    ),
    _refusal(
        "sdist-filename-name",
        "the sdist's filename begins with the project's name",
        why="The filename must name the project that its metadata name.",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-file-name",
    ),
    _refusal(
        "sdist-filename-exact",
        "the sdist is named after the normalised name and version",
        why="Since 2025 PyPI takes only `{normalised_name}-{version}.tar.gz` (PEP 625). The wheel "
        "may pass all the same, which leaves half a release.",
        remedy="Build with a current backend (setuptools ≥ 69.3, poetry-core ≥ 1.5); renaming the file "
        "also does, if the directory inside agrees.",
        link="https://peps.python.org/pep-0625/",
    ),
    _refusal(
        "wheel-filename-parse",
        "the wheel's filename has five or six valid parts",
        why="Installers read name, version and tags from it.",
        remedy="Let the backend name the wheel.",
        link=f"{_WHEEL}#file-name-convention",
    ),
    _refusal(
        "wheel-filename-name",
        "the wheel's filename begins with the project's name",
        why="The filename must name the project that its metadata name.",
        remedy=_REBUILD,
        link=f"{_WHEEL}#file-name-convention",
    ),
    _refusal(
        "wheel-filename-normalised",
        "the name in the wheel's filename is normalised",
        why="Lower case, and every run of `-`, `_` and `.` as one `_`.",
        remedy="Build with a current backend (setuptools ≥ 75.8.1, wheel ≥ 0.45).",
        link=f"{_WHEEL}#escaping-and-unicode",
    ),
    _refusal(
        "wheel-filename-version",
        "the version in the wheel's filename is that of its metadata",
        why="Installers choose by the filename and record the metadata.",
        remedy=_REBUILD,
        link=f"{_WHEEL}#file-name-convention",
    ),
    _refusal(
        "wheel-platform",
        "every platform tag is one that PyPI takes",
        why="A plain `linux_x86_64` promises nothing about the libraries of other machines.",
        remedy="Build wheels with cibuildwheel, or repair them: auditwheel on Linux, delocate on macOS.",
        link=_TAGS,
    ),
)

SIZES = (
    _refusal(
        "file-too-large",
        "the file is not too large",
        why="A project may upload files of 100 MB unless PyPI has raised its limit.",
        remedy="Leave out data and tests, or ask for a higher limit before the release.",
        link=_LIMITS,
    ),
)

ARCHIVES = (
    _refusal(
        "zip-and-tar",
        "the file is one kind of archive",
        why="What reads as zip and as tar reads differently to different tools.",
        remedy=_REBUILD,
        link=_ARCHIVES,
    ),
    _refusal(
        "not-zip",
        "a wheel is a zip file",
        why="It cannot be opened.",
        remedy=_REBUILD,
        link=_WHEEL,
    ),
    _refusal(
        "not-tar",
        "an sdist is a tar file",
        why="It cannot be opened.",
        remedy=_REBUILD,
        link=_SDIST,
    ),
    _refusal(
        "compression-bomb",
        "the file does not unpack to a multiple of its size",
        why="PyPI refuses more than fifty times the size, above 64 MiB.",
        remedy="Leave the data out, or store it compressed once.",
        link=_ARCHIVES,
    ),
    _refusal(
        "compression-type",
        "members are stored or deflated",
        why="Not every installer can read bzip2 or LZMA in a zip.",
        remedy=_REBUILD,
        link=_ARCHIVES,
    ),
    _refusal(
        "zip-framing",
        "the zip reads the same from the front and from the back",
        why="Two readers must not see two different wheels in one file.",
        remedy="Unzip it and zip it again with `python -m zipfile`, or build it again.",
        link=_ARCHIVES,
    ),
    _refusal(
        "one-top-level",
        "everything in the sdist is in one directory",
        why="Installers unpack an sdist and enter the one directory in it.",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-archive-features",
    ),
    _refusal(
        "sdist-absolute-member",
        "no path in the sdist is absolute",
        why="PyPI's program fails on an sdist that mixes absolute and relative paths (500).",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-archive-features",
    ),
    _refusal(
        "sdist-sparse",
        "the sdist has no sparse members",
        why="Sparse files are a GNU extension that not every reader knows.",
        remedy="Pack without `tar --sparse`; the backend never uses it.",
        link=_ARCHIVES,
    ),
    _refusal(
        "pkg-info-missing",
        "the sdist has a PKG-INFO in its directory",
        why="That file says what the sdist is.",
        remedy="Build with `python -m build --sdist`; an archive of the repository is not an sdist.",
        link=f"{_SDIST}#source-distribution-file-format",
    ),
    _refusal(
        "wheel-file-missing",
        "the wheel has a WHEEL file where its name says",
        why="The .dist-info directory must be named exactly as the filename begins.",
        remedy="Build with a current backend; do not rename wheels.",
        link=f"{_WHEEL}#file-contents",
    ),
    _refusal(
        "wheel-metadata-missing",
        "the wheel has a METADATA file where its name says",
        why="That file says what the wheel is.",
        remedy=_REBUILD,
        link=f"{_WHEEL}#file-contents",
    ),
    _refusal(
        "wheel-record-missing",
        "the wheel has a readable RECORD",
        why="Installers uninstall by it.",
        remedy="Build again, or rewrite it with `wheel pack`.",
        link=_RECORD,
    ),
    _refusal(
        "wheel-record-blank-line",
        "RECORD has no blank line",
        why="PyPI's program fails on one (500).",
        remedy="Build again, or rewrite it with `wheel pack`.",
        link=_RECORD,
    ),
    _refusal(
        "wheel-entry-points",
        "the entry points are well-formed",
        why="Installers make a script of each name, so it must be a filename.",
        remedy="Correct the keys in `project.scripts`, `project.gui-scripts` and `project.entry-points`.",
        link=_ENTRY_POINTS,
    ),
    _refusal(
        "wheel-license-file",
        "every licence file that the metadata name is in the wheel",
        why="From metadata 2.4 on, License-File names a file below `.dist-info/licenses/`.",
        remedy="Check `project.license-files`; build with a backend that knows PEP 639.",
        link=f"{_METADATA}#license-file-multiple-use",
    ),
    _refusal(
        "sdist-license-file",
        "every licence file that the metadata name is in the sdist",
        why="From metadata 2.4 on, License-File names a file of the sdist, case included.",
        remedy="Check `project.license-files`, and that the files are not excluded from the sdist.",
        link=f"{_METADATA}#license-file-multiple-use",
    ),
    _refusal(
        "yara",
        "no module is encrypted",
        why="PyPI's acceptable use policy asks for code that can be read.",
        remedy="Publish the source instead of PyArmor's or SourceDefender's output.",
        link="https://policies.python.org/pypi.org/Acceptable-Use-Policy/",
    ),
    _refusal(
        "archive-corrupt",
        "the archive can be read through",
        why="A checksum is wrong, or the end is missing.",
        remedy=_REBUILD,
        link=_ARCHIVES,
    ),
    _refusal(
        "archive-truncated",
        "the archive is all there",
        why="It ends within its first header; PyPI's program fails on it (500).",
        remedy=_REBUILD,
        link=_ARCHIVES,
    ),
    _refusal(
        "archive-unreadable",
        "the archive can be opened",
        why="PyPI's program fails on it (500).",
        remedy=_REBUILD,
        link=_ARCHIVES,
    ),
    _refusal(
        "archive-member-unreadable",
        "every member that PyPI reads can be read",
        why="It is damaged or encrypted; PyPI's program fails on it (500).",
        remedy=_REBUILD,
        link=_ARCHIVES,
    ),
)

# The index knows the other file, or it is in the same folder.
FILE_EXISTS = _refusal(
    "file-exists",
    "No file of another content has this name",
    subject="index",
    why="A file name on PyPI is used once: other bytes under it are refused for ever, even after "
    "the first file is deleted.",
    remedy="Raise the version, build again and release that.",
    link=f"{_HELP}file-name-reuse",
)
SECOND_SDIST = _refusal(
    "second-sdist",
    "The release has no other sdist",
    subject="index",
    why="A version has one sdist at most; a second one is refused.",
    remedy="Raise the version and release that.",
    link="https://peps.python.org/pep-0527/",
)

TOGETHER = (
    _refusal(
        "same-content",
        "no two files have the same content",
        why="PyPI knows files by their content too: the second one is refused, even under another "
        "project's name.",
        remedy="Upload one of them; rebuild the other if it is meant to differ.",
        link=f"{_HELP}file-name-reuse",
    ),
    FILE_EXISTS,
    SECOND_SDIST,
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
    _refusal(
        "file-unreadable",
        "the file can be read",
        why="A file that cannot be read cannot be uploaded.",
        remedy="Check the path and its permissions.",
        link=_SDIST,
    ),
    _refusal(
        "archive-not-examined",
        "the file is not out of all proportion",
        why="It unpacks to more than any file on PyPI does, so it was not read to its end.",
        remedy="Look at what is in it before it is uploaded.",
        link=_ARCHIVES,
    ),
)

REMARKS = (
    _remark(
        "wheel-record-mismatch",
        "RECORD lists what is in the wheel",
        why="PyPI takes the wheel and sends an e-mail; it has announced to refuse such wheels, and "
        "strict installers refuse them today.",
        remedy="Do not change a wheel after it was built; `wheel unpack` and `wheel pack` rewrite RECORD.",
        link=_RECORD,
    ),
    _remark(
        "member-outside",
        "no path leads outside the archive",
        why="PyPI takes it; installers refuse the whole file, or write where they should not.",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-archive-features",
    ),
    _remark(
        "member-link",
        "no link leads outside, and a wheel has none",
        why="PyPI takes it; pip refuses links that leave the sdist, and writes a wheel's as text.",
        remedy="Pack the file itself instead of the link.",
        link=f"{_SDIST}#source-distribution-archive-features",
    ),
    _remark(
        "member-device",
        "members are files and directories",
        why="PyPI takes it; installers refuse devices and pipes.",
        remedy="Leave them out of the sdist.",
        link=f"{_SDIST}#source-distribution-archive-features",
    ),
    _remark(
        "member-twice",
        "no member is there twice",
        why="PyPI takes it; which of the two is unpacked depends on the tool.",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-archive-features",
    ),
    _remark(
        "sdist-other-directory",
        "the sdist's directory is named like the file",
        why="PyPI takes it; distributors' tools expect `{name}-{version}`.",
        remedy=_REBUILD,
        link=f"{_SDIST}#source-distribution-file-format",
    ),
    _remark(
        "sdist-unpacks-large",
        "the sdist does not unpack to a multiple of its size",
        why="PyPI checks this in wheels only, but scanners and mirrors may give up.",
        remedy="Leave the data out of the sdist.",
        link=_ARCHIVES,
    ),
    _remark(
        "twine-refuses",
        "twine can send the metadata",
        why="PyPI would take the file, but twine 7 refuses to upload it.",
        remedy="Build with a current backend, and keep README and metadata in UTF-8.",
    ),
    _remark(
        "description-not-rendered",
        "the README is short enough to be tried",
        why="Rendering takes long; PyPI gives up on requests that do.",
        remedy="Keep the changelog out of the README.",
        link=f"{_HELP}description-content-type",
    ),
    _remark(
        "description-missing",
        "there is a README to show",
        why="The project's page on PyPI stays empty; `twine check --strict` fails.",
        remedy="Set `project.readme`.",
        link=f"{_METADATA}#description",
    ),
    _remark(
        "description-type-missing",
        "the README's content type is declared",
        why="PyPI takes it for reStructuredText; `twine check --strict` fails.",
        remedy="Give `project.readme` as a file ending in .md, .rst or .txt; in a setup.py, "
        "`long_description_content_type`.",
        link=f"{_METADATA}#description-content-type",
    ),
    _remark(
        "wheel-format",
        "WHEEL says a wheel version that installers know",
        why="PyPI does not read the file; installers refuse versions above 1.",
        remedy=_REBUILD,
        link=f"{_WHEEL}#file-contents",
    ),
    _remark(
        "wheel-native-any",
        "a wheel with compiled code names its platform",
        why="Tagged `any` it is installed everywhere, and works on the machine that built it.",
        remedy="Let the backend know that there is an extension module; build with cibuildwheel.",
        link=_TAGS,
    ),
    _remark(
        "entry-point-object",
        "every entry point names an object",
        why="PyPI takes it; the script fails when it is called.",
        remedy="Write `module:function` in `project.scripts`.",
        link=_ENTRY_POINTS,
    ),
    _remark(
        "extra-undeclared",
        "every extra that a dependency asks for is declared",
        why="Nobody can ask for it, so the dependency is never installed.",
        remedy="Declare the extra in `project.optional-dependencies`.",
        link=f"{_METADATA}#provides-extra-multiple-use",
    ),
    _remark(
        "several-versions",
        "the files are of one release",
        why="An older file in dist/ is refused as existing already, after the others went through.",
        remedy="Empty dist/ before building, or name the files of one version.",
        link="https://packaging.python.org/en/latest/tutorials/packaging-projects/",
    ),
    _remark(
        "half-release",
        "all files of a release pass, or none",
        why="Files are uploaded one after the other: those that pass stay, and their names are used "
        "up. The version is then half released.",
        remedy="Mend the refused file before uploading any.",
        link=f"{_HELP}file-name-reuse",
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


def is_old_name(refusal: Refusal) -> bool:
    """Whether PyPI refuses this name to new projects, while the one that has it goes on."""
    # `importlib.metadata` is the module, `importlib-metadata` a project from before the rule.
    return (
        refusal.rule == "name-stdlib"
        and "." not in refusal.value
        and canonicalize_name(refusal.value) in NAMES_FROM_BEFORE
    )


BY_ID = {rule.id: rule for rule in RULES}
