"""PyPI's verdicts on forms, names and filenames, as tables of values.

The expected texts are those that a Warehouse of 2026-08 gave, or follow from its source.
"""

from datetime import timedelta

import pytest

from nox_release.checks import upload
from nox_release.checks.files import rules as file_rules
from nox_release.checks.upload.ageing import classifiers_date, may_be_taken
from nox_release.files.distributions import Archive

SPEC = "See https://packaging.python.org/specifications/core-metadata for more information."
GOOD = {"metadata_version": ("2.5",), "name": ("orc",), "version": ("1.0",)}


def first(refusals):
    return next(iter(refusals), None)


def verdict(**fields):
    """What PyPI answers to good metadata with these fields changed or added."""
    form = {**GOOD, **{key: (v,) if isinstance(v, str) else v for key, v in fields.items()}}
    refusal = first(upload.metadata_refusals(form))
    return None if refusal is None else (refusal.rule, refusal.status, refusal.text)


@pytest.mark.parametrize(
    ("fields", "rule", "text"),
    [
        ({"metadata_version": "2.0"}, "metadata-version", "'2.0' is not a valid metadata version"),
        ({"metadata_version": "2.6"}, "metadata-version", "'2.6' is not a valid metadata version"),
        ({"version": "abc"}, "version-invalid", "'abc' is invalid for 'version'"),
        ({"summary": "a\nb"}, "summary-one-line", "'summary' must be a single line"),
        (
            {"summary": "u" * 513},
            "summary-length",
            "'summary' field must be 512 characters or less",
        ),
        (
            {"description_content_type": "text/markdown; charset=utf-8"},
            "description-charset",
            "'description-content-type' can only specify the UTF-8 charset, not 'utf-8'",
        ),
        ({"requires_dist": "foo bar"}, "requires-dist-syntax", "'foo bar' is invalid for 'requires-dist'"),
        ({"requires_python": "^3.9"}, "requires-python-syntax", "'^3.9' is invalid for 'requires-python'"),
        ({"provides_extra": "-x"}, "provides-extra-name", "'-x' is invalid for 'provides-extra'"),
        ({"license_expression": "Apache 2.0"}, "license-expression-invalid", "'Apache 2.0' is invalid for 'license-expression'"),
        (
            {"license_file": "../LICENSE"},
            "license-file-path",
            "'../LICENSE' is invalid for 'license-file', parent directory indicators are not allowed",
        ),
        (
            {"license_file": "a\\b"},
            "license-file-path",
            "'a\\\\b' is invalid for 'license-file', paths must use '/' delimiter",
        ),
        ({"dynamic": "Name"}, "dynamic-field", "'name' is not allowed as a dynamic field"),
        ({"dynamic": "Foo"}, "dynamic-field", "'foo' is not a valid dynamic field"),
        ({"import_name": "class"}, "import-name", "'class' is invalid for 'import-name'; 'class' is a keyword"),
        (
            {"import_name": "a;public"},
            "import-name",
            "'a;public' is invalid for 'import-name'; the only valid option is 'private'",
        ),
        (
            {"metadata_version": "2.3", "license_expression": "MIT"},
            "field-too-new",
            "license-expression introduced in metadata version 2.4, not 2.3",
        ),
        ({"keywords": ("a", "b")}, "field-unparsed", "'keywords' has invalid data"),
        ({"project_urls": ("A, https://a.org", "A, https://b.org")}, "field-unparsed", "'project_urls' has invalid data"),
        ({"author_email": "nobody"}, "author-email", "'nobody' is not a valid email address: An email address must have an @-sign"),
        ({"classifiers": "Foo :: Bar"}, "classifier-unknown", "'Foo :: Bar' is not a valid classifier"),
        ({"classifiers": "Private :: Do Not Upload"}, "classifier-unknown", "'Private :: Do Not Upload' is not a valid classifier"),
        ({"home_page": "example.org"}, "home-page", "'example.org' is not a valid url"),
        ({"project_urls": ", https://e.org"}, "project-url-label", "Must have a label"),
        ({"project_urls": "x" * 33 + ", https://e.org"}, "project-url-label", f"{'x' * 33!r} must be 32 characters or less"),
        ({"project_urls": "Docs"}, "project-url-url", "Must have a URL"),
        ({"project_urls": "Docs, e.org"}, "project-url-url", "'e.org' is not a valid url"),
        (
            {"requires_dist": "foo @ git+https://e.org/foo ; extra == 'dev'"},
            "direct-dependency",
            'Can\'t have direct dependency: foo @ git+https://e.org/foo ; extra == "dev"',
        ),
        ({"obsoletes_dist": "foo @ https://e.org"}, "provides-obsoletes-dist", "Can't have direct dependency: 'foo @ https://e.org'"),
        (
            {"license": "MIT", "license_expression": "MIT"},
            "license-both",
            "License is deprecated when License-Expression is present. Only License-Expression should be present",
        ),
    ],
)  # fmt: skip
def test_metadata_is_refused_in_the_words_of_pypi(fields, rule, text):
    assert verdict(**fields) == (rule, 400, f"{text}. {SPEC}")


