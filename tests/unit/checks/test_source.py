"""The source tree's rules: each is tripped once and narrowly missed once."""

import textwrap
from pathlib import Path

import pytest

from nox_release.checks.source.checking import check_source
from nox_release.checks.source.links import relative_targets
from nox_release.checks.source.readme import installed_names
from nox_release.checks.source.subject import SourceTree, any_match, built_submodules
from nox_release.checks.source.versions import declared_version, where_version_is
from nox_release.core.findings import Finding, Passed, Severity
from nox_release.project.pyproject import Settings, parse_project
from nox_release.project.toml import parse_toml
from nox_release.project.version_places import package_folders

HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
PDM = '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n'
POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'


def check(project="", *, backend=HATCH, head=None, slug="", **files):
    """The results for `[project]` lines, more tables after them, and files by name."""
    head = 'name = "demo"\nversion = "1.0"\nreadme = "README.md"\n' if head is None else head
    text = f"{backend}[project]\n{head}{textwrap.dedent(project)}"
    return check_text(text, slug=slug, **files)


def check_text(text, *, slug="", **files):
    texts = {"README.md": "# demo\n", **files.pop("named", {}), "pyproject.toml": text}
    project = parse_project(parse_toml(text), root=Path("demo"))
    names = frozenset(texts) | frozenset(files.get("names", ()))
    tree = SourceTree(texts=texts, names=names, slug=slug)
    return check_source(project, tree)


def findings(results):
    return [result for result in results if isinstance(result, Finding)]


def ids(results):
    return [finding.id for finding in findings(results)]


def the(results, slug):
    (found,) = [finding for finding in findings(results) if finding.id == slug]
    return found


def test_a_plain_project_has_nothing_wrong():
    results = check('requires-python = ">=3.10"\nlicense = "MIT"\ndependencies = ["httpx>=0.28"]\n')
    assert ids(results) == []
    assert {result.subject for result in results} == {"project"}
    assert all(isinstance(result, Passed) for result in results)


@pytest.mark.parametrize(
    ("lines", "slug", "line", "key"),
    [
        ('dependencies = [\n  "a",\n  "b @ git+https://example.org/b",\n]', "direct-dependency", 10,
         "project.dependencies"),
        ('dependencies = ["b>>1"]', "requires-dist-syntax", 8, "project.dependencies"),
        ('[project.optional-dependencies]\nx = ["b @ https://example.org/b.whl"]',
         "direct-dependency", 9, "project.optional-dependencies.x"),
        ('requires-python = "three"', "requires-python-syntax", 8, "project.requires-python"),
        ('classifiers = [\n"Nonsense :: Topic",\n]', "classifier-unknown", 9,
         "project.classifiers"),
        ('classifiers = ["Private :: Do Not Upload"]', "classifier-unknown", 8,
         "project.classifiers"),
        ('classifiers = ["Natural Language :: Ukranian"]', "classifier-deprecated", 8,
         "project.classifiers"),
        ('license = "MIT License"', "license-expression-invalid", 8, "project.license"),
        (f'[project.urls]\n"{"x" * 33}" = "https://example.org"', "project-url-label", 9,
         f"project.urls.{'x' * 33}"),
        ('[project.urls]\n"Home page" = "ftp://example.org"', "project-url-url", 9,
         'project.urls."Home page"'),
        (f'description = "{"x" * 513}"', "summary-length", 8, "project.description"),
        ('authors = [{name = "A", email = "a.example.org"}]', "author-email", 8,
         "project.authors.email"),
        ('[project.scripts]\n"demo run" = "demo:main"', "wheel-entry-points", 9,
         'project.scripts."demo run"'),
    ],
)  # fmt: skip
def test_what_pypi_refuses_is_found_with_its_line(lines, slug, line, key):
    finding = the(check(lines), slug)
    assert finding.severity is Severity.ERROR
    assert (finding.where.file, finding.where.line, finding.where.key) == (
        "pyproject.toml",
        line,
        key,
    )
    assert finding.why
    assert finding.fix


@pytest.mark.parametrize(
    "lines",
    [
        'dependencies = ["b>1; python_version < \'3.12\'", "c[x]~=2.0"]',
        'description = "' + "x" * 512 + '"',
        '[project.urls]\n"' + "x" * 32 + '" = "https://example.org"',
        'license = "MIT OR Apache-2.0"',
        'authors = [{name = "A, B", email = "a@example.org"}, {name = "C"}]',
        '[project.scripts]\n"demo.run-it_2" = "demo:main"',
        'classifiers = ["Typing :: Typed"]',
        '[project.optional-dependencies]\n"Some_Extra" = ["a"]',
    ],
)
def test_what_pypi_takes_is_not_found(lines):
    assert ids(check(lines)) == []


