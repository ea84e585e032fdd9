"""Remotes, workflow files and the trusted publisher that they stand for."""

import time

import pytest

from nox_release.core.findings import Finding, Location, Severity, Skipped
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import TESTPYPI, Settings, parse_index
from nox_release.project.remotes import explain_remote, parse_remote
from nox_release.workflows.build_folders import builds_package
from nox_release.workflows.publishing import (
    MISSING,
    RENAMED,
    REUSABLE,
    UnreadableWorkflow,
    derive_publisher,
    for_index,
    index_of,
    may_publish,
    parse_composite,
    parse_workflow,
    proposed_file,
    publish_jobs,
    spelt_by_github,
)
from nox_release.workflows.yaml_nodes import MAX_BYTES

FILE = ".github/workflows/publish.yml"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/octo/demo",
        "https://github.com/octo/demo.git",
        "https://github.com/octo/demo/",
        "https://github.com/octo/demo.git/",
        "https://www.github.com/octo/demo",
        "HTTPS://GitHub.com/octo/demo.git",
        "https://user:secret@github.com/octo/demo.git",
        "https://x-access-token@github.com:443/octo/demo.git",
        "git@github.com:octo/demo.git",
        "git@github.com:octo/demo",
        "git@github.com:/octo/demo.git",
        "github.com:octo/demo.git",
        "org-12345@github.com:octo/demo.git",
        "ssh://git@github.com/octo/demo.git",
        "ssh://git@github.com:22/octo/demo",
        "ssh://git@ssh.github.com:443/octo/demo.git",
        "git://github.com/octo/demo.git",
        "git+ssh://git@github.com/octo/demo.git",
        "  https://github.com/octo/demo.git\n",
    ],
)
def test_every_form_of_a_github_address_is_understood(url):
    assert parse_remote(url) == ("octo", "demo")
    assert explain_remote(url) == ""


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://github.example.com/octo/demo.git", "github.example.com (GitHub Enterprise)"),
        ("git@gitlab.com:octo/demo.git", "gitlab.com (another service)"),
        ("/srv/git/demo.git", "a folder or an address of an unknown form"),
        ("../demo", "a folder or an address of an unknown form"),
        ("C:\\git\\demo", "a folder or an address of an unknown form"),
        ("file:///srv/git/demo.git", "a folder or an address of an unknown form"),
        ("https://github.com/octo", "does not name an owner and a repository"),
        ("https://github.com/octo/demo/tree/main", "does not name an owner and a repository"),
        ("https://github.com/octo/..", "does not name an owner and a repository"),
        ("https://github.com/-octo/demo", "does not name an owner and a repository"),
        ("", "a folder or an address of an unknown form"),
    ],
)
def test_other_remotes_are_none_with_a_reason(url, reason):
    assert parse_remote(url) is None
    assert reason in explain_remote(url)


def test_a_password_in_a_remote_is_in_no_reason():
    assert "hunter2" not in explain_remote("https://octo:hunter2@example.com/octo/demo")


def test_githubs_own_spelling_replaces_the_remotes():
    assert spelt_by_github(("Octo", "Demo"), "octo/demo") == (("octo", "demo"), ())
    assert spelt_by_github(("octo", "demo"), None) == (("octo", "demo"), ())
    slug, findings = spelt_by_github(("octo", "demo"), "octo-org/demo-next")
    assert slug == ("octo-org", "demo-next")
    assert [finding.id for finding in findings] == [RENAMED.id]
    assert "`octo/demo`, which GitHub now calls `octo-org/demo-next`" in findings[0].message


# --- the file --------------------------------------------------------------------------------


def workflow(jobs, *, on="release", file=FILE, top=""):
    return parse_workflow(f"on: {on}\n{top}\njobs:\n{jobs}", file=file)


def job(name, *steps, extra=""):
    listed = "".join(f"      - {step}\n" for step in steps)
    return f"  {name}:\n    runs-on: ubuntu-latest\n{extra}    steps:\n{listed}"


ACTION = "uses: pypa/gh-action-pypi-publish@release/v1"
POETRY = """run: |
          poetry config repositories.there https://%s/legacy/
          poetry publish --build -r there"""
TRUSTED = "    permissions:\n      id-token: write\n"