def test_a_local_version_is_refused_with_a_page_of_its_own():
    assert verdict(version="1.0+abc") == (
        "local-version",
        400,
        (
            "The use of local versions in '1.0+abc' is not allowed. See "
            "https://packaging.python.org/en/latest/specifications/version-specifiers/"
            "#local-version-identifiers for more information."
        ),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"license_expression": "MIT", "classifiers": "License :: OSI Approved :: MIT License"},
        {"license_expression": "LicenseRef-"},
        {"license_expression": "(MIT OR gpl-2.0+) AND apache-2.0 with llvm-exception"},
        {"author_email": "Doe, Ann <ann@example.org>"},
        {"author_email": "bad, ann@example.org"},
        {"author_email": "ann[at]example.org"},
        {"author_email": "(Ann ann"},
        {"project_urls": "Docs, https:///path"},
        {"project_urls": "Docs, HTTPS://EXÄMPLE.ORG"},
        {"home_page": "UNKNOWN"},
        {"summary": "a\rb"},
        {"summary": "a\x00b"},
        {"requires_dist": ("foo (>=1.0)", "foo>=1.0,", "foo; 'dev' in extras", "foo\n")},
        {"provides_extra": "Dev_Tools"},
        {"dynamic": ("License-File", "project-url")},
        {"description_content_type": "text/markdown; charset=UTF-8; variant=CommonMark"},
        {"requires_external": "anything at all"},
        {"maintainer": ""},
    ],
)
def test_what_pypi_takes_is_not_refused(fields):
    assert verdict(**fields) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "9" * 5000},
        {"description_content_type": "text/plain\nx"},
        {"license_expression": "LicenseRef-Foo+"},
        {"requires_dist": "foo {bar}"},
        {"dynamic": "{x}", "version": "abc"},
    ],
)
def test_where_pypis_own_program_fails_it_answers_500(fields):
    assert verdict(**fields)[1:] == (500, "Internal Server Error")