def test_every_problem_is_found_at_once():
    results = check(
        """\
        requires-python = "three"
        classifiers = ["Nonsense :: Topic"]
        dependencies = ["b @ https://example.org/b.zip"]
        """
    )
    assert {"requires-python-syntax", "classifier-unknown", "direct-dependency"} <= set(
        ids(results)
    )


def test_one_problem_is_told_once():
    assert ids(check('requires-python = "three"')) == ["requires-python-syntax"]


def test_a_local_version_has_a_public_one_as_its_remedy():
    finding = the(check(head='name = "demo"\nversion = "1.0+abc"\n'), "local-version")
    assert finding.where.line == 6
    assert finding.fix == "Release `1.0`."


def test_a_standard_library_name_cannot_be_used():
    finding = the(check(head='name = "json"\nversion = "1"\n'), "name-stdlib")
    assert finding.where.key == "project.name"
    assert "isn't allowed" in finding.refusal


@pytest.mark.parametrize(
    ("backend", "severity"), [(HATCH, Severity.WARNING), (FLIT, Severity.ERROR)]
)
def test_a_description_of_several_lines_is_judged_by_what_the_backend_writes(backend, severity):
    finding = the(check('description = """a\nb"""', backend=backend), "summary-one-line")
    assert finding.severity is severity


# --- versions -------------------------------------------------------------------------------------


def test_versions_that_disagree_are_told_where_they_stand():
    results = check(
        '[tool.bumpversion]\ncurrent_version = "0.9"\n',
        named={"src/demo/__init__.py": '"""Demo."""\n\n__version__ = "1.1"\n'},
    )
    places = [str(finding.where) for finding in findings(results)]
    assert ids(results) == ["version-disagrees", "version-disagrees"]
    assert places == [
        "src/demo/__init__.py:3 (__version__)",
        "pyproject.toml:9 (tool.bumpversion.current_version)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '__version__ = "1.0.0"\n',
        'from importlib.metadata import version\n__version__ = version("demo")\n',
        '__version__ = "unknown"\n',
        'if True:\n    __version__ = "2.0"\n',
        '__version__ = "2.0',
        'version = "3"\n',
    ],
)
def test_equal_computed_and_broken_versions_do_not_disagree(text):
    assert ids(check(named={"demo/__init__.py": text})) == []


def test_another_package_may_have_another_version():
    results = check(
        named={"src/other/__init__.py": "", "src/vendored/__init__.py": '__version__ = "9"\n'}
    )
    assert ids(results) == []


def test_setup_py_and_setup_cfg_are_read_too():
    results = check(
        backend=SETUPTOOLS,
        named={
            "setup.py": 'import setuptools\nsetuptools.setup(\n    version="0.1",\n)\n',
            "setup.cfg": "[metadata]\nname = demo\nversion = 0.2\n",
        },
    )
    assert [str(finding.where) for finding in findings(results)] == [
        "setup.py:3 (version)",
        "setup.cfg:3 (metadata.version)",
    ]


LOCK = '[[package]]\nname = "demo"\nversion = "0.9"\nsource = { editable = "." }\n'


@pytest.mark.parametrize(
    ("workflow", "severity"),
    [("run: uv sync", Severity.WARNING), ("run: uv sync --locked", Severity.ERROR)],
)
def test_a_stale_line_in_the_lock_is_an_error_where_ci_compares_it(workflow, severity):
    results = check(named={"uv.lock": LOCK, ".github/workflows/ci.yml": workflow})

    finding = the(results, "lock-version-stale")
    assert (str(finding.where), finding.severity) == ("uv.lock:3 (demo)", severity)


def test_a_stale_version_beside_a_dynamic_one_disagrees():
    text = (
        f"{SETUPTOOLS}[project]\n{DYNAMIC}"
        '[tool.setuptools.dynamic]\nversion = {attr = "demo._about.VERSION"}\n'
    )
    results = check_text(
        text,
        named={
            "src/demo/__init__.py": '__version__ = "1.0"\n',
            "src/demo/_about.py": 'VERSION = "1.1"\n',
        },
    )

    finding = the(results, "version-disagrees")
    assert str(finding.where) == "src/demo/__init__.py:1 (__version__)"
    assert finding.message == (
        "`__version__` in `src/demo/__init__.py` says 1.0, `VERSION` in `src/demo/_about.py` says 1.1."
    )


def test_a_fragment_of_an_unknown_type_is_found():
    results = check(
        '[tool.towncrier]\ndirectory = "news"\n',
        named=dict.fromkeys(
            ("news/1.feature.md", "news/2.feat.md", "news/3.feet.md", "news/README.md"), "x"
        ),
    )

    finding = the(results, "fragment-left")
    assert str(finding.where) == "news/2.feat.md"
    assert finding.message.endswith("misc, removal. So it is with 1 more.")


