"""git. https://git-scm.com/docs"""

from nox_release.diagnosis.catalogue.tables import table

_ = table(tool="git", link="https://git-scm.com/docs")

_RULES = "https://github.com/{owner}/{repo}/settings/rules"

ENTRIES = (
    _(
        "gt-tag-exists",
        r"fatal: tag '(?P<t>[^']{1,120})' already exists",
        "The tag `{t}` exists here already.",
        "This version was tagged before, or the step ran twice.",
        "See what it is on: `git show --no-patch {t}`. If it was published, release a new version; if "
        "not, go on with the tag that is there.",
    ),
    _(
        "gt-tag-remote",
        (
            r"\[rejected\] .{0,200}?\(already exists\)",
            r"would clobber existing tag",
            r"Updates were rejected because the tag already exists in the remote",
            r"cannot lock ref 'refs/tags/[^']{1,120}': reference already exists",
        ),
        "The remote has this tag on another commit.",
        "The tag was made twice.",
        "A published tag stays where it is: release a new version. `git ls-remote --tags origin` shows "
        "the remote's.",
    ),
    _(
        "gt-shallow",
        r"\(shallow update not allowed\)",
        "A shallow checkout cannot be pushed there.",
        "actions/checkout fetches one commit, and the remote lacks what is before it.",
        "Set `fetch-depth: 0` for the step that fetches the repository in the job that pushes.",
    ),
    _(
        "gt-nothing-to-commit",
        r"nothing to commit, working tree clean|nothing added to commit|\bNo changes to commit\b|NothingToCommitError",
        "There is nothing to commit.",
        "The step changed no file that git tracks: the version is in none of the files that the tool was told "
        "of, has been raised already, or the files are ignored.",
        "Compare the version in the files with what the tool's settings search for; let the step pass when "
        "there is no change (`git diff --quiet || git commit …`).",
        tier="symptom",
    ),
    _(
        "gt-fetch",
        (
            r"\[rejected\] .{0,200}?\((?:fetch first|non-fast-forward)\)",
            r"Updates were rejected because (?:the remote contains work|the tip of your current branch is behind)",
            r"upstream branch .{0,80}?has changed",
            r"UpstreamBranchChangedError",
        ),
        "The remote's branch is ahead.",
        "Somebody pushed in between.",
        "`git pull --rebase`, run the tests again, then push; start a workflow again on the new head.",
    ),
    _(
        "gt-src",
        r"src refspec (?P<r>\S{1,120}) does not match any",
        "There is no `{r}` here to push.",
        "The tag or branch does not exist in this checkout.",
        "Create it first (`git tag {r}`), or fetch it: `git fetch --tags`; in the build job check out with "
        "`fetch-depth: 0`.",
    ),
    _(
        "gt-remote",
        (
            r"'(?P<r>[^']{1,160})' does not appear to be a git repository",
            r"Unable to locate remote named '(?P<r>[^']{1,160})",
            r"No configured push destination",
            r"fatal: No such remote",
        ),
        "git has no such remote.",
        "`{r}` is not configured in this checkout.",
        "`git remote -v` shows what is; add it with "
        "`git remote add origin https://github.com/{owner}/{repo}.git`.",
    ),
    _(
        "gh-no-checkout",
        r"failed to run git: fatal: not a git repository",
        "gh does not know which repository is meant.",
        "The job has no checkout, and gh looks for the repository in the folder.",
        "Add `-R {owner}/{repo}` to the command, or `GH_REPO: ${{ github.repository }}` to the step's "
        "`env:`. A publishing job needs no checkout for it.",
        tool="gh",
        link="https://cli.github.com/manual/gh_help_environment",
        hides=("gt-repo",),
    ),
    _(
        "gt-repo",
        (
            r"not a git repository",
            r"Dist currently only works with Git or Mercurial repos",
            r"git failed\. Is it installed, and are you in a Git repository",
        ),
        "There is no git repository where git was run.",
        "git was run in another folder, the job has no checkout, or the container lacks .git.",
        "In a build job put actions/checkout before the step. A publishing job needs no checkout: give "
        "`gh` the repository with `-R {owner}/{repo}` (or GH_REPO), and take versions from the built files.",
        tier="symptom",
    ),
    _(
        "gt-repo-notfound",
        (
            r"remote: Repository not found",
            r"fatal: repository '[^']{1,200}' not found",
            r"ERROR: Repository not found",
            r"(?<!\w )Repository not found",
        ),
        "GitHub knows no such repository, or does not show it.",
        "The address is misspelt, the repository was renamed or is private, or these credentials may not "
        "see it. (PyPI's publisher form never says this: it does not check whether a repository exists.)",
        "Compare `git remote -v` with https://github.com/{owner}/{repo}; then run `gh auth status`.",
        confidence="likely",
    ),
    _(
        "gt-ident",
        (
            r"Please tell me who you are",
            r"unable to auto-detect email address",
            r"(?:Author|Committer) identity unknown",
            r"empty ident name",
        ),
        "git does not know who you are.",
        "user.name and user.email are not set.",
        "`git config user.name NAME` and `git config user.email ADDRESS` before the commit or tag.",
    ),
    _(
        "gt-sign",
        (
            r"unable to sign the tag",
            r"gpg failed to sign",
            r"error: (?:gpg|ssh-keygen).{0,60}?(?:failed|cannot)",
            r"gpg: signing failed",
            r"secret key not available",
            r"gpg: no default secret key",
        ),
        "The tag or commit could not be signed.",
        "There is no usable key here.",
        "Compare `git config user.signingkey` with `gpg --list-secret-keys`; or tag with `--no-sign`.",
    ),
    _(
        "gt-exact",
        r"no tag exactly matches",
        "The checked-out commit is not the tag.",
        "HEAD is another commit, or the tag was not fetched.",
        "`git checkout {tag}`; in the build job of Actions check out `ref: {tag}` with `fetch-depth: 0`.",
    ),
    _(
        "gt-net",
        (
            r"unable to access 'https?://[^']{1,200}'.{0,40}?(?:Could not|Failed|Connection|SSL|Operation|gnutls|OpenSSL)",
            r"The requested URL returned error: 5\d\d",
            r"RPC failed; (?:HTTP|curl) .{0,200}?",
            r"(?:ssh|fatal): .{0,80}?(?:Connection (?:timed out|refused|reset|closed)|Could not resolve hostname)",
        ),
        "git could not reach the server.",
        "The network or the name service failed.",
        "Try again; if it stays, see https://www.githubstatus.com/.",
        tier="symptom",
    ),
    _(
        "gt-auth",
        (
            r"(?:fatal|remote): Authentication failed",
            r"Permission denied \(publickey",
            r"could not read (?:Username|Password)\b",
            r"Support for password authentication was removed",
            r"Invalid username or (?:password|token)",
            r"terminal prompts disabled",
            r"Host key verification failed",
        ),
        "git has no valid credentials.",
        "No token or key is set up, or it has expired. In Actions, a checkout with "
        "`persist-credentials: false` keeps none for a later push.",
        "On your machine run `gh auth setup-git`, or use an ssh key. In Actions push in the job that "
        "checked out, with `permissions: contents: write` and a token in the remote's address or "
        "`gh auth setup-git` (GH_TOKEN set).",
    ),
    _(
        "gt-denied",
        (
            r"Permission to (?P<r>\S{1,120}) denied",
            r"The requested URL returned error: 403",
            r"Write access to repository not granted",
        ),
        "You may not push there.",
        "The credentials belong to somebody without write access, or the job's token may only read.",
        "Ask `{owner}` for access; in Actions give the job that pushes `permissions: contents: write`; "
        "in GitLab CI push with a project access token that has `write_repository`.",
    ),
    _(
        "gt-workflow",
        (
            r"refusing to allow an? (?:OAuth App|Personal Access Token|GitHub App|integration) to create or update workflow",
            r"without `?workflows?`? (?:scope|permission)",
            r"Unable to determine if workflow can be created or updated",
        ),
        "These credentials may not change workflow files.",
        "The push brings workflow files that differ from those of GitHub's branches (a tag on an older "
        "commit does so too), and the token may not write workflows.",
        "In a job push with the token of an app or a person that may write workflows; GITHUB_TOKEN never "
        "may. At your terminal: `gh auth refresh -s workflow`, then push again.",
        hides=("gt-protected",),
    ),
    _(
        "gh-tag-burnt",
        (
            r"tag_name was used by an immutable release",
            r"refs/tags/(?P<t>[^ ]{1,120}?)\.? .{0,200}?Cannot create ref due to creations being restricted",
            r"Cannot create ref due to creations being restricted.{0,200}?\[remote rejected\] (?P<t>v?\d\S{0,80}) ->",
        ),
        "This tag name can no longer be used.",
        "A release of this tag was published while immutable releases were on, and was deleted since: "
        "GitHub reserves the name for ever, whatever a ruleset says. (Without `immutable release` in "
        "the message, a ruleset for tags is the other possibility: " + _RULES + ".)",
        "Release the next version: no setting and no permission frees the name. If a ruleset matches "
        "the tag, let it allow you to create it instead.",
        tool="GitHub",
        link="https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/immutable-releases",
        hides=("gt-protected", "gh-422-validation"),
        confidence="likely",
    ),
    _(
        "gt-protected",
        (
            r"\bGH006\b",
            r"\bGH013\b",
            r"Repository rule violations\b",
            r"(?:remote|error|rejected)\b.{0,80}? protected branch",
            r"protected branch hook declined",
            r"Cannot (?:create|update|delete) (?:ref|this protected ref)",
            r"Changes must be made through a pull request",
            r"push declined due to repository rule",
            r"pre_receive protected tag",
            r"You're not authorized to (?:create|push|update) (?:a|this) tag",
            r"Changes must be made through the merge queue|is blocked by repository rules",
            r"GH006.{0,300}?merge queue",
        ),
        "A rule of the repository refuses this push.",
        "The branch or the tag is protected.",
        "A branch: open a pull request (and add it to the merge queue, where there is one), or let the rule allow the release app to push. A tag: let the "
        "ruleset allow you (or the app) to create `v*`. The rules: "
        + _RULES
        + " (GitLab: Settings → "
        "Repository → Protected branches, Protected tags).",
    ),
    _(
        "gt-bigfile",
        (r"\bGH001\b", r"exceeds GitHub's file size limit"),
        "A file is too large for GitHub.",
        "Files may have 100 MB.",
        "Remove it from the commits, or keep it in Git LFS.",
    ),
    _(
        "gt-secret",
        (r"GITHUB PUSH PROTECTION", r"Push cannot contain secrets", r"\bGH009\b"),
        "GitHub found a secret in the push.",
        "A token or key is in the commits.",
        "Revoke the secret first; then remove it from the commits and push again.",
        hides=("gt-protected",),
    ),
    _(
        "gt-dirty",
        (
            r"Your local changes to the following files would be overwritten",
            r"cannot (?:pull with rebase|rebase): You have unstaged changes",
            r"Working (?:directory|tree) (?:is )?(?:not clean|dirty)",
            r"Git working directory is not clean",
            r"Working directory is not clean",
            r"WorkingDirectoryIsDirtyException",
            r"Untracked or deleted files in the source directory",
            r"Repository has uncommitted changes that will not be included|Working tree has uncommitted changes|pattern files are dirty|git is in a dirty state",
        ),
        "The working tree has changes.",
        "Files were changed, or are new, and not committed.",
        "`git status` lists them: commit them, list them in .gitignore, or put them aside with `git stash`; "
        "then run the tool again.",
        tier="symptom",
    ),
    _(
        "gt-conflict",
        (r"CONFLICT \(content\)", r"Automatic merge failed; fix conflicts"),
        "The merge has conflicts.",
        "Both sides changed the same lines.",
        "Resolve them in the files that `git status` lists, commit, and run it again.",
    ),
    _(
        "gt-unknown-revision",
        (
            r"unknown revision or path not in the working tree",
            r"pathspec '(?P<r>[^']{1,120})' did not match any",
            r"reference is not a tree: (?P<r>\S{1,120})",
            r"bad revision '(?P<r>[^']{1,120})'",
            r"A branch or tag with the name '(?P<r>[^']{1,120})' could not be found",
            r"couldn't find remote ref (?P<r>\S{1,120})",
            r"Remote branch (?P<r>\S{1,120}) not found in upstream",
            r"fetch .{0,200}?\+refs/heads/(?P<r>[^ *:]{1,100})\*:.{0,400}?git' failed with exit code 1",
        ),
        "git does not know `{r}`.",
        "The tag or branch is not here: misspelt, not pushed, or the checkout is shallow.",
        "`git fetch --tags`; in the build job of Actions check out with `fetch-depth: 0`.",
        tier="symptom",
    ),
    _(
        "gt-submodule",
        (
            r"Fetched in submodule path '[^']{1,160}', but it did not contain",
            r"clone of '[^']{1,200}' into submodule path",
            r"No url found for submodule path",
            r"[Ss]ubmodules? .{0,60}?(?:has|have|is|are|but) not (?:been )?(?:initiali[sz]ed|checked out)",
            r"batch response: This repository (?:is over its data quota|exceeded its LFS budget)",
            r"smudge filter lfs failed",
        ),
        "A submodule, or a file in Git LFS, could not be fetched.",
        "The submodule's commit is not on its remote, or it is private; the file is not on the server, or the "
        "LFS quota is used up.",
        "Push the submodule's commit, or give the checkout a token that may read it. For LFS raise the quota, "
        "or check out with `lfs: false` if the build does not need the file.",
    ),
    _(
        "gt-refname",
        r"'(?P<t>[^']{0,120})' is not a valid (?:tag|branch|ref) name",
        "git does not accept this name.",
        "It has characters that git refuses, or is empty because a variable was empty.",
        "Use a tag such as `{tag}`, and see where the name comes from.",
    ),
)