@pytest.mark.parametrize(
    "head", ["on: push", "'on': push", '"on": push', "%YAML 1.1\n---\non: push"]
)
def test_on_stays_a_word(head):
    parsed = parse_workflow(f"{head}\njobs: {{}}\n", file=FILE)
    assert [event.name for event in parsed.events] == ["push"]


@pytest.mark.parametrize(
    ("on", "events"),
    [
        ("push", ["push"]),
        ("[push, release]", ["push", "release"]),
        ("{push: , release: {types: [published]}}", ["push", "release"]),
        ("", []),
    ],
)
def test_events_come_in_three_forms(on, events):
    parsed = parse_workflow(f"on: {on}\njobs: {{}}\n", file=FILE)
    assert [event.name for event in parsed.events] == events


def test_words_of_yaml_1_1_stay_text():
    parsed = workflow(job("a", "run: echo", extra="    environment: on\n    name: yes\n"))
    assert parsed.jobs[0].environment.name == "on"
    assert parsed.jobs[0].name == "yes"


def test_anchors_and_aliases_are_followed():
    parsed = parse_workflow(
        "on: push\njobs:\n  a: &job\n    environment: pypi\n    steps:\n"
        f"      - {ACTION}\n  b: *job\n",
        file=FILE,
    )
    assert [publish.job.id for publish in publish_jobs(parsed)] == ["a", "b"]


def test_a_tab_behind_a_value_is_yaml_too():
    workflow = parse_workflow("on: push\t\njobs:\t\n  a: {runs-on: x}\n", file="a.yml")
    assert [event.name for event in workflow.events] == ["push"]


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"on: push\njobs:\n\t- a\n", 3, "is not valid YAML"),
        (b"on: [push\n", 2, "is not valid YAML"),
        (b"a: *nobody\n", 1, "is not valid YAML"),
        (b"on: push\non: release\n", 2, "has the key `on` twice in one place"),
        (b"on: push\nname: caf\xe9\n", 2, "is not UTF-8"),
        (b"\xff\xfeo\x00n\x00", 1, "is not UTF-8"),
        (b"on: &a [*a]\n", 1, "contains itself"),
        (b"? [a, b]\n: c\n", 1, "has a key that is not text"),
        (b"on: \x00\n", None, "is not valid YAML"),
        (b"on: push\n---\non: release\n", 2, "is not valid YAML"),
        (b"", None, "is empty"),
        (b"# only a comment\n", None, "is empty"),
        (b"- a\n- b\n", None, "is no workflow"),
        (b"just words\n", None, "is no workflow"),
    ],
)
def test_what_cannot_be_read_is_one_finding_with_its_line(raw, line, message):
    with pytest.raises(UnreadableWorkflow) as caught:
        parse_workflow(raw, file=FILE)
    finding = caught.value.finding
    assert finding.id == "yaml-valid"
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith(f"{FILE} {message}")
    assert finding.where == Location(file=FILE, line=line)


def bomb():
    lines = ["on: push", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (bomb(), "expands beyond all measure"),
        (b"on: " + b"[" * 1_000, "is nested too deeply"),
        (b"on: " + b"[" * 80 + b"]" * 80, "is nested too deeply"),
        (b"# " + b"x" * 10 * 1024 * 1024, "is too large to read: 10,240 KiB"),
    ],
)
def test_hostile_files_end_in_bounded_time(raw, message):
    started = time.process_time()
    with pytest.raises(UnreadableWorkflow, match=message):
        parse_workflow(raw, file=FILE)
    assert time.process_time() - started < 20