def test_what_towncrier_wrote_beside_its_fragments_is_not_one():
    names = ("news/0.10.0.md", "news/0.6.x.md", "news/v2.1.rst", "news/CONTRIBUTING.md")
    named = dict.fromkeys(names, "x")
    assert "fragment-left" not in ids(check('[tool.towncrier]\ndirectory = "news"\n', named=named))


def test_the_template_of_towncrier_is_not_a_fragment():
    named = dict.fromkeys(("news/towncrier_template.rst", "news/1.feature.rst"), "x")
    table = '[tool.towncrier]\ndirectory = "news"\ntemplate = "news/towncrier_template.rst"\n'
    assert "fragment-left" not in ids(check(table, named=named))


@pytest.mark.parametrize(("ignored", "count"), [("*.pyc\n/build/\n", 0), ("dist\n", 1)])
def test_a_readme_where_git_ignores_it_is_made_before_the_build(ignored, count):
    head = 'name = "demo"\nversion = "1"\nreadme = "build/README.md"\n'
    results = check(head=head, named={".gitignore": ignored})
    assert ids(results).count("readme-missing") == count


def test_a_changelog_with_its_newest_part_last_is_told():
    results = check(named={"CHANGELOG.md": "## 0.8\n\na\n\n## 0.9\n\nb\n\n## 1.0\n\nc\n"})

    assert the(results, "changelog-unparsed").severity is Severity.ADVICE


DYNAMIC = 'name = "demo"\ndynamic = ["version"]\nreadme = "README.md"\n'


@pytest.mark.parametrize(
    ("backend", "tables", "named", "version"),
    [
        (HATCH, '[tool.hatch.version]\npath = "src/demo/about.py"\n',
         {"src/demo/about.py": '__version__ = "2.1"\n'}, "2.1"),
        (HATCH, '[tool.hatch.version]\nsource = "vcs"\n', {}, None),
        (SETUPTOOLS, '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
         {"src/demo/__init__.py": '__version__ = "2.2"\n'}, "2.2"),
        (SETUPTOOLS, '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n',
         {"VERSION": "2.3\n"}, "2.3"),
        (FLIT, "", {"demo/__init__.py": '"""D."""\n__version__ = "2.4"\n'}, "2.4"),
        (PDM, '[tool.pdm.version]\nsource = "file"\npath = "demo/__init__.py"\n',
         {"demo/__init__.py": '__version__ = "2.5"\n'}, "2.5"),
    ],
)  # fmt: skip
def test_a_dynamic_version_is_read_where_the_backend_reads_it(backend, tables, named, version):
    text = f"{backend}[project]\n{DYNAMIC}{tables}"
    project = parse_project(parse_toml(text), root=Path("demo"))
    tree = SourceTree(texts=named, names=frozenset(named))
    assert declared_version(project, tree) == version


@pytest.mark.parametrize(
    ("backend", "tables", "found"),
    [
        (SETUPTOOLS, "", ["version-source-missing"]),
        (SETUPTOOLS, "[tool.setuptools_scm]\n", ["version-source-missing"]),
        (SETUPTOOLS.replace('"setuptools"]', '"setuptools", "setuptools-scm>=8"]'),
         "[tool.setuptools_scm]\n", []),
        (HATCH, "", ["version-source-missing"]),
        (HATCH, '[tool.hatch.version]\nsource = "vcs"\n', ["version-source-missing"]),
        (HATCH.replace('"hatchling"', '"hatchling", "hatch-vcs"'),
         '[tool.hatch.version]\nsource = "vcs"\n', []),
        (HATCH, '[tool.hatch.version]\npath = "gone.py"\n', ["version-source-missing"]),
        (HATCH, '[tool.hatch.version]\npath = "./README.md"\n', []),
        (HATCH, '[tool.hatch.version]\npath = "../../version.py"\n', []),
        (HATCH, '[tool.setuptools_scm]\n[tool.hatch.version]\npath = "README.md"\n', []),
        (FLIT, "[tool.setuptools_scm]\n", ["version-for-other-backend"]),
        (SETUPTOOLS.replace('"setuptools"]', '"setuptools", "setuptools-scm>=8"]'),
         '[tool.hatch.version]\npath = "x.py"\n', ["version-for-other-backend"]),
    ],
)  # fmt: skip
def test_a_dynamic_version_needs_a_source_that_its_backend_reads(backend, tables, found):
    assert ids(check(tables, backend=backend, head=DYNAMIC)) == found


def test_a_version_for_poetry_means_nothing_to_hatchling():
    results = check('[tool.poetry]\nversion = "2"\n')
    assert "version-for-other-backend" in ids(results)


