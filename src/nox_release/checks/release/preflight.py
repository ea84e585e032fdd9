"""Everything that could stop a release after it has begun, found before it begins, all at once.

Pure rules over what was observed. Each finding ends in the command or page that fixes it.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from shlex import quote

from packaging.version import Version

from nox_release.checks.files.rules import FILE_EXISTS
from nox_release.checks.index.state import archived, quarantined
from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.findings import (
    Finding,
    Location,
    Result,
    Rule,
    Severity,
    find,
    passed,
    skipped,
)
from nox_release.core.words import some
from nox_release.project import changelog, pages
from nox_release.project.remotes import parse_remote
from nox_release.releases.observed import Changes, Check, Observed, RefRule
from nox_release.releases.plan import (
    Target,
    files_there,
    judge_runs,
    other_bytes,
    runs_of,
    unexpected_files,
)
from nox_release.workflows.publishing import RENAMED
from nox_release.workflows.ref_patterns import fnmatch_takes

_DOCS = "https://docs.github.com/"


_rule = partial(Rule, subject="GitHub")
_of_tree = partial(Rule, subject="project")
_of_workflow = partial(Rule, subject="workflow")
_of_index = partial(Rule, subject="index")


# --- the tree --------------------------------------------------------------------------------

DIRTY = _of_tree(
    "tree-dirty",
    Severity.ERROR,
    "Every change is committed",
    why="What is published is the commit, so these changes would not be in it.",
    remedy="git commit -a, or git stash",
)
UNTRACKED_SOURCE = _of_tree(
    "tree-untracked-source",
    Severity.ERROR,
    "No module was forgotten",
    why="It lies among the project's own modules but is not under git, so it would be missing from "
    "what is published.",
    remedy="git add it and commit, or name it in .gitignore",
)
UNTRACKED = _of_tree(
    "tree-untracked",
    Severity.WARNING,
    "No untracked files",
    why="These files are not under git, so they are not in what is published.",
    remedy="git add them, or name them in .gitignore",
)
DETACHED = _of_tree(
    "head-detached",
    Severity.ERROR,
    "HEAD is on a branch",
    why="A commit on no branch can get lost, and nobody would find the tag's history on a branch.",
    remedy="git switch BRANCH",
)
WRONG_BRANCH = _of_tree(
    "branch-wrong",
    Severity.ERROR,
    "HEAD is on the release branch",
    why="Releases are made from one branch, so that the next one contains them.",
    remedy="git switch to it, or set `branch` in `[tool.nox-release]`",
)
BEHIND = _of_tree(
    "branch-behind",
    Severity.ERROR,
    "HEAD has everything the remote's branch has",
    why="The release would leave out commits that others have pushed already.",
    remedy="git pull --ff-only",
)
DIVERGED = _of_tree(
    "branch-diverged",
    Severity.ERROR,
    "HEAD and the remote's branch have one history",
    why="Both sides have commits that the other lacks; the branch cannot be pushed without force.",
    remedy="git pull --rebase, then test again",
)
AHEAD = _of_tree(
    "branch-ahead",
    Severity.WARNING,
    "HEAD is on the remote",
    why="The tag would be on a commit that is on no branch of the remote; the plan pushes both "
    "together.",
    remedy="Nothing: agreeing to the plan pushes the branch too. To do it yourself: git push",
)
SHALLOW = _of_tree(
    "clone-shallow",
    Severity.ERROR,
    "The clone has its whole history",
    why="Tools that take the version from tags count commits, and a shallow clone has only some.",
    remedy="git fetch --unshallow --tags",
)
HEAD_MOVED = _of_tree(
    "head-moved",
    Severity.ERROR,
    "HEAD is still the commit that was built",
    why="Only what was built and inspected is released.",
    remedy="Run the same command again",
)

# --- the remote and the tag ------------------------------------------------------------------

REMOTE_UNREACHABLE = _rule(
    "remote-unreachable",
    Severity.ERROR,
    "The remote answers",
    why="Without it nobody knows whether the tag is there already, and nothing can be pushed.",
    remedy="Try it: git ls-remote",
)
PUSH_ELSEWHERE = _rule(
    "push-elsewhere",
    Severity.ERROR,
    "What is pushed arrives in the repository that is released",
    why="`remote.NAME.pushurl` sends pushes elsewhere: the tag would never reach the repository whose "
    "workflow publishes.",
    remedy="git config --unset-all remote.NAME.pushurl, or name another remote: `[tool.nox-release] remote`",
)
TAG_ELSEWHERE_HERE = _rule(
    "tag-elsewhere-here",
    Severity.ERROR,
    "The tag is not on another commit in this clone",
    why="A tag that others may have seen must not move.",
    remedy="Release the next version, or check out the commit of the tag",
)
TAG_ELSEWHERE_THERE = _rule(
    "tag-elsewhere-there",
    Severity.ERROR,
    "The tag is not on another commit on the remote",
    why="A published tag must not move: what was built from it would no longer be what it says.",
    remedy="Release the next version, or check out the commit of the tag",
)
TAG_OTHER_FORM = _rule(
    "tag-other-form",
    Severity.WARNING,
    "No tag of another form names this version",
    why="Two tags of one version leave it to guesses which commit was released, and what reads versions "
    "from tags may take either.",
    remedy="If your tags look like that one, say so: `[tool.nox-release] tag-format`",
)
TAG_BURNT = _rule(
    "tag-burnt",
    Severity.ERROR,
    "No deleted immutable release had the name of the tag",
    why="GitHub reserves the tag of an immutable release for ever, even after the release is deleted, "
    "and refuses every push of it.",
    remedy="Release the next version: no setting frees the name",
    link="https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-"
    "supply-chain/immutable-releases",
)
TAG_RULES = _rule(
    "tag-rules",
    Severity.ERROR,
    "The repository's rules let you push the tag",
    why="A rule for tags would refuse the push.",
    remedy="Have yourself added to the rule's bypass list, or let somebody on it make the release",
    link=f"{_DOCS}repositories/configuring-branches-and-merges-in-your-repository/"
    "managing-rulesets/about-rulesets",
)
BRANCH_RULES = _rule(
    "branch-rules",
    Severity.ERROR,
    "The repository's rules let you push the branch",
    why="HEAD is not on the remote yet, and a rule refuses a direct push to the branch.",
    remedy="Open a pull request, merge it, check out the merged branch and release from there",
    link=f"{_DOCS}repositories/configuring-branches-and-merges-in-your-repository/"
    "managing-rulesets/about-rulesets",
)
IDENTITY = _rule(
    "identity-missing",
    Severity.ERROR,
    "git knows who tags",
    why="An annotated tag says who made it.",
    remedy='git config user.name "Your Name" && git config user.email you@example.org',
)
SIGNING = _rule(
    "signing-impossible",
    Severity.ERROR,
    "git can sign as it is told to",
    why="`tag.gpgSign` asks for signed tags, and signing was tried and failed.",
    remedy="Unlock or configure the key (`git config user.signingKey`), or for this one tag: "
    "git tag -a --no-sign",
    link=f"{_DOCS}authentication/managing-commit-signature-verification",
)

# --- gh --------------------------------------------------------------------------------------

GH_MISSING = _rule(
    "gh-missing",
    Severity.ERROR,
    "gh is installed",
    why="The GitHub release is made with GitHub's own command line.",
    remedy="Install it: https://github.com/cli/cli#installation, then gh auth login",
    link="https://cli.github.com/",
)
GH_OLD = _rule(
    "gh-old",
    Severity.ERROR,
    "gh is new enough",
    why="`gh release create --verify-tag` came with gh 2.27; without it a missing tag would be made "
    "from the default branch.",
    remedy="Update gh: https://github.com/cli/cli#installation",
    link="https://cli.github.com/",
)
GH_LOGGED_OUT = _rule(
    "gh-logged-out",
    Severity.ERROR,
    "gh is logged in",
    why="The GitHub release is made as you.",
    remedy="gh auth login --hostname github.com",
)
GH_UNREACHABLE = _rule(
    "github-unreachable",
    Severity.ERROR,
    "GitHub answers",
    why="Whether there is a GitHub release or a run already is not known.",
    remedy="Run the same command again when GitHub can be reached",
)
GH_SCOPE = _rule(
    "gh-scope",
    Severity.ERROR,
    "gh may write to the repository",
    why="gh's token was given scopes, and the one for repositories is not among them.",
    remedy="gh auth refresh --hostname github.com --scopes repo,workflow",
)
GH_ACCOUNT = _rule(
    "gh-account",
    Severity.ERROR,
    "The account of gh may publish here",
    why="This login may read the repository but not write to it.",
    remedy="gh auth switch, or gh auth login as somebody who may",
)
ACTIONS_TOKEN = _rule(
    "github-token",
    Severity.ERROR,
    "The GitHub release starts the workflow",
    why="What a workflow does with its GITHUB_TOKEN starts no other workflow, so the release would "
    "be there and nothing would be published.",
    remedy="Let the publishing workflow be started by hand, too (`on: workflow_dispatch`): it is then "
    "started on the tag. Or release from your own machine, or with a GitHub App's token",
    link=f"{_DOCS}actions/using-workflows/triggering-a-workflow",
)
REPOSITORY_MISSING = _rule(
    "repository-missing",
    Severity.ERROR,
    "GitHub has the repository",
    why="GitHub knows no repository of that name, or hides it from this login.",
    remedy="git remote set-url, or gh auth switch",
)
REPOSITORY_ARCHIVED = _rule(
    "repository-archived",
    Severity.ERROR,
    "The repository is not archived",
    why="An archived repository takes no tags and runs no workflows.",
    remedy="gh repo unarchive OWNER/REPOSITORY",
)
REPOSITORY_FORK = _rule(
    "repository-is-fork",
    Severity.WARNING,
    "The repository is not somebody's fork",
    why="The tag and the GitHub release would be the fork's alone, its workflows are switched off at "
    "first, and PyPI knows the other repository.",
    remedy='`[tool.nox-release] remote = "upstream"`, the remote of the repository that is released.',
)

# --- GitHub release --------------------------------------------------------------------------

RELEASE_ELSEWHERE = _rule(
    "github-release-elsewhere",
    Severity.ERROR,
    "The GitHub release belongs to this commit",
    why="Its workflow publishes the commit of its tag.",
    remedy="Release the next version",
)
RELEASE_WITHOUT_TAG = _rule(
    "github-release-without-tag",
    Severity.ERROR,
    "The GitHub release has its tag",
    why="There is a GitHub release of that name whose tag is not on the remote.",
    remedy="Look at it: gh release view TAG --web; delete it there, or release the next version",
)

# --- checks ----------------------------------------------------------------------------------

CHECKS_RED = _rule(
    "checks-red",
    Severity.ERROR,
    "The checks on this commit are green",
    why="The project's own checks say that something is wrong with this commit.",
    remedy="Fix the failing checks and release the fixed commit; if they do not matter: --ignore-checks",
)
CHECKS_RUNNING = _rule(
    "checks-running",
    Severity.ERROR,
    "The checks on this commit are over",
    why="Whether this commit is good is not known yet.",
    remedy="Wait: gh run watch; or run the same command again later; or --ignore-checks",
)
CHECKS_ABSENT = _rule(
    "checks-absent",
    Severity.ADVICE,
    "There are checks on this commit",
    why="Nothing has tested this commit on GitHub.",
    remedy="git push it and wait for its checks, if the project has any",
)

# --- workflow and environment ----------------------------------------------------------------

WORKFLOW_DISABLED = _of_workflow(
    "workflow-disabled",
    Severity.ERROR,
    "The publish workflow is enabled",
    why="GitHub starts no run of a disabled workflow.",
    remedy="gh workflow enable FILE",
)
ENVIRONMENT_ABSENT = _of_workflow(
    "environment-absent",
    Severity.ADVICE,
    "The environment exists",
    why="GitHub makes an environment that a job names, but without any rule that protects it.",
    remedy="Make it in the repository's settings, and let tags only into it",
)

# --- the version -----------------------------------------------------------------------------

VERSION_NOT_TAG = _of_tree(
    "version-not-asked",
    Severity.ERROR,
    "The built version is the version asked for",
    why="The tag and the files would name different versions.",
    remedy="Prepare it: `nox -s prepare -- VERSION`; then run the same command again",
)
INDEX_UNREACHABLE = _of_index(
    "index-unreachable",
    Severity.ERROR,
    "The index answers",
    why="Whether the version is taken, or the project exists at all, is not known.",
    remedy="Run the same command again when the index can be reached",
)
VERSION_TAKEN = _of_index(
    "version-taken",
    Severity.ERROR,
    "The version is not on the index already",
    why="The index has files of this version that did not come from this tag. What is published "
    "there cannot be replaced.",
    remedy="Release the next version",
)
FILE_UNEXPECTED = _of_index(
    "file-unexpected",
    Severity.ERROR,
    "Every file of the release is one of ours",
    why="A file of this version is on the index under a name that was not built here.",
    remedy="Look at it. If it should not be there: yank the release on its page, and release the next "
    "version",
)
_GIVE_HEADING = "Give the unreleased part this version as its heading"
CHANGELOG = _of_tree(
    "changelog-section",
    Severity.WARNING,
    "The changelog has a part about this version",
    why="The GitHub release shows it, and people read it before they upgrade.",
    remedy=f"{_GIVE_HEADING} and commit; or give the notes yourself: `nox -s release -- "
    "--notes-file FILE` (or --notes TEXT, --generate-notes)",
)

RULES = (
    DIRTY, UNTRACKED_SOURCE, UNTRACKED, DETACHED, WRONG_BRANCH, BEHIND, DIVERGED, AHEAD, SHALLOW,
    HEAD_MOVED, REMOTE_UNREACHABLE, PUSH_ELSEWHERE, TAG_ELSEWHERE_HERE, TAG_ELSEWHERE_THERE,
    TAG_OTHER_FORM, TAG_BURNT,
    TAG_RULES, BRANCH_RULES, IDENTITY, SIGNING, GH_MISSING, GH_OLD, GH_LOGGED_OUT, GH_UNREACHABLE, GH_SCOPE,
    GH_ACCOUNT, ACTIONS_TOKEN, REPOSITORY_MISSING, RENAMED, REPOSITORY_ARCHIVED, REPOSITORY_FORK,
    RELEASE_ELSEWHERE, RELEASE_WITHOUT_TAG, CHECKS_RED, CHECKS_RUNNING,
    CHECKS_ABSENT, WORKFLOW_DISABLED,
    ENVIRONMENT_ABSENT, VERSION_NOT_TAG, INDEX_UNREACHABLE, VERSION_TAKEN,
    FILE_UNEXPECTED, CHANGELOG,
)  # fmt: skip


def check_conflicts(target: Target, observed: Observed) -> tuple[Result, ...]:
    """Those rules whose answer may change while a release is under way."""
    return (
        *check_tag(target, observed),
        *check_github_release(target, observed),
        *check_files(target, observed),
    )


def check_tree(
    target: Target,
    observed: Observed,
    *,
    release_branch: str | None,
    version_from_tags: bool,
) -> Iterator[Result]:
    """The commit and what lies around it."""
    yield from check_changes(target, observed)
    yield from _branch(target, observed, release_branch)
    yield from _relation(target, observed)
    if known(observed.shallow):
        yield find(
            SHALLOW,
            "This is a shallow clone.",
            severity=Severity.ERROR if version_from_tags else Severity.WARNING,
        )
    if known(observed.local_tag) is None:
        if observed.identity is None:
            yield find(IDENTITY, "git has no name and address to write into the tag.")
        yield from _signing(observed.signing_trouble)


def _signing(trouble: str | CouldNotAsk | None) -> Iterator[Result]:
    if isinstance(trouble, CouldNotAsk):
        yield skipped(SIGNING, trouble.reason)
    elif trouble is not None:
        yield find(SIGNING, f"git cannot sign: {trouble}")


def check_changes(target: Target, observed: Observed) -> Iterator[Result]:
    """What lies in the tree and is not in the commit."""
    if observed.head != target.commit:
        yield find(
            HEAD_MOVED,
            f"HEAD is on {observed.head[:7]} now; {target.commit[:7]} was built and inspected.",
        )
    changes = known(observed.changes)
    if changes is not None and changes.modified:
        yield find(DIRTY, f"Not committed: {some(changes.modified)}.")
    if changes is not None and changes.untracked:
        folders = known(observed.tracked_folders) or frozenset()
        sources = [path for path in changes.untracked if _is_source(path, folders)]
        others = [p for p in changes.untracked if p not in sources and not _OUTPUT.match(p)]
        if sources:
            yield find(
                UNTRACKED_SOURCE,
                f"Not under git: {some(sources)}.",
                fix=f"git add {quote(sources[0])} and commit, or name it in .gitignore",
            )
        if others:
            one = f"git add {quote(others[0])}, or name it in .gitignore"
            fix = one if len(others) == 1 else ""
            yield find(UNTRACKED, f"Not under git: {some(others)}.", fix=fix)


def uncommitted_version(changes: Changes, where: Location) -> Iterator[Finding]:
    """That the file which states the version has changes that nobody has committed."""
    if where.file in changes.modified:
        yield find(DIRTY, f"Not committed: `{where.file}`, which states the version.", where=where)


def _branch(target: Target, observed: Observed, release_branch: str | None) -> Iterator[Result]:
    wanted = release_branch or observed.default_branch
    if isinstance(observed.branch, CouldNotAsk):
        return
    if observed.branch is None:
        yield find(
            DETACHED,
            f"HEAD is detached at {observed.head[:7]}.",
            fix=f"git switch {quote(wanted or 'BRANCH')}",
        )
    elif wanted is not None and observed.branch != wanted:
        origin = (
            "`tool.nox-release.branch`" if release_branch else f"{target.remote}'s default branch"
        )
        yield find(
            WRONG_BRANCH,
            f"HEAD is on `{observed.branch}`; releases are made from `{wanted}` ({origin}).",
            fix=f"git switch {quote(wanted)}; or, to release from here always: "
            f'`[tool.nox-release] branch = "{observed.branch}"`',
        )


def _relation(target: Target, observed: Observed) -> Iterator[Result]:
    relation = observed.relation
    if known(observed.branch) is None or isinstance(observed.remote, CouldNotAsk):
        return
    there = f"{target.remote}/{observed.branch}"
    if isinstance(relation, CouldNotAsk):
        yield skipped(BEHIND, relation.reason, title=f"HEAD against {there}")
    elif relation is None:
        yield find(AHEAD, f"{target.remote} has no branch `{observed.branch}` yet.")
        yield from _branch_rules(observed)
    elif not relation.exact:
        yield find(
            BEHIND,
            f"{there} has commits that are not in this clone; how many is not known without a "
            "fetch.",
            fix=f"git pull --ff-only {target.remote} {quote(str(observed.branch))}",
        )
    elif relation.ahead and relation.behind:
        yield find(
            DIVERGED,
            f"HEAD has {relation.ahead} and {there} has {relation.behind} commits that the "
            "other lacks.",
            fix=f"git pull --rebase {target.remote} {quote(str(observed.branch))}, then test again",
        )
    elif relation.behind:
        yield find(
            BEHIND,
            f"HEAD lacks {relation.behind} commit{_s(relation.behind)} of {there}.",
            fix=f"git pull --ff-only {target.remote} {quote(str(observed.branch))}",
        )
    elif relation.ahead:
        yield find(
            AHEAD,
            f"{relation.ahead} commit{_s(relation.ahead)} of HEAD "
            f"{'is' if relation.ahead == 1 else 'are'} not on {there} yet.",
        )
        yield from _branch_rules(observed)
    else:
        yield passed(AHEAD, there)


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def demands_pull_request(rules: tuple[RefRule, ...] | CouldNotAsk) -> bool:
    """Whether the branch takes what is new by pull requests alone, as far as GitHub says."""
    return any(
        rule.kind in ("pull_request", "merge_queue", "required_status_checks")
        and rule.may_bypass is False
        for rule in known(rules) or ()
    )


def _branch_rules(observed: Observed) -> Iterator[Result]:
    rules = observed.branch_rules
    if isinstance(rules, CouldNotAsk):
        if observed.gh == "ready":  # else that is said already
            yield skipped(BRANCH_RULES, rules.reason)
        return
    refusing = [
        rule
        for rule in rules
        if rule.kind in ("pull_request", "update", "required_status_checks", "merge_queue")
        and not rule.may_bypass
    ]
    if refusing:
        kinds = ", ".join(sorted({rule.kind.replace("_", " ") for rule in refusing}))
        certain = any(rule.may_bypass is False for rule in refusing)
        unless = "" if certain else "; whether you may pass that over, GitHub does not say"
        yield find(
            BRANCH_RULES,
            f"`{observed.branch}` may not be pushed to directly: {kinds}{unless}.",
            severity=None if certain else Severity.WARNING,
            fix=f"gh pr create, merge it, git switch {quote(str(observed.branch))} && git pull, and release "
            "from there",
        )
    elif any(rule.kind == "protected" for rule in rules):
        yield find(
            BRANCH_RULES,
            f"`{observed.branch}` is protected; GitHub may refuse to have it pushed to directly, "
            "and would refuse the tag with it.",
            severity=Severity.WARNING,
        )


# What building leaves behind, this tool's own `dist/` among it.
_OUTPUT = re.compile(r"(dist|build|\.nox)/|(.*/)?([^/]*\.egg-info|__pycache__|\.[a-z]+_cache)/")
_SOURCE_ENDINGS = (".py", ".pyi", ".pyx", ".pxd", ".c", ".cpp", ".h", ".rs", ".so", ".pyd")


def _is_source(path: str, tracked_folders: frozenset[str]) -> bool:
    """Whether an untracked file looks like a module: it lies in a folder that holds tracked ones.

    Tests count as well: a forgotten test module is forgotten too.
    """
    folder = path.rpartition("/")[0]
    return bool(folder) and path.endswith(_SOURCE_ENDINGS) and folder in tracked_folders


def check_tag(target: Target, observed: Observed) -> Iterator[Result]:
    """The tag, here and there."""
    tag, commit = target.tag, target.commit
    if isinstance(observed.remote, CouldNotAsk):
        yield remote_unreachable(target, observed.remote)
    for other in target.other_tags:
        form = other.replace(target.version, "{version}")
        yield find(
            TAG_OTHER_FORM,
            f"There is a tag `{other}` of this version, beside `{tag}`, which this release goes by.",
            fix=f'If your tags look like `{other}`: `[tool.nox-release] tag-format = "{form}"`. If it '
            "is a stray one, leave it, or delete it yourself.",
        )
    there = observed.remote_tag
    if there is None:
        yield from _pushes(target, observed.pushes_to)
    if there is not None and there != commit:
        yield find(
            TAG_ELSEWHERE_THERE,
            f"The tag {tag} is already on another commit: {target.remote} has it on "
            f"{there[:7]}, this release is {commit[:7]}.",
            fix=f"Release the next version, or check out {there[:7]} and run the same command "
            f"again: git switch --detach {there[:7]}",
        )
    here = known(observed.local_tag)
    if there is None and here is not None and here != commit:
        yield find(
            TAG_ELSEWHERE_HERE,
            f"The tag {tag} is on {here[:7]} in this clone; this release is {commit[:7]}.",
            fix=f"{target.version} is on {target.index.title}: raise the version: "
            "nox -s prepare -- patch"
            if files_there(target, observed)
            else "Release the next version; or, if nobody has seen that tag, delete it yourself: "
            f"git tag --delete {quote(tag)}",
        )
    asked = not isinstance(observed.remote, CouldNotAsk) and observed.gh == "ready"
    if there is None and known(observed.burnt_tag):
        yield find(
            TAG_BURNT,
            f"The tag {tag} belonged to an immutable release that was deleted: GitHub has refused "
            "a push of it for that.",
        )
    if there is None and asked:
        yield from _tag_rules(target, observed.tag_rules)


def remote_unreachable(target: Target, answer: CouldNotAsk) -> Finding:
    return find(
        REMOTE_UNREACHABLE,
        f"Could not ask the remote `{target.remote}`: {answer.reason}",
        fix=f"Try it: git ls-remote {target.remote}",
    )


def _pushes(target: Target, addresses: tuple[str, ...]) -> Iterator[Finding]:
    named = [parse_remote(address) for address in addresses]
    ours = target.slug.lower()
    if addresses and not any(slug and "/".join(slug).lower() == ours for slug in named):
        yield find(
            PUSH_ELSEWHERE,
            f"A push to `{target.remote}` goes to {some(addresses)}, not to {target.slug}.",
            fix=f"git config --unset-all remote.{target.remote}.pushurl, or name another remote: "
            "`[tool.nox-release] remote`",
        )


def _tag_rules(target: Target, rules: tuple[RefRule, ...] | CouldNotAsk) -> Iterator[Result]:
    if isinstance(rules, CouldNotAsk):
        yield skipped(TAG_RULES, rules.reason)
        return
    for rule in rules:
        if rule.kind != "creation" or rule.may_bypass:
            continue
        applies = any(fnmatch_takes(target.tag, pattern) for pattern in rule.patterns)
        spared = any(fnmatch_takes(target.tag, pattern) for pattern in rule.excluded)
        if applies and not spared:
            yield find(
                TAG_RULES,
                f"The rule “{rule.ruleset}” does not let you make the tag {target.tag}."
                if rule.may_bypass is False
                else f"The rule “{rule.ruleset}” is about tags such as {target.tag}; whether you may "
                "pass it over, GitHub does not say.",
                severity=None if rule.may_bypass is False else Severity.WARNING,
                fix=f"{TAG_RULES.remedy}: {rule.url}" if rule.url else "",
            )


def check_gh(target: Target, observed: Observed) -> Iterator[Result]:
    """gh, its login, and the repository as GitHub sees it."""
    trouble = {
        "missing": GH_MISSING,
        "old": GH_OLD,
        "logged out": GH_LOGGED_OUT,
        "unreachable": GH_UNREACHABLE,
    }.get(observed.gh)
    if trouble is not None:
        yield find(trouble, observed.gh_detail or f"{trouble.title}: no.")
        return
    login = observed.login
    if isinstance(login, CouldNotAsk):
        yield skipped(GH_ACCOUNT, login.reason, title="Who gh is")
    elif login is not None:
        if login.is_actions_token and target.event != "workflow_dispatch":
            yield find(ACTIONS_TOKEN, "gh works with this workflow's GITHUB_TOKEN.")
        elif login.scopes and not {"repo", "public_repo"} & set(login.scopes):
            yield find(
                GH_SCOPE, f"gh's token has the scopes {', '.join(login.scopes)}, but not `repo`."
            )
    repository = observed.repository
    if isinstance(repository, CouldNotAsk):
        yield find(GH_UNREACHABLE, f"Could not ask GitHub about {target.slug}: {repository.reason}")
        return
    if repository is None:
        who = f" as {login.user}" if login and not isinstance(login, CouldNotAsk) else ""
        yield find(
            REPOSITORY_MISSING,
            f"GitHub shows no repository {target.slug}{who}.",
            fix=f"git remote set-url {target.remote} https://github.com/OWNER/REPOSITORY.git, or "
            "gh auth switch",
        )
        return
    if repository.archived:
        yield find(
            REPOSITORY_ARCHIVED,
            f"{repository.full_name} is archived on GitHub.",
            fix=f"gh repo unarchive {repository.full_name}",
        )
    parent, _, name = repository.parent.partition("/")
    if parent and name.lower() == repository.full_name.partition("/")[2].lower():
        # One that has become a project of its own mostly has a name of its own.
        yield find(
            REPOSITORY_FORK,
            f"{repository.full_name}, the remote `{target.remote}`, is a fork of {repository.parent}.",
        )
    if not repository.may_push:
        who = login.user if login and not isinstance(login, CouldNotAsk) else "this login"
        yield find(
            GH_ACCOUNT,
            f"gh is logged in as {who}, who may not write to {repository.full_name}.",
        )
    if repository.full_name != target.slug:
        yield find(
            RENAMED,
            f"The remote says {target.slug}; on GitHub it is {repository.full_name}.",
            fix=f"git remote set-url {target.remote} https://github.com/{repository.full_name}.git",
        )


def check_checks(
    target: Target, observed: Observed, *, ignore: bool, awaited: bool = False
) -> Iterator[Result]:
    """What the project's own checks say about the commit; those that run are `awaited` or not."""
    checks = observed.checks
    if observed.gh != "ready":
        return
    if isinstance(checks, CouldNotAsk):
        yield skipped(CHECKS_RED, checks.reason, title="The checks on this commit")
        return
    if not checks:
        what = "is not on GitHub yet" if checks is None else "has no checks on GitHub"
        yield find(CHECKS_ABSENT, f"Commit {target.commit[:7]} {what}.")
        return
    severity = Severity.WARNING if ignore else None
    red = [check for check in checks if check.is_red]
    running = [check for check in checks if check.is_running]
    if red:
        yield find(
            CHECKS_RED,
            f"Failed on {target.commit[:7]}: {_listed(red)}.",
            severity=severity,
            fix=f"Fix it ({red[0].url or 'see the commit on GitHub'}) and release the fixed commit; "
            "if it does not matter: --ignore-checks",
        )
    if running:
        yield find(
            CHECKS_RUNNING,
            f"Still running on {target.commit[:7]}: {_listed(running)}.",
            severity=Severity.WARNING if awaited else severity,
            fix="Nothing: `release` waits for them; --ignore-checks does not" if awaited else "",
        )
    if not red and not running:
        yield passed(CHECKS_RED, f"{len(checks)} check{'s' * (len(checks) != 1)}")