@pytest.mark.slow
def test_the_largest_file_that_is_read_ends_in_bounded_time():
    one = "      - run: |\n          twine upload dist/*\n"
    text = "on: push\njobs:\n  a:\n    steps:\n"
    text += one * ((MAX_BYTES - len(text)) // len(one))
    started = time.process_time()
    found = publish_jobs(parse_workflow(text, file=FILE))
    assert len(found) > 10_000
    assert time.process_time() - started < 60


def test_odd_shapes_are_no_errors():
    parsed = parse_workflow(
        "on: push\npermissions: ${{ vars.p }}\nenv: nothing\nconcurrency: x\njobs:\n"
        "  a: text\n  b:\n    needs: [a, {b: c}]\n    steps: nothing\n  c:\n    permissions:\n"
        "    environment:\n    strategy: ${{ fromJSON(x) }}\n    runs-on: {group: big}\n"
        "    steps: [1, {uses: }, {run: }, {uses: [a]}]\n",
        file=FILE,
    )
    assert [one.id for one in parsed.jobs] == ["b", "c"]
    assert publish_jobs(parsed) == ()


# --- what uploads ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "tool", "index"),
    [
        (ACTION, "pypa/gh-action-pypi-publish", "pypi"),
        ("uses: PyPA/GH-Action-PyPI-Publish@v1.14.2", "pypa/gh-action-pypi-publish", "pypi"),
        ("uses: pypa/gh-action-pypi-publish@master", "pypa/gh-action-pypi-publish", "pypi"),
        (
            f"uses: pypa/gh-action-pypi-publish@{'a' * 40}",
            "pypa/gh-action-pypi-publish",
            "pypi",
        ),
        (
            "{uses: pypa/gh-action-pypi-publish@v1, with: {repository-url: 'https://test.pypi.org/legacy/'}}",
            "pypa/gh-action-pypi-publish",
            "testpypi",
        ),
        (
            "{uses: pypa/gh-action-pypi-publish@v1, with: {repository_url: 'https://test.pypi.org/legacy/'}}",
            "pypa/gh-action-pypi-publish",
            "testpypi",
        ),
        (
            "{uses: pypa/gh-action-pypi-publish@v1, with: {repository-url: '${{ inputs.url }}'}}",
            "pypa/gh-action-pypi-publish",
            None,
        ),
        ("run: twine upload dist/*", "twine upload", "pypi"),
        ("run: python -m twine upload --repository testpypi dist/*", "twine upload", "testpypi"),
        ("run: twine upload -r testpypi dist/*", "twine upload", "testpypi"),
        ("run: twine upload --repository-url=https://test.pypi.org/legacy/ x", "twine upload", "testpypi"),
        ("{run: twine upload dist/*, env: {TWINE_REPOSITORY: testpypi}}", "twine upload", "testpypi"),
        ("run: TWINE_REPOSITORY=testpypi twine upload dist/*", "twine upload", "testpypi"),
        ("run: pipx run twine upload dist/*", "twine upload", "pypi"),
        ("run: uvx --from twine==6 twine upload dist/*", "twine upload", "pypi"),
        ("run: .venv/bin/twine upload dist/*", "twine upload", "pypi"),
        ("run: uv publish", "uv publish", "pypi"),
        ("run: uv publish --index testpypi", "uv publish", "testpypi"),
        ("run: uv --quiet publish --publish-url https://test.pypi.org/legacy/", "uv publish", "testpypi"),
        ("{run: uv publish, env: {UV_PUBLISH_URL: 'https://test.pypi.org/legacy/'}}", "uv publish", "testpypi"),
        ("run: poetry publish --build", "poetry publish", "pypi"),
        ("run: poetry publish -r testpypi", "poetry publish", "testpypi"),
        (POETRY % "upload.pypi.org", "poetry publish", "pypi"),
        (POETRY % "test.pypi.org", "poetry publish", "testpypi"),
        ("run: flit publish", "flit publish", "pypi"),
        ("{run: flit publish, env: {FLIT_INDEX_URL: 'https://test.pypi.org/legacy/'}}", "flit publish", "testpypi"),
        ("run: hatch publish -r test", "hatch publish", "testpypi"),
        ("run: pdm publish", "pdm publish", "pypi"),
        ("run: maturin publish --skip-existing", "maturin publish", "pypi"),
        ("run: maturin upload wheels/*", "maturin upload", "pypi"),
        ("{uses: PyO3/maturin-action@v1, with: {command: upload, args: wheels/*}}", "PyO3/maturin-action", "pypi"),
        ('run: test -n "$X" && twine upload dist/*', "twine upload", "pypi"),
        ("run: if true; then uv publish; fi", "uv publish", "pypi"),
    ],
)  # fmt: skip
def test_uploads_are_found_with_their_index(step, tool, index):
    found = publish_jobs(workflow(job("publish", step)))
    assert [(publish.tool, publish.index) for publish in found] == [(tool, index)]