# --- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requires", "classifier", "contradicts"),
    [
        (">=3.9", "3.8", True),
        (">=3.9", "3.9", False),
        (">=3.9.2", "3.9", False),
        (">=3.9,!=3.10.*", "3.10", True),
        (">=3.9,<3.13", "3.13", True),
        (">=3.9", "2", True),
        (">=3.9", "3", False),
        (">=3.9", "3 :: Only", False),
        (">=2.7", "2.7", False),
        (">=3.9", "Implementation :: CPython", False),
    ],
)
def test_classifiers_are_compared_with_requires_python(requires, classifier, contradicts):
    results = check(
        f'requires-python = "{requires}"\n'
        f'classifiers = ["Programming Language :: Python :: {classifier}"]\n'
    )
    assert ids(results) == ["classifier-contradicts-python"] * contradicts


@pytest.mark.parametrize(
    ("backend", "severity"), [(SETUPTOOLS, Severity.ERROR), (HATCH, Severity.WARNING)]
)
def test_a_licence_classifier_beside_an_expression(backend, severity):
    results = check(
        'license = "MIT"\nclassifiers = ["License :: OSI Approved :: MIT License"]\n',
        backend=backend,
    )
    assert the(results, "license-classifier").severity is severity


def test_a_licence_classifier_beside_a_licence_text_is_fine():
    lines = 'license = {text = "MIT"}\nclassifiers = ["License :: OSI Approved :: MIT License"]\n'
    assert ids(check(lines, backend=SETUPTOOLS)) == []


def test_an_idle_table_of_setuptools_scm_beside_a_version_is_no_error():
    head = 'name = "demo"\ndynamic = ["version"]\nreadme = "README.md"\n'
    table = "[tool.setuptools_scm]\n"
    source = '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n'
    named = {"demo.py": '__version__ = "1.0"\n'}
    told = [
        check(more, backend=SETUPTOOLS, head=head, named=named) for more in (table, source + table)
    ]
    assert ["version-source-missing" in ids(one) for one in told] == [True, False]


@pytest.mark.parametrize(
    ("pattern", "missing"),
    [
        ("LICENSE", True),
        ("licenses/*.txt", False),
        ("**/MIT.*", False),
        ("licenses/*.md", True),
        ("vendor/parser/LICENSE", False),
        ("vendor/*/LICENSE", False),
        ("*/LICENSE", True),
        ("vendor/LICENSE", True),
    ],
)
def test_licence_files_have_to_match_something(pattern, missing):
    modules = {".gitmodules": '[submodule "parser"]\n\tpath = vendor/parser\n'}
    lines = f'license-files = ["{pattern}"]\n'
    results = check(lines, names=["licenses/MIT.txt"], named=modules)
    assert ids(results) == ["license-file-missing"] * missing


@pytest.mark.parametrize(
    ("backend", "severity"), [(SETUPTOOLS, Severity.WARNING), (HATCH, Severity.ERROR)]
)
def test_a_licence_file_that_is_not_there_stops_no_build_of_setuptools(backend, severity):
    results = check('license = {file = "LICENCE.nope"}\n', backend=backend)
    assert the(results, "license-file-missing").severity is severity


def test_a_readme_that_is_named_has_to_be_there():
    results = check(head='name = "demo"\nversion = "1"\nreadme = "docs/readme.md"\n')
    assert the(results, "readme-missing").severity is Severity.ERROR


def test_a_readme_outside_of_the_project_is_not_known_to_be_missing():
    results = check(head='name = "demo"\nversion = "1"\nreadme = "../../README.md"\n')
    assert ids(results) == []


def test_a_readme_that_is_there_is_missed_when_nothing_names_it():
    finding = the(check(head='name = "demo"\nversion = "1"\n'), "readme-missing")
    assert finding.severity is Severity.WARNING
    assert finding.fix == 'Add: readme = "README.md"'
    private = 'name = "demo"\nversion = "1"\nclassifiers = ["Private :: Do Not Upload"]\n'
    assert "readme-missing" not in ids(check(head=private))


@pytest.mark.parametrize(
    ("readme", "found"),
    [
        ("# x\n\n    pip install all-in-one-fix\n", True),
        ("pip install torch\npip install all-in-one-fix\n", True),
        ("pip install allin1fix\n\nor pip install all-in-one-fix\n", False),
        ("pip install Allin1Fix[extra]==1.0\n", False),
        ("pip install torch numpy\n", False),
        ("pip install -r all-in-one-fix\n", False),
        ("pip install -e .\n", False),
        ("uv add all-in-one-fix\n", True),
        ("", False),
    ],
)
def test_the_readme_installs_this_project(readme, found):
    results = check(
        head='name = "allin1fix"\nversion = "1"\nreadme = "README.md"\n',
        slug="acme/all-in-one-fix",
        named={"README.md": readme},
    )
    assert ids(results) == ["readme-other-project"] * found


