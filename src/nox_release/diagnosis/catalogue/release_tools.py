"""Tools that make releases: python-semantic-release, semantic-release, bump tools, nox and tox."""

from __future__ import annotations

from nox_release.diagnosis.catalogue.tables import table

_psr = table(tool="python-semantic-release", link="https://python-semantic-release.readthedocs.io/")
_sr = table(tool="semantic-release", link="https://semantic-release.gitbook.io/")
_bump = table(tool="bump-my-version", link="https://callowayproject.github.io/bump-my-version/")
_tbump = table(tool="tbump", link="https://github.com/your-tools/tbump")
_cz = table(tool="commitizen", link="https://commitizen-tools.github.io/commitizen/")
_nox = table(tool="nox", link="https://nox.thea.codes/")
_tox = table(tool="tox", link="https://tox.wiki/")
_check = table(tool="nox-release", link="https://docs.pypi.org/trusted-publishers/troubleshooting/")

ENTRIES = (
    _psr(
        "rt-psr-branch",
        (
            r"branch '(?P<b>[^']{1,100})' isn't in any release groups",
            r"isn't in any release groups",
        ),
        "The branch makes no releases.",
        "python-semantic-release knows no group for `{b}`.",
        "Add it to `[tool.semantic_release.branches]`.",
    ),
    _psr(
        "rt-psr-none",
        (
            r"No release will be made, (?P<v>\S{1,40}) has already been released",
            r"has already been released!?",
        ),
        "There is nothing new to release.",
        "No commit since the last tag raises the version.",
        "Write commits that do, or give `--patch`.",
        tier="symptom",
        silent=True,
    ),
    _psr(
        "rt-psr-token",
        (
            r"GH_TOKEN.{0,60}?(?:not set|is required|missing)",
            r"missing .{0,20}?token.{0,40}?(?:HVCS|remote)",
        ),
        "python-semantic-release has no token.",
        "GH_TOKEN is not set.",
        "Give the step `github_token`.",
        tier="symptom",
    ),
    _psr(
        "rt-psr-detached",
        (
            r"Detached HEAD state cannot match any release groups",
            r"HEAD is a detached symbolic reference",
        ),
        "The checkout is not on a branch.",
        "It is a tag's or a commit's.",
        "Check out the branch: `ref: ${{ github.ref_name }}`.",
    ),
    _psr(
        "rt-psr-upstream",
        (r"[Uu]pstream branch .{0,80}?has changed", r"UpstreamBranchChangedError"),
        "The branch moved while the release was made.",
        "Somebody pushed in between.",
        "Run it again.",
    ),
    _sr(
        "rt-sr-conditions",
        (
            r"\bENOGHTOKEN\b",
            r"\bEINVALIDGHTOKEN\b",
            r"\bEGHNOPERMISSION\b",
            r"\bENOPYPITOKEN\b",
            r"\bEGITNOPERMISSION\b",
            r"\bEMISMATCHGITHUBURL\b",
        ),
        "semantic-release may not release here.",
        "A token is missing or lacks rights.",
        "Set the token the message names.",
    ),
    _sr(
        "rt-sr-nobranch",
        r"\bERELEASEBRANCHES\b",
        "The release branches do not exist.",
        "The configuration names others.",
        "Correct `branches`.",
    ),
    _bump(
        "rt-bump-notfound",
        (r"Did not find '?(?P<v>[^' ]{1,80})'? in file:?", r"Did not find '(?P<v>[^']{1,120})'"),
        "The old version is not in the file.",
        "The tool's idea of the current version differs from the file's.",
        "Make `current_version` agree with the files.",
    ),
    _bump(
        "rt-bump-dirty",
        (r"Git working directory is not clean", r"Working directory is not clean"),
        "The work tree has changes.",
        "The bump tool wants a clean one.",
        "Commit first.",
    ),
    _tbump(
        "rt-tbump",
        (
            r"Current version .{0,60}?not found in",
            r"Error: (?:git repository is dirty|repository is dirty|Cannot push|branch .{0,60}? does not track)",
            r"git ref \S{1,80} already exists",
        ),
        "tbump stops before it changes anything.",
        "The tree is dirty, the tag exists, or the branch tracks none.",
        "Correct what it names.",
    ),
    _cz(
        "rt-cz-nocommits",
        (
            r"\[NO_COMMITS_TO_BUMP\]|NoCommitsFoundError",
            r"\[NO_COMMITS_FOUND\]",
            r"The commits found are not eligible to be bumped",
        ),
        "There is nothing to bump.",
        "No commit since the last tag counts.",
        "Write conventional commits, or give `--increment`.",
    ),
    _nox(
        "rt-nox-session",
        (r"Sessions? not found:? ?(?P<s>.{0,80})", r"Error while collecting sessions"),
        "nox knows no session `{s}`.",
        "The name is misspelt, or the noxfile did not load.",
        "`nox -l` lists them.",
    ),
    _nox(
        "rt-nox-frame",
        (r"nox > Session (?P<s>\S{1,80}) failed", r"nox > Command .{0,200}? failed with exit code"),
        "A nox session failed.",
        "This line is the frame; the cause stands above it.",
        "Look at the lines above it.",
        tier="frame",
        confidence="possible",
    ),
    _nox(
        "rt-nox-interpreter",
        (r"Python interpreter (?P<p>[\w.]+) not found", r"Interpreter \S{1,40} not found"),
        "The Python {p} is not there.",
        "The session wants it.",
        "Install it, or `--no-error-on-missing-interpreters`.",
        tier="symptom",
    ),
    _tox(
        "rt-tox-frame",
        (
            r"(?:InvocationError|ERROR: InvocationError) for command",
            r"evaluation failed :\(",
            r"\S{1,60}: FAIL code \d+",
        ),
        "A tox environment failed.",
        "This line is the frame; the cause stands above it.",
        "Look at the lines above it.",
        tier="frame",
        confidence="possible",
    ),
    _check(
        "guide-name-mismatch",
        (r"Project name mismatch", r"project name (?:does not|doesn't) match"),
        "The name on PyPI and the name in the metadata differ.",
        "PyPI itself has no such text; what it says is `Non-user identities cannot create new projects` "
        "(no project of that name) or `OIDC scoped token is not valid for project` (another project's).",
        "Compare `[project] name` (`{project}`) with the publisher's project at {publishing_page}; case, "
        "`-`, `_` and `.` do not matter.",
        tier="symptom",
        confidence="likely",
        tool="PyPI",
        hides=("tw-frame",),
    ),
    _check(
        "rt-version-tag",
        (
            r"\btag\b.{0,60}? (?:does not|doesn't|do not) match (?:the )?(?:package |project )?version",
            r"version\b.{0,60}? (?:does not|doesn't|do not|differs from) match (?:the )?(?:git |release )?tag",
            r"[Vv]ersion mismatch",
        ),
        "The tag and the version differ.",
        "A check in the workflow compared them.",
        "Raise the version in the commit that is tagged, and release that.",
        tier="symptom",
        tool="workflow",
        link="",
    ),
    _check(
        "rt-toc",
        (r"check-wheel-contents.{0,200}?W0\d\d", r"\bW0(?:0[1-9]|10|101|102): "),
        "The wheel's contents look wrong.",
        "check-wheel-contents complains.",
        "Read its rule: https://github.com/jwodder/check-wheel-contents.",
        tool="check-wheel-contents",
        link="https://github.com/jwodder/check-wheel-contents",
    ),
)