@pytest.mark.parametrize(
    "step",
    [
        "run: pip install twine build",
        "run: python -m pip install --upgrade twine && twine check dist/*",
        "run: uv pip install twine",
        "run: poetry publish --dry-run",
        "run: uv publish --dry-run",
        "run: echo twine upload dist/*",
        "run: '# twine upload dist/*'",
        "run: twine --version",
        "run: uv build",
        "uses: pypa/cibuildwheel@v4.2.0",
        "{uses: PyO3/maturin-action@v1, with: {args: --release --out dist}}",
        "run: docker push octo/demo && npm publish && cargo publish",
        "run: gh release upload v1 dist/*",
    ],
)
def test_what_only_looks_like_an_upload_is_none(step):
    assert publish_jobs(workflow(job("build", step))) == ()


def test_a_here_document_runs_nothing():
    script = "|\n          cat > note <<'EOF'\n          twine upload dist/*\n          EOF\n"
    assert publish_jobs(workflow(job("build", f"run: {script}"))) == ()


def test_the_line_of_a_command_is_its_line_in_the_file():
    parsed = workflow(
        job(
            "publish",
            "run: |\n          python -m build\n\n          twine upload \\\n            x",
        )
    )
    (publish,) = publish_jobs(parsed)
    assert parsed.text.splitlines()[publish.line - 1].strip() == "twine upload \\"


@pytest.mark.parametrize(
    ("value", "index"),
    [
        ("https://upload.pypi.org/legacy/", "pypi"),
        ("https://pypi.org/legacy/", "pypi"),
        ("https://test.pypi.org/legacy", "testpypi"),
        ("testpypi", "testpypi"),
        ("pypi", "pypi"),
        ("https://packages.example.org/upload/", "https://packages.example.org/upload/"),
        ("company", "company"),
        ("$INDEX", None),
        ("https://$HOST/legacy/", None),
        ("https://mirror.example/$NAME/upload", "https://mirror.example/$NAME/upload"),
    ],
)
def test_the_two_indexes_are_told_apart(value, index):
    assert index_of(value) == index


# --- the publisher ---------------------------------------------------------------------------


def derive(*workflows, package=None, **settings):
    return derive_publisher(
        workflows,
        owner="octo",
        repository="demo",
        settings=Settings(**settings),
        package=package,
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("", None),
        ("    environment: pypi\n", "pypi"),
        ("    environment:\n      name: Release\n      url: https://example.org\n", "Release"),
        ("    environment:\n", None),
    ],
)
def test_the_environment_comes_in_several_forms(environment, expected):
    derived = derive(workflow(job("publish", ACTION, extra=TRUSTED + environment)))
    assert derived.results == ()
    assert derived.publisher == TrustedPublisher(
        owner="octo", repository="demo", workflow="publish.yml", environment=expected
    )


def test_an_expression_for_an_environment_is_not_known_and_the_setting_settles_it():
    parsed = workflow(job("publish", ACTION, extra="    environment: ${{ inputs.where }}\n"))
    derived = derive(parsed)
    assert derived.publisher is None
    (skipped,) = derived.results
    assert isinstance(skipped, Skipped)
    assert "`${{ inputs.where }}`" in skipped.reason
    assert derive(parsed, environment="pypi").publisher.environment == "pypi"


def test_two_workflows_that_upload_are_named_with_the_setting_that_chooses():
    one = workflow(job("publish", ACTION))
    two = workflow(job("upload", "run: uv publish"), file=".github/workflows/release.yml")
    derived = derive(one, two)
    assert derived.publisher is None
    (finding,) = derived.results
    assert finding.id == "publish-workflow-choice"
    assert finding.message == (
        "2 workflows upload to PyPI: .github/workflows/publish.yml (job `publish`) and "
        ".github/workflows/release.yml (job `upload`)."
    )
    assert finding.fix == (
        'Choose in pyproject.toml: `[tool.nox-release] workflow = "publish.yml"`.'
    )
    assert derive(one, two, workflow="release.yml").publisher.workflow == "release.yml"


def test_of_two_workflows_the_one_with_trusted_publishing_is_meant():
    secret = workflow(
        job("old", "{run: twine upload x, env: {TWINE_PASSWORD: '${{ secrets.P }}'}}"),
        file=".github/workflows/old.yml",
    )
    assert derive(secret, workflow(job("new", ACTION, extra=TRUSTED))).publisher.workflow == (
        "publish.yml"
    )