def _listed(checks: Iterable[Check]) -> str:
    return some(check.name for check in checks)


def check_workflow_ready(target: Target, observed: Observed) -> Iterator[Result]:
    """The publish workflow as GitHub has it, and whether the environment of its job is there."""
    if not target.workflow:
        return  # why there is none is found by `publishing.derive_publisher`
    if observed.gh != "ready":
        return
    workflow = observed.workflow
    if isinstance(workflow, CouldNotAsk):
        yield skipped(WORKFLOW_DISABLED, workflow.reason, title=f"The state of {target.workflow}")
    elif workflow is not None and not workflow.is_active:
        yield find(
            WORKFLOW_DISABLED,
            f"{target.workflow} is disabled on GitHub ({workflow.state.replace('_', ' ')}).",
            fix=f"gh workflow enable {quote(target.workflow)}",
        )
    name = target.publisher.environment if target.publisher else None
    if name is None:
        return
    if observed.environment is None:
        settings = f"https://github.com/{target.slug}/settings/environments"
        yield find(
            ENVIRONMENT_ABSENT,
            f"The environment `{name}` does not exist on GitHub yet.",
            fix=f"Make it, and let tags only into it: {settings}",
        )


def check_github_release(target: Target, observed: Observed) -> Iterator[Result]:
    """A GitHub release of that tag that is there already."""
    release = observed.github_release
    if isinstance(release, CouldNotAsk):
        if observed.gh == "ready":
            yield find(
                GH_UNREACHABLE,
                f"Could not ask GitHub about the release {target.tag}: {release.reason}",
            )
        return
    if release is None or release.draft:
        return
    if isinstance(observed.remote, CouldNotAsk):
        return
    elif observed.remote_tag is None:
        yield find(
            RELEASE_WITHOUT_TAG,
            f"There is a GitHub release {target.tag}, but {target.remote} has no such tag: "
            f"{release.url}",
            fix=f"Look at it: gh release view {target.tag} --web; delete it there, or release the "
            "next version",
        )
    elif observed.remote_tag != target.commit:
        yield find(
            RELEASE_ELSEWHERE,
            f"There is a GitHub release {target.tag} of another commit, "
            f"{observed.remote_tag[:7]}: {release.url}",
        )