@pytest.mark.parametrize(("needs", "found"), [("['Demo==1']", False), ("[]", True)])
def test_an_old_name_that_brings_the_new_one_may_tell_to_install_that(needs, found):
    results = check(
        head=f'name = "demo-py"\nversion = "1"\nreadme = "README.md"\ndependencies = {needs}\n',
        slug="acme/demo",
        named={"README.md": "pip install demo\n"},
    )
    assert ids(results) == ["readme-other-project"] * found


@pytest.mark.parametrize(("slug", "found"), [("acme/demo-cli", False), ("acme/demo", True)])
def test_a_companions_readme_may_install_what_it_belongs_to(slug, found):
    results = check(
        head='name = "demo-cli"\nversion = "1"\nreadme = "README.md"\n',
        slug=slug,
        named={"README.md": 'pip install "demo[standard]"\n'},
    )
    assert ids(results) == ["readme-other-project"] * found


def test_an_extra_of_another_project_installs_its_companion():
    results = check(
        head='name = "psycopg-pool"\nversion = "1"\nreadme = "README.md"\n',
        slug="psycopg/psycopg",
        named={"README.md": 'pip install "psycopg[pool]"\n'},
    )
    assert ids(results) == []


def test_relative_images_and_links_are_told_with_line_and_whole_address():
    readme = "# demo\n\n![logo](docs/logo.png)\n\nSee [the guide](docs/guide.md), [it](./IT.md).\n"
    results = check(slug="acme/thing", named={"README.md": readme})
    image, link = the(results, "readme-relative-image"), the(results, "readme-relative-link")
    assert image.severity is Severity.WARNING
    assert (image.where.line, link.where.line) == (3, 5)
    assert image.message == (
        "`docs/logo.png` (line 3): a relative image is broken on the project's page."
    )
    assert image.fix == "Write https://raw.githubusercontent.com/acme/thing/HEAD/docs/logo.png"
    assert link.severity is Severity.ADVICE
    assert "`docs/guide.md` (line 5), `./IT.md` (line 5)" in link.message
    assert link.fix == "Write https://github.com/acme/thing/blob/HEAD/docs/guide.md"


def test_the_address_is_made_from_the_projects_links_where_no_remote_is_known():
    urls = '[project.urls]\nSource = "https://github.com/acme/thing.git"\n'
    results = check(urls, named={"README.md": "![x](/x.png)\n"})
    assert the(results, "readme-relative-image").fix == (
        "Write https://raw.githubusercontent.com/acme/thing/HEAD/x.png"
    )


@pytest.mark.parametrize(
    ("name", "text", "targets"),
    [
        ("README.md", '<img alt="x" src="a.png"> <a href="b.md">b</a>', ["a.png", "b.md"]),
        ("README.md", "[![badge](b.svg)](https://ci)", ["b.svg"]),
        ("README.md", "[![badge](https://b.svg)](LICENSE)", ["LICENSE"]),
        ("README.md", "[x][y]\n\n[y]: docs/y.md", ["docs/y.md"]),
        ("README.md", "[x](#y) [m](mailto:a@b) [s](//c/d) ![d](data:image/png;base64,AA)", []),
        ("README.md", "```\n[x](y.md)\n```\n    [x](y.md)\n`[x](y.md)` <!-- [x](y.md) -->", []),
        ("README.md", "<!--\n![x](y.png)\n-->\n![z](z.png)", ["z.png"]),
        ("README.md", "a[0](x), {{ [x]({{ url }}) }}", ["x"]),
        (
            "README.rst",
            ".. image:: a.png\n   :target: b.html\n\n`c <d.rst>`_",
            ["a.png", "b.html", "d.rst"],
        ),
        ("README.rst", ".. |x| image:: https://y/z.png\n\n`c <d_>`_ and [x](y.md)", []),
        ("README.rst", ".. _c: https://d", []),
    ],
)
def test_only_what_is_relative_and_no_code_is_told(name, text, targets):
    found = relative_targets(text, rst=name.endswith(".rst"))
    assert sorted(target for _, target, _ in found) == sorted(targets)


def test_a_second_version_beside_the_one_that_the_build_reads_is_told():
    named = {
        "demo/__about__.py": '__version__ = "1.0"\n',
        "demo/__init__.py": '__version__ = "0.9"\n',
    }
    head = 'name = "demo"\ndynamic = ["version"]\nreadme = "README.md"\n'
    table = '[tool.hatch.version]\npath = "demo/__about__.py"\n'
    finding = the(check(table, head=head, named=named), "version-disagrees")
    assert "`__version__` in `demo/__init__.py` says 0.9" in finding.message


def test_the_line_about_the_version_names_where_it_was_read():
    results = check(named={"uv.lock": LOCK.replace("0.9", "1.0")})
    (passed,) = [one for one in results if one.id == "version-disagrees"]
    assert passed.detail == "1.0 in project.version, `uv.lock`"