@pytest.mark.parametrize(
    ("files", "meant"),
    [
        ("publish-plugin publish-demo-to-pypi publish-demos", "publish-demo-to-pypi"),
        ("publish-demo release", "publish-demo"),
        ("release-demo-base release", "release"),
        ("pre-release release nightly", "release"),
        ("release publish", None),
        ("nightly pre-release", None),
        ("release-one release-two", None),
    ],
)
def test_of_several_workflows_the_one_that_is_named_for_the_project_is_meant(files, meant):
    several = [
        workflow(job("up", ACTION), file=f".github/workflows/{name}.yml") for name in files.split()
    ]
    derived = derive_publisher(
        several, owner="octo", repository="demo", settings=Settings(), package=(".", "demo")
    )
    assert (derived.publisher and derived.publisher.workflow) == (meant and f"{meant}.yml")


def test_an_upload_of_wheels_that_maturin_made_elsewhere_builds_no_folder():
    parsed = workflow(job("up", "{uses: PyO3/maturin-action@v1, with: {command: upload}}"))
    assert builds_package(parsed, ".", "demo") is None


def test_two_jobs_with_different_environments_need_the_setting():
    parsed = workflow(job("a", ACTION, extra="    environment: one\n") + job("b", ACTION, extra=""))
    derived = derive(parsed)
    assert derived.publisher is None
    assert [result.id for result in derived.results] == ["publish-environment-choice"]
    assert derive(parsed, environment="ONE").publisher.environment == "ONE"


def test_each_index_has_its_own_job():
    address = "https://test.pypi.org/legacy/"
    parsed = workflow(
        job("test", f"{{{ACTION}, with: {{repository-url: '{address}'}}}}", extra="    environment: testpypi\n")
        + job("real", ACTION, extra="    environment: pypi\n")
    )  # fmt: skip
    assert derive(parsed).publisher.environment == "pypi"
    assert derive(parsed, index=TESTPYPI).publisher.environment == "testpypi"


def test_an_index_of_ones_own_takes_the_place_of_pypi():
    local = parse_index("http://127.0.0.1:8000/")
    assert derive(workflow(job("publish", ACTION)), index=local).publisher is not None


def test_only_the_other_index_is_missing_with_the_reason():
    address = "https://test.pypi.org/legacy/"
    parsed = workflow(job("test", f"{{{ACTION}, with: {{repository-url: '{address}'}}}}"))
    (finding,) = derive(parsed).results
    assert finding.id == MISSING.id
    assert finding.message == (
        f"No workflow uploads to PyPI: job `test` of {FILE} uploads to TestPyPI."
    )


def test_a_setting_that_names_no_file_says_which_there_are():
    (finding,) = derive(workflow(job("publish", ACTION)), workflow="release.yml").results
    assert "`tool.nox-release.workflow` is `release.yml`, which is not in" in finding.message
    assert "there is publish.yml" in finding.message


def test_no_workflow_at_all_leads_to_init():
    (finding,) = derive().results
    assert finding.id == MISSING.id
    assert finding.message == ".github/workflows has no workflow that uploads to PyPI."
    assert finding.fix == f"nox -s init writes {FILE} for this project."


def test_a_workflow_that_builds_another_package_is_not_this_ones():
    own = {"tag_format": "{name}-v{version}"}
    parsed = workflow(job("publish", "run: python -m build libs/a", ACTION))
    (finding,) = derive(parsed, package=("libs/b", "b"), **own).results
    assert finding.id == MISSING.id
    assert finding.message == f"No workflow uploads b to PyPI: {FILE} builds other packages."
    assert finding.fix.startswith("nox -s init writes .github/workflows/publish-b.yml")
    assert derive(parsed, package=("libs/a", "a"), **own).publisher is not None
    # One that speaks of its tags is meant for it, and builds the wrong folder.
    named = workflow(
        job(
            "publish",
            "run: python -m build libs/a",
            ACTION,
            extra="    if: contains(github.ref, 'b-v')\n",
        )
    )
    assert derive(named, package=("libs/b", "b"), **own).publisher is not None
    # With tags of its own it may be the only one, wherever it is built.
    assert derive(parsed, package=("libs/b", "b")).publisher is not None