def check_files(target: Target, observed: Observed) -> Iterator[Result]:
    """Files of this version that are on the index already."""
    project = observed.project
    index = target.index
    if isinstance(project, CouldNotAsk):
        yield find(INDEX_UNREACHABLE, f"Could not ask {index.title}: {project.reason}")
        return
    runs = () if isinstance(observed.runs, CouldNotAsk) else runs_of(target, observed.runs)
    state = judge_runs(runs).state
    if project is not None and project.status == "quarantined":
        yield quarantined(target.name, index)
    if project is not None and project.status == "archived" and state != "succeeded":
        yield archived(target.name, index)
    files = project.release_files(target.version) if project else ()
    if not files:
        return
    page = pages.project_page(index, target.name, target.version)
    started = state != "none" or known(observed.github_release) is not None
    asked = (observed.remote, observed.runs, observed.github_release)
    if not started and not any(isinstance(answer, CouldNotAsk) for answer in asked):
        yield find(
            VERSION_TAKEN,
            f"{target.version} is on {index.title} already ({some(f.filename for f in files)}), "
            f"and there is no GitHub release {target.tag} it could have come from.",
            fix=f"Look at {page}; then raise the version: nox -s prepare -- patch",
        )
        return
    strange = unexpected_files(target, files)
    if strange:
        yield find(
            FILE_UNEXPECTED,
            f"{index.title} has {some(f.filename for f in strange)} of {target.version}, which "
            "was not built here.",
            fix=f"Look at {page}. If it should not be there, yank the release"
            + (f" ({pages.releases_page(index, target.name)})" if index.is_like_pypi else "")
            + " and release the next version",
        )