def test_setup_cfg_and_requirement_files_are_read_as_setuptools_reads_them():
    cfg = (
        '[metadata]\nname = demo\n[options]\ninstall_requires = a>=1; b; python_version < "3.9"\n'
        '[options.extras_require]\ndocs:python_version < "3.9" =\n    c\n'
        "t =\n    d; sys_platform == 'x'\n"
    )
    assert ids(check_text(SETUPTOOLS, named={"setup.cfg": cfg})) == []
    head = 'name = "demo"\nversion = "1"\nreadme = "README.md"\ndynamic = ["dependencies"]\n'
    table = '[tool.setuptools.dynamic]\ndependencies = { file = "r.txt" }\n'
    named = {"r.txt": "# all\na>=1 \\\n  ; python_version < '3.9'\nb # c\n"}
    assert ids(check(table, backend=SETUPTOOLS, head=head, named=named)) == []


@pytest.mark.parametrize(
    ("patterns", "count"),
    [
        ('demo = ["py.typed"]', 1),
        ('demo = ["*.json"]', 0),
        ('"*" = ["py.typed"]', 0),
        ('demo = ["data/a.json"]', 0),
        ('"demo.data" = ["a.json", "b.json"]', 1),
    ],
)
def test_a_file_that_package_data_names_is_in_the_packages_folder(patterns, count):
    more = f"[tool.setuptools.package-data]\n{patterns}\n"
    names = ("py.typed", "src/demo/__init__.py", "src/demo/data/a.json")
    told = findings(check(more, backend=SETUPTOOLS, names=names))
    assert [one.severity for one in told if one.id == "package-data-missing"] == [
        Severity.ADVICE
    ] * count


@pytest.mark.parametrize(
    ("backend", "severity"),
    [
        (HATCH, Severity.ERROR),
        (SETUPTOOLS, Severity.WARNING),
        (HATCH.replace("hatchling.build", "mine"), Severity.WARNING),
    ],
)
def test_a_missing_readme_is_an_error_where_the_build_fails(backend, severity):
    head = 'name = "demo"\nversion = "1"\nreadme = "READ.md"\n'
    assert the(check(head=head, backend=backend), "readme-missing").severity is severity


def test_a_module_may_state_the_version_of_something_else_beside_its_own():
    table = '[tool.setuptools.dynamic]\nversion = {attr = "demo.VERSION"}\n'
    named = {"demo/__init__.py": 'VERSION = "1.0"\n__version__ = "2.2.8"  # as the other one\n'}
    results = check(table, head=DYNAMIC, backend=SETUPTOOLS, named=named)
    assert "version-disagrees" not in ids(results)


def test_a_module_that_was_copied_in_has_a_version_of_its_own():
    named = {
        "demo/__init__.py": '__version__ = "1.0"\n',
        "demo/copied.py": '__version__ = "7.1.2"\n',
        "demo/_version.py": '__version__ = "1.1"\n',
    }
    results = check(head='name = "demo"\nversion = "1.0"\n', named=named)
    told = [one.where.file for one in findings(results) if one.id == "version-disagrees"]
    assert told == ["demo/_version.py"]


@pytest.mark.parametrize(("backend", "severity"), [(HATCH, "warning"), (SETUPTOOLS, "error")])
def test_a_license_table_beside_license_files_is_passed_over_by_hatchling(backend, severity):
    head = 'name = "demo"\nversion = "1"\nlicense = {text = "MIT"}\nlicense-files = ["L"]\n'
    finding = the(check(head=head, backend=backend, named={"L": ""}), "pyproject-schema")
    assert finding.severity.value == severity


def test_names_in_install_lines():
    text = (
        "$ python -m pip install --upgrade 'demo[x]>=1' other && ls\n`pipx run`\npip3 install a.\n"
    )
    assert list(installed_names(text)) == [("demo", 1), ("other", 1), ("a", 3)]


def test_a_metadata_version_that_pypi_does_not_take():
    table = '[tool.hatch.build.targets.wheel]\ncore-metadata-version = "{}"\n'
    assert ids(check(table.format("2.6"))) == ["metadata-version-ahead"]
    assert ids(check(table.format("2.4"))) == []


@pytest.mark.parametrize(
    ("name", "requirement", "found"),
    [
        ("Demo-Pkg", "setuptools<69", True),
        ("demo-pkg", "setuptools==65.5.0", True),
        ("demo_pkg", "setuptools<69", False),
        ("Demo-Pkg", "setuptools>=61", False),
        ("Demo-Pkg", "setuptools==69.4", False),
        ("Demo-Pkg", "setuptools", False),
        ("Demo-Pkg", "setuptools<40; python_version == '3.3'", False),
        ("Demo-Pkg", "setuptools<40; python_version >= '3.3'", True),
    ],
)
def test_an_old_setuptools_writes_sdist_names_that_pypi_refuses(name, requirement, found):
    backend = SETUPTOOLS.replace('"setuptools"', f'"{requirement}"')
    results = check(backend=backend, head=f'name = "{name}"\nversion = "1"\nreadme = "README.md"\n')
    assert ids(results) == ["sdist-name-by-old-setuptools"] * found