@pytest.mark.parametrize(
    ("settings", "package", "uploads_to", "file"),
    [
        ({}, (".", "demo"), None, "publish.yml"),
        ({"index": TESTPYPI}, (".", "demo"), None, "publish-testpypi.yml"),
        ({}, (".", "demo"), "testpypi", "publish-pypi.yml"),
        ({"index": TESTPYPI}, (".", "demo"), "testpypi", "publish.yml"),
        ({"tag_format": "{name}-v{version}"}, ("libs/a", "Demo_A"), None, "publish-demo-a.yml"),
        ({"tag_format": "{name}-v{version}"}, (".", "demo"), None, "publish.yml"),
        ({}, ("python", "demo"), None, "publish.yml"),
        ({"workflow": "cd.yml"}, (".", "demo"), None, "cd.yml"),
    ],
)
def test_the_file_that_init_writes_is_named_for_the_index_and_the_package(
    settings, package, uploads_to, file
):
    address = "https://test.pypi.org/legacy/"
    action = f"{{{ACTION}, with: {{repository-url: '{address}'}}}}"
    jobs = derive(workflow(job("test", action))).jobs if uploads_to else ()
    assert proposed_file(Settings(**settings), package, jobs) == file


@pytest.mark.parametrize(
    ("steps", "known"),
    [
        ("{run: uv publish wheels/*}", False),
        (f"{{{ACTION}, with: {{attestations: false}}}}", False),
        ("{run: twine upload --attestations dist/*}", True),
    ],
)
def test_without_attestations_pypi_takes_an_upload_from_a_called_workflow(steps, known):
    called = parse_workflow(
        f"on: workflow_call\njobs:\n{job('upload', steps, extra=TRUSTED)}",
        file=".github/workflows/_upload.yml",
    )
    calling = parse_workflow(
        "on: release\njobs:\n  publish:\n    uses: ./.github/workflows/_upload.yml\n",
        file=".github/workflows/release.yml",
    )
    (result,) = derive(called, calling).results
    assert (result.id, isinstance(result, Finding)) == (REUSABLE.id, known)


def test_a_called_workflow_of_the_repository_is_unusable():
    called = parse_workflow(
        f"on: workflow_call\njobs:\n{job('upload', ACTION, extra=TRUSTED)}",
        file=".github/workflows/_upload.yml",
    )
    calling = parse_workflow(
        "on: release\njobs:\n  publish:\n    uses: ./.github/workflows/_upload.yml\n",
        file=".github/workflows/release.yml",
    )
    derived = derive(called, calling)
    assert derived.publisher is None
    (finding,) = derived.results
    assert finding.id == REUSABLE.id
    assert finding.where == Location(file=".github/workflows/release.yml", line=3)
    assert finding.message == (
        "Job `publish` cannot use trusted publishing: the upload is in "
        ".github/workflows/_upload.yml, which this job calls."
    )


def test_a_called_workflow_of_another_repository_is_unusable():
    parsed = parse_workflow(
        "on: release\njobs:\n  pypi-publish:\n    permissions: {id-token: write}\n"
        "    uses: octo/shared/.github/workflows/publish.yml@v1\n",
        file=FILE,
    )
    (finding,) = derive(parsed).results
    assert finding.id == REUSABLE.id
    assert "another repository (octo/shared), which the token then names" in finding.message


@pytest.mark.parametrize(
    ("uses", "runs"),
    [("v1.8.14", True), (f"{'a' * 40}", True), ("release/v1", False), ("v1.14.2", False)],
)
def test_a_composite_action_of_the_repository_uploads_in_its_jobs_name(uses, runs):
    parsed = workflow(job("publish", "uses: ./.github/actions/up", extra=TRUSTED))
    upload = ACTION.replace("release/v1", uses)
    steps = parse_composite(
        f"runs:\n  using: composite\n  steps:\n    - {upload}\n", file="action.yml"
    )
    derived = derive_publisher(
        [parsed],
        owner="octo",
        repository="demo",
        settings=Settings(),
        actions={".github/actions/up": steps},
    )
    if runs:
        assert derived.publisher.workflow == "publish.yml"
        assert derived.job.tool == "pypa/gh-action-pypi-publish (in ./.github/actions/up)"
    else:
        (finding,) = derived.results
        assert finding.id == REUSABLE.id
        assert "in the composite action ./.github/actions/up" in finding.message


