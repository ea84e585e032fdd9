"""Tools that make releases: python-semantic-release, semantic-release, bump tools, nox and tox."""

from nox_release.diagnosis.catalogue.tables import table

_psr = table(tool="python-semantic-release", link="https://python-semantic-release.readthedocs.io/")
_sr = table(tool="semantic-release", link="https://semantic-release.gitbook.io/")
_bump = table(tool="bump-my-version", link="https://callowayproject.github.io/bump-my-version/")
_tbump = table(tool="tbump", link="https://github.com/your-tools/tbump")
_cz = table(tool="commitizen", link="https://commitizen-tools.github.io/commitizen/")
_nox = table(tool="nox", link="https://nox.thea.codes/")
_check = table(tool="nox-release", link="https://docs.pypi.org/trusted-publishers/troubleshooting/")

_DIFFER = "(?:(?:does|do)(?: not|n't) (?:match|equal|agree with)|differs? from|(?:is|are) (?:not equal to|different from)|!=|≠|vs\\.?)"

ENTRIES = (
    _psr(
        "rt-psr-branch",
        (
            r"branch '(?P<b>[^']{1,100})' isn't in any release groups",
            r"branch (?P<b>\S{1,100}) isn't in any release groups",
            r"Detached HEAD state cannot match any release groups",
            r"HEAD is a detached symbolic reference",
        ),
        "python-semantic-release makes no release from this checkout.",
        "The configuration has no release group for the branch `{b}`, or a tag or a commit is checked out "
        "instead of a branch.",
        "Add the branch under `[tool.semantic_release.branches]`, or check out a branch that is listed: `ref: ${{ "
        "github.ref_name }}` in actions/checkout, started by a push to it.",
    ),
    _psr(
        "rt-nothing",
        (
            r"No release will be made, (?P<v>\S{1,40}) has already been released",
            r"(?<!is )has already been released!?",
            r"\[NO_COMMITS_TO_BUMP\]|NoCommitsFoundError",
            r"\[NO_COMMITS_FOUND\]|tag to create: \S{1,80} (?:increment detected: \S{1,10} )?No commits found",
            r"The commits found are not eligible to be bumped",
        ),
        "There is nothing new to release.",
        "No commit since the last tag raises the version.",
        "Write commits that do (`fix:` or `feat:`), or force a part (`--patch`, commitizen: `--increment PATCH`). "
        "If nothing was to be released, let the steps after it run only where a release was made.",
        tier="symptom",
        silent=True,
        hides=("ga-nodists", "tw-nofile", "uv-nofiles", "tw-invalid"),
    ),
    _psr(
        "rt-psr-noupload",
        r"Unexpected input\(s\) .{0,160}?(?:repository_username|repository_password|pypi_token|pypi_password)",
        "python-semantic-release no longer uploads to PyPI.",
        "Since version 8 its action makes the version, the tag and the GitHub release; the inputs for PyPI are "
        "ignored, and the run stays green.",
        "Upload in a step after it, if `steps.release.outputs.released == 'true'`: "
        "pypa/gh-action-pypi-publish, with trusted publishing.",
        silent=True,
    ),
    _psr(
        "rt-psr-token",
        r"release (?:id )?for tag \S{1,100} (?:could not be |not )found, and could not be created|Requested to use token but no token set",
        "python-semantic-release has no token.",
        "GH_TOKEN is not set in the step.",
        "Give the step `github_token: ${{ secrets.GITHUB_TOKEN }}` (or `env: GH_TOKEN`), and the job "
        "`permissions: contents: write`.",
        tier="symptom",
    ),
    _sr(
        "rt-sr-conditions",
        (
            r"\bE(?:NO|INVALID|MISMATCH)[A-Z]{0,20}(?:TOKEN|AUTH\b|GITHUBURL)",
            r"\bE(?:GIT|GH)NOPERMISSION\b",
            r"\bERELEASEBRANCHES\b",
        ),
        "semantic-release may not release here.",
        "A token is missing or lacks rights, or `repositoryUrl` or `branches` name what the repository does "
        "not have.",
        "Set the token that the message names as a secret, with the right to write contents; compare "
        "`repositoryUrl` and `branches` with the repository.",
    ),
    _bump(
        "rt-bump-notfound",
        (
            r"Did not find '?(?P<v>[^' ]{1,80})'? in file:?",
            r"Did not find '(?P<v>[^']{1,120})'",
            r"Current version .{0,60}?not found in",
            r"ERROR (?:bumpver\S{0,20} )?- (?:No match for pattern|Pattern not found:?) '(?P<v>[^']{1,80})'",
        ),
        "The old version is not in the file.",
        "The tool's idea of the current version differs from the file's.",
        "Make `current_version` in the tool's configuration agree with the files, and commit both.",
    ),
    _tbump(
        "rt-tbump",
        (
            r"Error: (?:git repository is dirty|repository is dirty|Cannot push|branch .{0,60}? does not track)",
            r"git ref \S{1,80} already exists",
        ),
        "tbump stops before it changes anything.",
        "The tree has changes, the tag exists, the branch tracks none, or a file has another version.",
        "Correct what its message names (commit, choose the next version, `git push -u`), then run it "
        "again.",
    ),
    _cz(
        "rt-cz-version",
        (
            r"\[NO_VERSION_SPECIFIED\]",
            r"No tag found to do an incremental changelog",
            r"\[NO_TAG\w*\]|NoTagFoundError",
        ),
        "commitizen finds no version, or no tag to go on from.",
        "Its settings name no version, or one that is not in the files; or the checkout brought no tags, the "
        "first one is still to be made, or `tag_format` is another.",
        "Under `[tool.commitizen]` set `version` or `version_provider` (`pep621` reads `project.version`), "
        "and compare `tag_format` with `git tag`; fetch the tags in that job (`fetch-depth: 0`).",
    ),
    _nox(
        "bd-python",
        (
            r"Python interpreter (?P<p>[\w.]+) not found",
            r"could not find python interpreter with spec\(s\): (?P<p>[\w.]+)",
            r"InterpreterNotFound: (?P<p>\S{1,40})",
            r"(?:The )?version '?(?P<p>[\d.x]+)'? with (?:arch|architecture) '?\w+'? (?:was )?not found",
            r"Version (?P<p>\S{1,20}) was not found in the local cache",
            r"No interpreter found for Python|No Python that satisfies (?P<p>.{1,40}?) is found",
            r"The requested interpreter resolved to Python .{0,100}?incompatible",
            r"incompatible with the project's Python requirement",
        ),
        "The Python {p} is not there, or does not fit.",
        "The step, session or environment asks for it, and the machine does not have it, or `requires-python` "
        "leaves it out.",
        "Install it in a step before (actions/setup-python, `uv python install`), or choose another version "
        'or runner: compare `requires-python` and .python-version, and quote it in YAML (`"3.10"`, or it is '
        "read as 3.1).",
        tier="symptom",
        tool="python",
        link="https://github.com/actions/setup-python",
    ),
    _check(
        "rt-rp-outstanding",
        r"untagged, merged release PRs outstanding",
        "release-please waits for a release that was never tagged.",
        "A merged release pull request still has the label `autorelease: pending`, because its tag or "
        "GitHub release could not be made.",
        "Make the missing GitHub release of that version, then give the pull request the label "
        "`autorelease: tagged`, and run the workflow again.",
        tool="release-please",
        link="https://github.com/googleapis/release-please",
    ),
    _check(
        "guide-name-mismatch",
        r"Project name mismatch",
        "The name on PyPI and the name in the metadata differ.",
        "PyPI itself has no such text; what it says is `Non-user identities cannot create new projects` "
        "(no project of that name) or `OIDC scoped token is not valid for project` (another project's).",
        "Compare `[project] name` (`{project}`) with the publisher's project at {publishing_page}; case, "
        "`-`, `_` and `.` do not matter.",
        tier="symptom",
        tool="PyPI",
    ),
    _check(
        "rt-version-tag",
        (
            r"version mis(?:s )?-? ?match",
            rf"\bversions?\b.{{0,80}}? {_DIFFER} .{{0,80}}?\b(?:tag|version)s?\b",
            rf"\btags?\b.{{0,80}}? {_DIFFER} .{{0,80}}?\bversions?\b",
            rf"\bversion\b.{{0,40}}?\bv?\d+\.\d+\S{{0,20}} {_DIFFER} .{{0,40}}?\bv?\d+\.\d",
            rf"\btag\b.{{0,40}}?\bv?\d+\.\d+\S{{0,20}} {_DIFFER} .{{0,40}}?\bv?\d+\.\d",
            r"\b(?:tag\b.{0,80}?\bversion|version\b.{0,80}?\btag)s?\b.{0,60}? (?:differ|disagree|(?:are|is) (?:mismatch|different|not the same|not equal|inconsistent))",
        ),
        "The tag and the version differ.",
        "A check in the workflow compared them.",
        "Raise the version in a new commit, tag that commit with the same version, and release it.",
        tier="symptom",
        unless=r"the running version",
        tool="workflow",
        link="",
    ),
)