def test_dependencies_in_files_that_setuptools_reads():
    results = check(
        "[tool.setuptools.dynamic]\ndependencies = {file = ['requirements.txt']}\n",
        backend=SETUPTOOLS,
        head='name = "demo"\nversion = "1"\nreadme = "README.md"\ndynamic = ["dependencies"]\n',
        named={"requirements.txt": "# all\nhttpx\nx @ git+https://example.org/x  # later\n"},
    )
    assert str(the(results, "direct-dependency").where) == "requirements.txt:3"


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ('{git = "https://example.org/x.git"}', True),
        ('{path = "../x"}', True),
        ('{url = "https://example.org/x.whl"}', True),
        ('{version = "^1.0", optional = true}', False),
        ('"^1.0"', False),
    ],
)
def test_poetrys_own_dependencies_count(table, found):
    text = (
        f'{POETRY}[tool.poetry]\nname = "demo"\nversion = "1"\nreadme = "README.md"\n'
        f"[tool.poetry.dependencies]\nx = {table}\n"
    )
    assert ids(check_text(text)) == ["direct-dependency"] * found


SETUP_CFG = """\
[metadata]
name = demo
version = 1.0
url = example.org
classifiers =
    Typing :: Typed
    Nonsense :: Topic
project_urls =
    Docs = https://example.org

[options]
# comment
install_requires =
    a
    b @ https://example.org/b.zip

[options.extras_require]
x = c>=1
"""
SETUP_PY = """\
from setuptools import setup

setup(
    name="demo",
    version="1.0",
    install_requires=["a", "b @ https://example.org/b.zip"],
    extras_require={"x": [
        "c>>1",
    ]},
    project_urls={"Docs": "example.org"},
    python_requires=PYTHON,
)
"""


@pytest.mark.parametrize(
    ("file", "text", "places"),
    [
        ("setup.cfg", SETUP_CFG, {
            "home-page": "setup.cfg:4 (metadata.url)",
            "classifier-unknown": "setup.cfg:7 (metadata.classifiers)",
            "direct-dependency": "setup.cfg:15 (options.install_requires)",
        }),
        ("setup.py", SETUP_PY, {
            "project-url-url": "setup.py:10 (project_urls)",
            "direct-dependency": "setup.py:6 (install_requires)",
            "requires-dist-syntax": "setup.py:8 (extras_require)",
        }),
    ],
)  # fmt: skip
def test_projects_without_a_project_table_are_read_too(file, text, places):
    project = parse_project(
        {}, root=Path("demo"), setup={"name": "demo", "version": "1.0", "file": file}
    )
    results = check_source(project, SourceTree(texts={file: text}, names=frozenset({file})))
    assert {finding.id: str(finding.where) for finding in findings(results)} == places


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('licence = "MIT"', "`[project]` has no key `licence` (`license`?)."),
        (
            'requires_python = ">=3"',
            "`[project]` has no key `requires_python` (`requires-python`?).",
        ),
        ('readme.file = "README.md"', None),
        ('keywords = "a, b"', "`project.keywords` must be a list of strings, not 'a, b'."),
        (
            'authors = [{name = "A", email = ""}]',
            "`project.authors.email` is '', which is not an e-mail address.",
        ),
        (
            'scripts = {demo = "demo main"}',
            "`project.scripts.demo` is 'demo main', which names no object.",
        ),
    ],
)
def test_the_tables_own_schema_in_plain_words(lines, message):
    if message is None:
        lines = 'readme = {file = "README.md"}\n'
        finding = the(check(lines, head='name = "demo"\nversion = "1"\n'), "pyproject-schema")
        assert finding.message.startswith("`project.readme` must be a file name, or a table")
        return
    assert the(check(lines), "pyproject-schema").message == message


EMPTY_ADDRESS = 'authors = [{name = "A", email = ""}]\n'
BAD_OBJECT = 'scripts = {demo = "demo main"}\n'
UNKNOWN_KEY = 'homepage = "https://example.org"\n'
WRONG_TYPE = 'keywords = "a, b"\n'
DRAFT_OF_639 = 'license-files = {paths = ["README.md"]}\n'