def check_bytes(target: Target, observed: Observed) -> Iterator[Result]:
    """Files that we would upload and that are there with other bytes: refused for ever."""
    strange = other_bytes(target, files_there(target, observed))
    if strange:
        yield find(
            FILE_EXISTS,
            f"{target.index.title} has {some(file.filename for file in strange)} with other bytes.",
            fix=f"Look at {pages.project_page(target.index, target.name, target.version)}; then "
            "raise the version, commit, and run the same command again",
        )


def check_version(built: str, asked: str | None) -> Iterator[Result]:
    """The version that was built against the one that was asked for."""
    if asked is not None and Version(asked) != Version(built):
        yield find(
            VERSION_NOT_TAG,
            f"The project builds {built}, but {asked} was asked for.",
            fix=f"Set the version to {asked} in the project and commit; or release what is "
            f"there: nox -s release -- {built}",
        )


def check_changelog(
    name: str, text: str | None, version: str, *, notes_given: bool
) -> Iterator[Result]:
    """Whether the changelog says something about the version; `text` is `None` without one."""
    if text is None or notes_given:
        return
    section = changelog.section_about(text, version)
    wanted = Version(version)
    if not any(wanted.release):
        return  # 0.0.0 stands for the one that a release puts there
    in_development = wanted.is_devrelease and changelog.find_section(text, version) is None
    if section is not None and section.body.strip():
        yield passed(CHANGELOG, f"{name}:{section.line}")
        return
    if not changelog.keeps_versions(text) and changelog.unreleased(text) is None:
        return  # a file of that name that lists no versions
    sections = changelog.parse_sections(text)
    if changelog.is_left_behind(sections, wanted) or changelog.leave_out(sections, wanted):
        return
    open_part = changelog.unreleased(text)
    where = f" Its unreleased part begins in line {open_part.line}." if open_part else ""
    empty = " has an empty part" if section is not None else " has no part"
    fix = CHANGELOG.remedy.replace(_GIVE_HEADING, "Write what is new there") if section else ""
    line = section.line if section is not None else open_part.line if open_part else None
    yield find(
        CHANGELOG,
        f"{name}{empty} about {wanted.base_version if in_development else version}.{where}",
        where=Location(file=name, line=line),
        fix=fix,
        severity=Severity.ADVICE
        if wanted.is_prerelease or _WRITTEN_LATER in text or _lags(text, wanted)
        else None,
    )


_WRITTEN_LATER = "<START NEW CHANGELOG ENTRY>"  # where jupyter_releaser writes it, as it releases
_FIRST_YEAR = (
    2000  # from here on a number is a year, and the next release may be of any other month
)


def _lags(text: str, version: Version) -> bool:
    """Whether the changelog knows nothing of the releases before this one either."""
    listed = [one for section in changelog.parse_sections(text) if (one := section.version)]
    newest = max(listed, default=version)
    if version.major >= _FIRST_YEAR or newest >= version:
        return False
    if newest.major == version.major:
        return version.minor > newest.minor + 1
    return version.major > newest.major + 1 or version.minor > 0