@pytest.mark.parametrize(
    "step",
    [
        "run: tox -e release",
        "run: make publish",
        "run: ./scripts/release.sh",
        "uses: ./.github/actions/publish",
        "{run: python -m deploy $VERSION, env: {PYPI_TOKEN: '${{ secrets.PYPI_TOKEN }}'}}",
        "{uses: acme/ship-it@v1, with: {token: '${{ secrets.PYPI_API_TOKEN }}'}}",
        "uses: getsentry/craft@v2",
    ],
)
def test_an_upload_written_elsewhere_is_not_known_rather_than_missing(step):
    (result,) = derive(workflow(job("release", step))).results
    assert isinstance(result, Skipped)
    assert result.id == MISSING.id


def test_without_a_github_remote_the_job_is_known_and_the_publisher_is_not():
    derived = derive_publisher(
        [workflow(job("publish", ACTION))], owner=None, repository=None, settings=Settings()
    )
    assert derived.publisher is None
    assert derived.job.job.id == "publish"
    assert [type(result) for result in derived.results] == [Skipped]


def test_findings_about_unreadable_files_are_passed_on():
    with pytest.raises(UnreadableWorkflow) as caught:
        parse_workflow("on: [", file=".github/workflows/broken.yml")
    derived = derive(caught.value.finding, workflow(job("publish", ACTION)))
    assert derived.publisher is not None
    assert [type(result) for result in derived.results] == [Finding]


@pytest.mark.parametrize(
    "script",
    [
        "(cd a && uv publish)",
        "bash -c 'cd a && uv publish'",
        'sh -ec "uv publish"',
        "if true; then (uv publish); fi",
    ],
)
def test_an_upload_in_a_shell_of_its_own_is_one(script):
    text = f"""
on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - run: |
          {script}
"""
    (found,) = publish_jobs(parse_workflow(text, file=".github/workflows/publish.yml"))
    assert (found.tool, found.index) == ("uv publish", "pypi")


@pytest.mark.parametrize(
    "address",
    [
        "https://gitlab.example.org/api/v4/projects/7/packages/pypi",
        "https://acme.jfrog.io/artifactory/api/pypi/pypi-local",
        "https://pkgs.dev.azure.com/acme/_packaging/pypi/pypi/upload/",
    ],
)
def test_an_address_that_contains_pypi_is_not_pypi(address):
    text = f"""
on: push
jobs:
  internal:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
        with: {{repository-url: {address}}}
"""
    jobs = publish_jobs(parse_workflow(text, file=".github/workflows/internal.yml"))
    assert for_index(jobs, "pypi") == ()


@pytest.mark.parametrize(
    "job",
    [
        "publish:\n    environment: {name: live, url: https://pypi.org/p/demo}",
        "publish:\n    name: Upload",
        "ship:\n    name: Publish to PyPI",
        "ship:\n    environment: pypi",
    ],
)
def test_a_job_that_may_ask_for_a_token_and_is_named_for_it_is_not_known(job):
    text = f"""
on: {{release: {{types: [published]}}}}
jobs:
  {job}
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: acme/ship-it@v1
        with: {{command: go}}
"""
    derived = derive_publisher(
        [parse_workflow(text, file=".github/workflows/release.yml")],
        owner="octo",
        repository="demo",
        settings=Settings(),
    )
    assert [
        (type(one).__name__, one.id)
        for one in derived.results
        if one.id == "publish-workflow-missing"
    ] == [("Skipped", "publish-workflow-missing")]


def test_a_called_workflow_that_uploads_with_a_secret_is_no_error():
    caller = """
on: {release: {types: [published]}}
jobs:
  publish:
    uses: ./.github/workflows/upload.yml
    secrets: inherit
"""
    called = """
on: workflow_call
jobs:
  upload:
    runs-on: ubuntu-latest
    steps:
      - run: twine upload dist/*
        env: {TWINE_PASSWORD: "${{ secrets.PYPI_TOKEN }}"}
"""
    derived = derive_publisher(
        [
            parse_workflow(caller, file=".github/workflows/release.yml"),
            parse_workflow(called, file=".github/workflows/upload.yml"),
        ],
        owner="octo",
        repository="demo",
        settings=Settings(),
    )
    assert derived.results == ()
    assert derived.job.job.id == "publish"