def test_the_first_refusal_is_the_one_that_pypi_shows_and_all_are_listed():
    form = {
        **GOOD,
        "version": ("x",),
        "summary": ("a\nb",),
        "classifiers": ("Foo", "Bar"),
        "author_email": ("x",),
    }
    assert [(r.rule, r.value) for r in upload.metadata_refusals(form)] == [
        ("version-invalid", "x"),
        ("summary-one-line", "a\nb"),
        ("author-email", "x"),
        ("classifier-unknown", "Bar"),
        ("classifier-unknown", "Foo"),
    ]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({}, f"'' is an invalid value for Name. Error: This field is required. {SPEC}"),
        (
            {"name": (".x",)},
            ("'.x' is an invalid value for Name. Error: Start and end with a letter or numeral "
            f"containing only ASCII numeric and '.', '_' and '-'. {SPEC}"),
        ),
        (
            {"name": ("x",), "filetype": ("bdist_egg",)},
            "Invalid value for filetype. Error: Use a known file type.",
        ),
        (
            {"name": ("x",), "filetype": ("bdist_wheel",)},
            ("Invalid value for pyversion. Error: Python version is required for binary "
            "distribution uploads."),
        ),
        (
            {"name": ("x",), "filetype": ("sdist",), "pyversion": ("3",)},
            "Invalid value for pyversion. Error: Use 'source' as Python version for an sdist.",
        ),
        (
            {"name": ("x",), "filetype": ("sdist",)},
            "Error: Include at least one message digest.",
        ),
        (
            {"name": ("x",), "filetype": ("sdist",), "sha256_digest": ("00",)},
            "Invalid value for sha256_digest. Error: Use a valid, hex-encoded, SHA256 message digest.",
        ),
        ({"name": ("UNKNOWN",)}, f"'' is an invalid value for Name. Error: This field is required. {SPEC}"),
    ],
)  # fmt: skip
def test_a_form_is_refused_in_the_words_of_pypi(form, text):
    assert first(upload.form_refusals(form)).text == text


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("asyncio", ["name-stdlib"]),
        ("Future", ["name-stdlib"]),
        ("collections.abc", ["name-stdlib"]),
        ("0rc-simi1ar", ["name-too-similar"]),
        ("ORC.similar", ["name-exists"]),
        ("orc-similarx", []),
        ("-x", ["name-syntax"]),
        ("taken-by-admins", ["name-prohibited"]),
    ],
)
def test_names_of_new_projects(name, rules):
    refusals = upload.name_refusals(name, ["orc-similar"], prohibited=["Taken.By_Admins"])
    assert [refusal.rule for refusal in refusals] == rules


ACCEPTED = [
    "any",
    "win32",
    "win_arm64",
    "win_amd64",
    "win_ia64",
    "linux_armv6l",
    "linux_armv7l",
    "manylinux1_i686",
    "manylinux2010_x86_64",
    "manylinux2014_ppc64",
    "manylinux_2_17_ppc64",
    "manylinux_2_39_riscv64",
    "musllinux_1_1_s390x",
    "macosx_10_6_intel",
    "macosx_10_9_universal2",
    "macosx_11_0_arm64",
    "macosx_26_0_arm64",
    "ios_13_0_arm64_iphoneos",
    "ios_17_2_x86_64_iphonesimulator",
    "android_21_arm64_v8a",
    "pyemscripten_2025_0_wasm32",
]
REFUSED = [
    "linux_x86_64",
    "linux_aarch64",
    "win_arm32",
    "manylinux1_aarch64",
    "manylinux2014_riscv64",
    "manylinux_2_17_loongarch64",
    "musllinux_1_1_ppc64",
    "macosx_11_1_arm64",
    "macosx_16_0_arm64",
    "macosx_27_0_arm64",
    "macosx_10_9_sparc",
    "ios_13_0_arm64",
    "ios_13_0_i386_iphoneos",
    "android_21_mips",
    "pyodide_2025_0_wasm32",
    "freebsd_14_x86_64",
    "unknown",
]


@pytest.mark.parametrize("tag", ACCEPTED)
def test_pypi_takes_the_platform(tag):
    assert upload.is_accepted_platform(tag)


@pytest.mark.parametrize("tag", REFUSED)
def test_pypi_does_not_take_the_platform(tag):
    assert not upload.is_accepted_platform(tag)


def of_filename(filename, name="orc-x", version="1.0"):
    form = {
        "name": (name,),
        "version": (version,),
        "filetype": ("bdist_wheel" if filename.endswith(".whl") else "sdist",),
    }
    return first(upload.archive_refusals(Archive(kind="", opened=False, size=1), filename, form))


