"""gh, GitHub's API, and the actions that make releases. https://cli.github.com/manual/"""

from nox_release.diagnosis.catalogue.tables import table

_ = table(tool="gh", link="https://cli.github.com/manual/")

_IMMUTABLE = "https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/immutable-releases"

ENTRIES = (
    _(
        "gh-login",
        (
            r"To get started with GitHub CLI, please run: ?gh auth login",
            r"not logged into any GitHub hosts",
        ),
        "gh is not logged in.",
        "There are no credentials for github.com here.",
        "Run `gh auth login` on your machine; in Actions give the step `env: GH_TOKEN: ${{ github.token }}`.",
    ),
    _(
        "gh-token-env",
        r"set the GH_TOKEN environment variable",
        "gh has no token in this job.",
        "Actions does not give it one by itself.",
        "Add to the step: `env: GH_TOKEN: ${{ github.token }}`.",
        hides=("gh-login",),
    ),
    _(
        "gh-token-bad",
        (
            r"The token in (?P<s>\S{1,80}) is (?:invalid|no longer valid)",
            r"Failed to log in to github\.com",
        ),
        "gh's token is no longer valid.",
        "It has expired or was revoked.",
        "Run `gh auth login` again, or renew the token in {s}.",
    ),
    _(
        "gh-401",
        (r"HTTP 401.{0,120}?Try authenticating with", r"\bBad credentials\b"),
        "GitHub does not accept the token.",
        "It has expired or was revoked.",
        "Run `gh auth login` again; in Actions renew the secret that GH_TOKEN is set from.",
    ),
    _(
        "gh-scope",
        (
            r"This API operation needs the \"?(?P<s>[\w:]{1,40})\"? scope",
            r"missing required scopes?:? ?'?(?P<s>[\w:, ]{1,60})",
        ),
        "gh's token lacks the scope `{s}`.",
        "It was made without it.",
        "`gh auth refresh -s {s}`, then run it again.",
    ),
    _(
        "gh-sso",
        (
            r"organization has enabled or enforced SAML SSO",
            r"Resource protected by organization SAML enforcement",
        ),
        "The organisation wants the token authorised.",
        "It enforces single sign-on (SAML).",
        "Open the address that gh prints, or authorise the token at https://github.com/settings/tokens.",
    ),
    _(
        "gh-ip-list",
        r"organization has an IP allow list enabled",
        "The organisation admits certain addresses only.",
        "Its IP allow list leaves out this machine (GitHub's own runners have changing addresses).",
        "Run the job on a runner whose address is on the list, or ask an owner of the organisation to add "
        "it.",
        tool="GitHub",
    ),
    _(
        "gh-remotes",
        (
            r"no git remotes found",
            r"none of the git remotes configured",
            r"No default remote repository has been set",
            r"gh repo set-default",
        ),
        "gh does not know which repository is meant.",
        "The folder is no clone of a repository on GitHub, or has several remotes.",
        "Add `-R {owner}/{repo}` to the command, or set `GH_REPO: {owner}/{repo}` in the job; a "
        "publishing job needs no checkout for it.",
    ),
    _(
        "gh-404",
        (
            r"HTTP 404: Not Found \(https://api\.github\.com/repos/(?P<r>[^/ ]+/[^/) ]+)",
            r"Could not resolve to a Repository with the name '?(?P<r>[^' ]{1,120})",
            r"HttpError: Not Found\b",
        ),
        "GitHub knows no `{r}`, or does not show it.",
        "The name is wrong, or the token may not see it.",
        "Compare with https://github.com/{owner}/{repo}, then run `gh auth status`.",
        unless=r"/actions/workflows/",
    ),
    _(
        "gh-unpushed-tag",
        r"exists locally but has not been pushed to",
        "The tag is not on GitHub yet.",
        "It exists on this machine only.",
        "`git push origin {tag}`, then make the release again.",
    ),
    _(
        "gh-verify-tag",
        r"doesn't exist in the repo .{0,160}?aborting due to --verify-tag",
        "The tag is not on GitHub.",
        "It was not pushed. (Without `--verify-tag` gh would make one on the default branch's head.)",
        "`git push origin {tag}`, then make the release again.",
    ),
    _(
        "gh-tag-required",
        (
            r"tag required when not running interactively",
            r"GitHub Releases? requires a tag",
            r"No tag found in ref or input",
        ),
        "The GitHub release was given no tag.",
        "The variable with the tag is empty.",
        "Give the tag: `gh release create {tag} --verify-tag`, or the action's input (`tag_name: {tag}`) where "
        "the run was not started by one.",
    ),
    _(
        "gh-notes-tag",
        r"cannot generate release notes from tag",
        "gh does not find the tag in this checkout.",
        "The tag was not fetched.",
        "`git fetch --tags` before it, or `--generate-notes` instead of `--notes-from-tag`.",
    ),
    _(
        "gh-exists",
        (
            r"Release\.tag_name already exists",
            r"release (?:with the same tag name )?already exists",
            r"\"?code\"?: ?['\"]?already_exists",
            r"tag_name.{0,40}?already_exists|already_exists.{0,40}?tag_name",
        ),
        "A GitHub release of this tag exists already.",
        "It was made before, by hand or by another step.",
        "`gh release view {tag}` shows it. Attach files with `gh release upload {tag}`, change it with "
        "`gh release edit {tag}`, and let only one place make releases.",
        hides=("gh-422-validation",),
        unless=r"ReleaseAsset",
    ),
    _(
        "gh-immutable",
        (
            r"cannot upload assets? .{0,200}?to an immutable release",
            r"immutable release.{0,80}?(?:assets? (?:cannot|can't)|upload)",
            r"state cannot be changed when release is immutable",
        ),
        "Files cannot be attached to this release any more.",
        "Immutable releases are on: a release is locked as soon as it is published, and this step "
        "attaches files afterwards. PyPI is not affected.",
        "Make the GitHub release last and in one step, with its files "
        "(`gh release create {tag} dist/*`, which uploads before it publishes); or create it with "
        "`--draft`, attach the files, then `gh release edit {tag} --draft=false`. Or attach nothing: "
        "the files are on PyPI.",
        tool="GitHub",
        link=_IMMUTABLE,
        hides=("gh-422-validation", "gh-403-int"),
    ),
    _(
        "gh-target",
        (
            r"Release\.target_commitish is invalid",
            r"target_commitish.{0,40}?invalid",
            r"\"invalid\",.{0,40}?target_commitish",
        ),
        "GitHub does not have that commit.",
        "It was not pushed.",
        "Push the branch (`git push`), then make the release again.",
        hides=("gh-422-validation",),
    ),
    _(
        "gh-403-int",
        (
            r"Resource not accessible by (?:integration|personal access token)",
            r"GitHub release failed with status: 403",
            r"403 Client Error: Forbidden for url: https://(?:api|uploads)\.github\.com",
        ),
        "The job's token may not do that.",
        "The token lacks the permission (releases and tags need `contents: write`), or the run comes "
        "from a fork.",
        "Give the job that makes the release `permissions: contents: write` (a personal access token: "
        "`Contents: Read and write` for this repository); keep it apart from the publishing job, which "
        "needs `id-token: write` alone.",
        hides=("gh-release-notfound", "gh-exists"),
    ),
    _(
        "gh-wf-404",
        (
            r"workflow (?P<w>\S{1,100}) not found on the default branch",
            r"could not find any workflows named (?P<w>\S{1,100})",
            r"HTTP 404: .{0,60}?/actions/workflows/(?P<w>[^/) ]{1,100})",
        ),
        "The workflow is not on the default branch.",
        "GitHub starts by hand only what is there.",
        "Commit `.github/workflows/{workflow}` and push it to the default branch.",
    ),
    _(
        "gh-wf-422",
        r"Workflow does not have 'workflow_dispatch' trigger|unable to manually run a workflow without a workflow_dispatch",
        "The workflow cannot be started by hand.",
        "It has no `workflow_dispatch:` at that ref.",
        "Add `workflow_dispatch:` to its `on:`, or publish by making the release: "
        "`gh release create {tag} --verify-tag`.",
    ),
    _(
        "gh-wf-input",
        (r"Unexpected inputs provided", r"Required input '[^']{1,80}' not provided"),
        "The workflow was started with other inputs than it declares.",
        "The `-f` options and `inputs:` of the workflow differ.",
        "`gh workflow view {workflow} --yaml` shows its inputs: give each required one, and no others.",
    ),
    _(
        "gh-wf-disabled",
        (
            r"no workflows are enabled",
            r"Cannot trigger a 'workflow_dispatch' on a disabled workflow",
        ),
        "The workflow is disabled.",
        "Somebody disabled it, or GitHub did after 60 days without activity.",
        "`gh workflow enable {workflow}`, then start it again.",
    ),
    _(
        "gh-noruns",
        (r"found no in progress runs to watch", r"no runs found\b"),
        "Nothing was started.",
        "The workflow has another trigger than the way the release was made, the release was made with "
        "a workflow's GITHUB_TOKEN, the workflow is not in the tag's tree, or a rule of the repository "
        "about who may start workflows forbids it.",
        "Compare `on:` in `{workflow}` with how the release was made; `gh run list --workflow "
        "{workflow}` shows what ran.",
        tier="symptom",
    ),
    _(
        "gh-ref-update",
        r"Reference (?:update failed|already exists)",
        "GitHub did not make or move the tag or branch.",
        "It exists already, or a rule of the repository protects it.",
        "Compare `git ls-remote --tags origin` with https://github.com/{owner}/{repo}/settings/rules.",
    ),
    _(
        "gh-rate",
        (r"API rate limit exceeded", r"secondary rate limit", r"was submitted too quickly"),
        "GitHub got too many requests.",
        "The token's rate limit is used up.",
        "Wait (an hour at most), or use a token of your own.",
    ),
    _(
        "gh-422-validation",
        (
            r"HTTP 422: Validation Failed",
            r"\b422 .{0,60}?Unprocessable Entity.{0,40}? https://api\.github\.com",
            r"\"?Validation Failed\"?.{0,80}?(?:Release|tag_name|422)",
            r"(?<![\w\"])Validation Failed(?![\w\"]| for `)",
        ),
        "GitHub refused the request as invalid.",
        "The lines after it name the field.",
        "Correct the value that they name (the tag, the commit, a file's name), and run the step again.",
        tier="symptom",
    ),
    _(
        "gh-403-create-pr",
        r"GitHub Actions is not permitted to create or approve pull requests",
        "Workflows may not open pull requests here.",
        "The repository's (or organisation's) setting forbids it.",
        "Allow it under Settings → Actions → General → Workflow permissions, or use an app's token.",
    ),
    _(
        "gh-asset-refused",
        (r"Failed to upload asset .{0,200}?HTTP 422", r"422 .{0,60}?https://uploads\.github\.com"),
        "GitHub refused a file of the release.",
        "For a file the answer 422 has two reasons: immutable releases are on, and this release is published "
        "already; or a file of that name is attached.",
        "`gh release view {tag}` shows both. Make the GitHub release last and in one step, with its files "
        "(`gh release create {tag} dist/*`), or as a draft that is published at the end.",
        tool="GitHub",
        confidence="likely",
        hides=("gh-422-validation",),
    ),
    _(
        "gh-asset",
        (
            r"release asset .{0,80}?already exists|asset under the same name already exists",
            r"ReleaseAsset(?:\.name already exists|.{0,60}?already_exists)",
            r"no matches found for `?(?P<f>[^` ]{1,160})|no assets (?:match the file pattern|to download)|There were unmatched files",
            r"(?P<f>\S{1,160}) does not include a valid file",
            r"Error uploading to https://github-production-release-asset|Failed to upload release asset (?P<f>\S{1,160})",
            r"(?<!🤔 )Pattern '(?P<f>[^']{1,160})' does not match any files",
        ),
        "A file of the GitHub release could not be attached.",
        "A file of that name is there already, the pattern matches nothing (a quoted `dist/*` is not "
        "expanded by the shell), or GitHub's storage did not take it.",
        "`gh release view {tag}` lists what is attached; `ls dist/` before the step shows what there is "
        "to attach (a job that built nothing downloads the artifact first).",
        hides=("gh-422-validation",),
    ),
    _(
        "gh-release-notfound",
        r"\brelease not found\b|No release corresponds to tag",
        "There is no GitHub release of this tag.",
        "It was not made yet, or is a draft that this token may not see.",
        "`gh release list` shows what there is; make it with `gh release create {tag} --verify-tag`.",
    ),
    _(
        "gh-5xx",
        (
            r"HTTP 50[0234]: .{0,80}?api\.github\.com",
            r"\b50[0234] .{0,60}?(?:for url:?|from) https://(?:api|uploads)\.github\.com",
            r"(?:GitHub|api\.github\.com).{0,40}?(?:returned|status|failed with).{0,20}?\b50[0234]\b",
            r"HttpError\]?: (?:Internal )?Server Error",
            r"We couldn't respond to your request in time",
            r"Unicorn! · GitHub|Something went wrong while executing your query",
        ),
        "GitHub did not answer properly.",
        "Its server answered with an error of its own (5xx): an outage or a passing fault. What was asked "
        "for may have been done all the same.",
        "Look whether it is there (`gh release view {tag}`), then re-run only the failed job. If it stays, see "
        "https://www.githubstatus.com/.",
        link="https://www.githubstatus.com/",
        confidence="likely",
        hides=("wh-5xx",),
    ),
)