@pytest.mark.parametrize(
    ("lines", "backend", "severity"),
    [
        (EMPTY_ADDRESS, HATCH, Severity.WARNING),
        (EMPTY_ADDRESS, PDM, Severity.WARNING),
        (EMPTY_ADDRESS, FLIT, Severity.ERROR),
        (EMPTY_ADDRESS, SETUPTOOLS, Severity.ERROR),
        (BAD_OBJECT, HATCH, Severity.WARNING),
        (BAD_OBJECT, SETUPTOOLS, Severity.ERROR),
        (UNKNOWN_KEY, PDM, Severity.WARNING),
        (UNKNOWN_KEY, FLIT, Severity.ERROR),
        (UNKNOWN_KEY, FLIT.replace('flit_core"', 'flit_core <4,>=3.2"', 1), Severity.WARNING),
        (DRAFT_OF_639, HATCH, Severity.WARNING),
        (DRAFT_OF_639, FLIT, Severity.ERROR),
        (WRONG_TYPE, HATCH, Severity.ERROR),
        ("[dependency-groups]\ndev = 1\n", HATCH, Severity.WARNING),
        ("[tool.setuptools]\nzip-safe = 1\n", HATCH, Severity.WARNING),
        ("[tool.setuptools]\nzip-safe = 1\n", SETUPTOOLS, Severity.ERROR),
    ],
)
def test_what_the_backend_builds_all_the_same_stops_no_release(lines, backend, severity):
    """Each was tried with the backend itself; PyPI takes what those build that only get a warning."""
    assert the(check(lines, backend=backend), "pyproject-schema").severity is severity


def test_places_lead_from_the_repositorys_root():
    text = f'{HATCH}[project]\nname = "demo"\nversion = "1"\nlicense = "??"\n'
    project = parse_project(parse_toml(text), root=Path("libs/demo"))
    tree = SourceTree(texts={"pyproject.toml": text}, prefix="libs/demo/")
    assert the(check_source(project, tree), "license-expression-invalid").where.file == (
        "libs/demo/pyproject.toml"
    )


def test_packages_are_found_by_the_projects_name():
    project = parse_project(
        parse_toml('[project]\nname = "My.Name_space-Pkg"\nversion = "1"\n'), root=Path()
    )
    assert package_folders(project.normalized_name, ["my/name_space/pkg/__init__.py"]) == (
        "my/name_space/pkg",
    )
    assert package_folders(project.normalized_name, ["tests/__init__.py", "docs/__init__.py"]) == ()
    assert package_folders(project.normalized_name, ["src/my_name_space_pkg/__init__.py"]) == (
        "src/my_name_space_pkg",
    )
    assert project.settings == Settings()


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("LICEN[CS]E*", True),
        ("LICENSE[!x]txt", True),
        ("LICENSE[!.]txt", False),
        ("**/LICENSE.txt", True),
        ("docs/*", False),
        ("LICENSE[", False),
        ("LICENSE[]", False),
        ("LICENSE[z-a]", False),
        ("LICENSE[[&&--]txt", False),
        ("[!]", False),
    ],
)
def test_a_glob_is_read_whatever_is_written(pattern, matched):
    assert any_match(["LICENSE.txt"], pattern) is matched


HATCH_VERSION = f'{HATCH}[project]\nname = "demo"\ndynamic = ["version"]\n[tool.hatch.version]\n'


@pytest.mark.parametrize(
    ("text", "named", "where"),
    [
        (f'{HATCH}[project]\nname = "demo"\nversion = "1.0"\n', {}, "pyproject.toml:6"),
        (f'{FLIT}[project]\nname = "demo"\ndynamic = ["version"]\n',
         {"demo/__init__.py": 'X = 1\n__version__ = "1.0"\n'}, "demo/__init__.py:2"),
        (f'{HATCH_VERSION}path = "src/demo/about.py"\n',
         {"src/demo/about.py": '__version__ = "1.0"\n'}, "src/demo/about.py:1"),
        (f'{HATCH_VERSION}source = "vcs"\n', {}, None),
    ],
)  # fmt: skip
def test_the_place_that_states_the_version(text, named, where):
    project = parse_project(parse_toml(text), root=Path("demo"))
    texts = {**named, "pyproject.toml": text}
    found = where_version_is(project, SourceTree(texts=texts, names=frozenset(texts)))
    assert (found and f"{found.file}:{found.line}") == where


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"CMakeLists.txt": "target_include_directories(core PRIVATE include/eigen)"}, True),
        ({"setup.py": "include_dirs=['include/eigen/Eigen']"}, True),
        ({"CMakeLists.txt": "add_subdirectory(include/eigen2)"}, False),
        ({"docs.txt": "include/eigen"}, False),
        ({"CMakeLists.txt": "git submodule update\nadd_subdirectory(include/eigen)"}, False),
    ],
)
def test_a_build_reads_the_submodules_that_its_own_files_name(named, found):
    modules = '[submodule "e"]\n\tpath = include/eigen\n\turl = https://example.org/e.git\n'
    texts = {".gitmodules": modules, **named}
    tree = SourceTree(texts=texts, names=frozenset(texts))
    assert built_submodules(tree) == ("include/eigen",) * found