@pytest.mark.parametrize(
    ("filename", "text"),
    [
        ("orc_x.tar.gz", "Invalid source distribution filename: orc_x.tar.gz"),
        ("other-1.0.tar.gz", "Start filename for 'orc-x' with 'orc_x'."),
        ("orc-x-1.0.tar.gz", "Filename 'orc-x-1.0.tar.gz' is invalid, should be 'orc_x-1.0.tar.gz'."),
        ("orc_x-1.0.zip", "Filename 'orc_x-1.0.zip' is invalid, should be 'orc_x-1.0.tar.gz'."),
        ("orc_x-1.0.0.tar.gz", "Filename 'orc_x-1.0.0.tar.gz' is invalid, should be 'orc_x-1.0.tar.gz'."),
        ("orc_x-1.0-any.whl", "Invalid wheel filename (wrong number of parts): 'orc_x-1.0-any'"),
        ("orc__x-1.0-py3-none-any.whl", "Invalid project name: 'orc__x-1.0-py3-none-any'"),
        ("orc_x-one-py3-none-any.whl", "Invalid wheel filename (invalid version): 'orc_x-one-py3-none-any'"),
        ("orc_x-1.0-foo-py3-none-any.whl", "Invalid build number: foo in 'orc_x-1.0-foo-py3-none-any'"),
        (
            "orc_x-1.0-cp313-cp313-linux_x86_64.whl",
            "Binary wheel 'orc_x-1.0-cp313-cp313-linux_x86_64.whl' has an unsupported platform tag 'linux_x86_64'.",
        ),
        ("other-1.0-py3-none-any.whl", "Start filename for 'orc-x' with 'orc_x'."),
        (
            "Orc.X-1.0-py3-none-any.whl",
            "Filename 'Orc.X-1.0-py3-none-any.whl' should contain the normalized project name 'orc_x', not 'Orc.X'.",
        ),
        ("orc_x-2.0-py3-none-any.whl", "Version in filename should be '1.0' not '2.0'."),
    ],
)  # fmt: skip
def test_a_filename_is_refused_in_the_words_of_pypi(filename, text):
    assert of_filename(filename).text == text


@pytest.mark.parametrize(
    "filename",
    [
        "orc_x-1.0.tar.gz",
        "orc_x-1.0.0-py3-none-any.whl",
        "orc_x-1.0-1.2-py2.py3-bar-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    ],
)
def test_a_filename_that_pypi_takes(filename):
    assert of_filename(filename) is None


def test_an_implicit_post_release_in_an_sdists_name_is_found_out():
    refusal = of_filename("orc_x-1.0-1.tar.gz", version="1.0.post1")
    assert refusal.text == (
        "Filename 'orc_x-1.0-1.tar.gz' is invalid, should be 'orc_x-1.0.post1.tar.gz'."
    )


@pytest.mark.parametrize(
    ("filename", "rule", "status"),
    [
        ("", "filename-empty", 500),
        ("a\x7f-1.0.tar.gz", "filename-control-chars", 400),
        ("a/b-1.0.tar.gz", "filename-separator", 400),
        ("a-1.0.tgz", "extension-unknown", 400),
        ("a-1.0.tar.GZ", "extension-for-type", 400),
        ("a" * 250 + "-1.0.tar.gz", "filename-too-long", 500),
    ],
)
def test_filenames_that_no_content_can_save(filename, rule, status):
    refusal = first(upload.filename_refusals(filename, "sdist"))
    assert (refusal.rule, refusal.status) == (rule, status)


def test_sizes_are_refused_beyond_the_limits():
    name = "orc"
    assert first(upload.size_refusals(100 * upload.MIB, name)) is None
    assert first(upload.size_refusals(100 * upload.MIB + 1, name)).text == (
        "File too large. Limit for project 'orc' is 100 MB. See https://docs.pypi.org/"
        "project-management/storage-limits#requesting-a-file-size-limit-increase for more "
        "information."
    )
    assert first(upload.size_refusals(2, name, total=10 * upload.GIB - 1)).text == (
        "Project size too large. Limit for project 'orc' total size is 10 GB. See https://"
        "docs.pypi.org/project-management/storage-limits#requesting-a-project-size-limit-increase"
    )


@pytest.mark.parametrize(
    ("description", "content_type", "text"),
    [
        ("Text\n\n.. toctree::\n", "text/x-rst", "for 'text/x-rst'."),
        (":ref:`x`", "", "in the default format of reStructuredText."),
        ("\n", "text/markdown", "for 'text/markdown'."),
    ],
)
def test_a_description_that_does_not_render(description, content_type, text):
    form = {"description": (description,), "description_content_type": (content_type,)}
    refusal = first(upload.description_refusals(form))
    assert refusal.text == (
        f"The description failed to render {text} "
        "See https://pypi.org/help/#description-content-type for more information."
    )


def test_markdown_and_plain_text_render():
    for content_type in ("text/markdown", "text/plain"):
        form = {"description": ("# :ref:`x`",), "description_content_type": (content_type,)}
        assert first(upload.description_refusals(form)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"[console_scripts]\na : b\n",
        b"[console_scripts]\n../a = b:c\n",
        b"[gui_scripts]\na b = c\n",
        b"a = b\n",
        b"[console_scripts]\na = b\na = c\n",
        b"\xff",
        "\ufeff[console_scripts]\n".encode(),
    ],
)
def test_entry_points_that_pypi_refuses(content):
    assert upload.entry_point_problems(content)