PACKAGES = """
on: {release: {types: [published]}}
jobs:
  own:
    runs-on: ubuntu-latest
    environment: {name: pypi, url: https://pypi.org/p/Demo}
    permissions: {id-token: write}
    steps: [{uses: pypa/gh-action-pypi-publish@release/v1}]
  others:
    runs-on: ubuntu-latest
    strategy: {matrix: {name: [a, b]}}
    environment: {name: "pypi-${{ matrix.name }}", url: "https://pypi.org/p/${{ matrix.name }}"}
    permissions: {id-token: write}
    steps: [{uses: pypa/gh-action-pypi-publish@release/v1}]
"""


def test_the_job_whose_page_is_the_projects_is_its_publisher():
    parsed = parse_workflow(PACKAGES, file=".github/workflows/publish.yml")
    derivation = derive(parsed, package=("", "demo"))
    assert derivation.job.job.id == "own"
    assert derivation.publisher.environment == "pypi"
    assert derive(parsed, package=("", "another")).publisher is None


def test_of_several_jobs_that_may_upload_the_one_with_the_page_is_told():
    parsed = parse_workflow(
        """
on: {push: {branches: [main]}}
permissions: {id-token: write}
jobs:
  upload-coverage:
    runs-on: ubuntu-latest
    steps: [{uses: coverallsapp/github-action@v2}]
  publish:
    runs-on: ubuntu-latest
    environment: {name: pypi, url: https://pypi.org/p/demo}
    steps: [{run: make publish}]
""",
        file=".github/workflows/ci.yml",
    )
    (result,) = derive(parsed).results
    assert result.reason.startswith("job `publish` of .github/workflows/ci.yml runs `make publish`")


def test_what_only_says_how_it_went_is_not_told_as_what_may_upload():
    parsed = parse_workflow(
        """
on: workflow_dispatch
permissions: {id-token: write}
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: {name: pypi, url: https://pypi.org/p/demo}
    steps: [{run: make all}, {if: failure(), run: echo "Failed to publish"}]
""",
        file=".github/workflows/ci.yml",
    )
    (result,) = derive(parsed).results
    assert "runs `make all`, which may upload" in result.reason


def test_of_several_scripts_that_may_upload_the_one_that_names_the_index_is_told():
    workflows = [
        parse_workflow(
            f"on: push\njobs: {{go: {{runs-on: ubuntu-latest, steps: [{{run: {script}}}]}}}}\n",
            file=f".github/workflows/{name}.yml",
        )
        for name, script in (("ci", "./scripts/upload-artifact.sh"), ("out", "./bin/publish-pypi"))
    ]
    (result,) = derive(*workflows).results
    assert result.reason.startswith("job `go` of .github/workflows/out.yml runs `./bin/publish")


def test_githubs_own_actions_are_not_told_as_what_may_upload():
    steps = "[{run: make plan}, {uses: actions/upload-artifact@v4}]"
    text = (
        "on: {push: {branches: [main]}}\npermissions: {id-token: write}\njobs:\n"
        f"  plan: {{runs-on: ubuntu-latest, environment: release, steps: {steps}}}\n"
    )
    parsed = parse_workflow(text, file=".github/workflows/ci.yml")
    (result,) = derive(parsed).results
    assert "runs `make plan`, which may upload" in result.reason
    more = "  files: {runs-on: ubuntu-latest, steps: [{run: make publish}]}\n"
    parsed = parse_workflow(text + more, file=".github/workflows/ci.yml")
    (result,) = derive(parsed).results
    assert "job `files`" in result.reason


def test_the_action_of_maturin_has_an_older_name():
    step = "uses: messense/maturin-action@v1\n        with: {command: publish}"
    (publish,) = publish_jobs(workflow(job("publish", step)))
    assert publish.tool == "PyO3/maturin-action"


def test_a_program_in_a_folder_that_a_variable_names_is_run():
    (publish,) = publish_jobs(workflow(job("publish", "run: ${PREFIX}twine upload dist/*")))
    assert publish.tool == "twine upload"


@pytest.mark.parametrize(("name", "count"), [("upload_pr_documentation", 0), ("upload", 1)])
def test_a_called_workflow_about_documents_uploads_no_files(name, count):
    text = f"on: push\njobs: {{a: {{uses: octo/flows/.github/workflows/{name}.yml@v1}}}}"
    assert len(may_publish(parse_workflow(text, file=".github/workflows/a.yml"))) == count