def test_entry_points_of_other_groups_may_have_any_name():
    assert (
        upload.entry_point_problems(b"[pytest11]\na b/c = d\n[console_scripts]\nA.b-c = x\n") == ()
    )


def test_record_is_read_as_pypi_reads_it():
    assert upload.record_names(b'a\\b.py,,\n"c,d",x,1\n') == {"a/b.py", "c,d"}
    with pytest.raises(upload.BlankRecordLineError, match="line 2"):
        upload.record_names(b"a,,\n\nb,,\n")


@pytest.mark.parametrize("name", ["requirements.txt", "rrequirements.txt", "Requirements_TXT"])
def test_names_that_warehouse_prohibits_from_the_start_are_refused(name):
    assert [one.rule for one in upload.name_refusals(name)] == ["name-prohibited"]


TODAY, LATER = classifiers_date(), classifiers_date() + timedelta(days=61)


@pytest.mark.parametrize(
    ("rule", "value", "today", "taken"),
    [
        ("metadata-version", "2.6", TODAY, True),
        ("metadata-version", "2.0", TODAY, False),
        ("wheel-platform", "macosx_27_0_arm64", TODAY, True),
        ("wheel-platform", "macosx_26_1_arm64", TODAY, False),
        ("wheel-platform", "linux_x86_64", TODAY, False),
        ("classifier-unknown", "Programming Language :: Python :: 3.99", LATER, True),
        ("classifier-unknown", "Programming Language :: Python :: 3.99", TODAY, False),
        ("classifier-unknown", "Topic :: MineTopic :: Yours", LATER, False),
        ("classifier-unknown", "Foo :: Bar", LATER, False),
        ("classifier-unknown", "Private :: Do Not Upload", LATER, False),
    ],
)
def test_what_is_newer_than_the_lists_here_may_be_taken_by_now(rule, value, today, taken):
    assert bool(may_be_taken(upload.Refusal(rule=rule, value=value, text=""), today)) is taken


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("Metadata-Version: 2.5\nImport-Name: 1bad\n", "`import-name`"),
        ("Metadata-Version: 2.4\nImport-Namespace: demo\n", "`import-namespace`"),
        ("Metadata-Version: 2.5\nImport-Name: demo; private\n", ""),
        ("Metadata-Version: 2.1\nColour: red\n", "there is no field `colour`"),
    ],
)
def test_lines_that_twine_refuses_and_pypi_never_sees_are_told(lines, problem):
    problems = upload.client_problems(f"{lines}Name: demo\nVersion: 1\n".encode())
    assert [one.startswith(problem) for one in problems] == [True] * bool(problem)


def test_the_status_line_carries_one_line_of_latin_1():
    refusal = upload.Refusal(rule="x", text="a\u0444\nb")
    assert upload.status_line(refusal) == "a?"


def test_every_rule_has_an_id_of_its_own():
    ids = [rule.id for rule in file_rules.RULES]
    assert len(ids) == len(set(ids))
