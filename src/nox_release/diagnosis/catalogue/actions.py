"""GitHub Actions itself: runner, environments, artifacts, actions. https://docs.github.com/actions"""

from datetime import date

from nox_release.diagnosis.catalogue.tables import table

# What is said about images and about Node was looked up then. Sources: GitHub's changelog and
# https://github.com/actions/runner-images.
KNOWN_AS_OF = date(2026, 11, 26)

_ = table(tool="GitHub Actions", link="https://docs.github.com/en/actions")

_NODE = "https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners/"
_NODE_24 = (
    "Use the first major for Node 24 or a later one: checkout v5, setup-python v6, upload-artifact v6, "
    f"download-artifact v7 (as of {KNOWN_AS_OF}); for other actions the newest release."
)
_IMAGES = "https://github.com/actions/runner-images#available-images"

ENTRIES = (
    _(
        "gr-env",
        (
            r"(?P<r>\S{1,120}) is not allowed to deploy to (?P<e>\S{1,80}) due to environment protection rules",
            r"is not allowed to deploy to (?P<e>\S{1,80})",
        ),
        "The environment `{e}` does not admit this tag or branch.",
        "Its deployment rules list other branches or tags.",
        "Add a tag rule `v*` at https://github.com/{owner}/{repo}/settings/environments, then re-run "
        "the job.",
        hides=("gr-rejected",),
    ),
    _(
        "gr-wait",
        (
            r"Waiting for review:",
            r"waiting for (?:approval|review|pending deployment)",
            r"needs approval to start deploying",
        ),
        "The run waits for an approval.",
        "The environment has required reviewers.",
        "Approve it on the run's page: Review deployments.",
        tier="symptom",
        silent=True,
        unless=r"waiting for a runner|Waiting for a hosted",
    ),
    _(
        "gr-rejected",
        r"deployment (?:has been |was )?rejected",
        "A reviewer rejected the deployment.",
        "The environment's protection asked for approval.",
        "Ask the reviewer why; then re-run the job and have it approved.",
    ),
    _(
        "gr-invalid",
        (
            r"Invalid workflow file",
            r"The workflow is not valid",
            r"error parsing called workflow",
            r"You have an error in your yaml syntax",
            r"(?:Unexpected value|Unrecognized named-value:|Unrecognized function:) '[^']{1,80}'",
            r"This run likely failed because of a workflow file issue",
            r"No event triggers defined in `on`",
            r"Job '(?P<j>[^']{1,80})' depends on unknown job",
            r"config contains unknown keys|CI configuration is invalid|Unable to create pipeline\b",
            r"\bconfig should (?:be|contain) (?:an? |at least )|(?:undefined|unknown) need: |stage parameter should be|chosen stage .{0,60}?does not exist",
            r"No stages ?/ ?jobs for this pipeline",
            r"The template is not valid",
            r"Error: \.github/workflows/\S+ \(Line: \d+, Col: \d+\)",
            r"Error when evaluating '\w+'",
            r"every step must define a [`'\"]?uses?[`'\"]? or [`'\"]?run",
        ),
        "The workflow file cannot be read.",
        "Its YAML, a key, a job's name or an expression in it is wrong.",
        "Correct the line that is named. `actionlint` finds such errors before a push; for GitLab, Build → "
        "Pipeline editor → Validate.",
    ),
    _(
        "gr-nested-permission",
        (
            r"is requesting '(?P<p>[\w:, -]{1,200})'.{0,60}?but is only allowed '(?P<a>[\w:, -]{1,200})'",
            r"nested job '[^']{1,80}' is requesting",
        ),
        "A called workflow asks for more than its caller grants.",
        "It wants `{p}`, and the calling job gives `{a}`.",
        "Grant `{p}` in the calling job's `permissions:`. A publishing job belongs in the workflow that "
        "is started, not in a called one.",
        hides=("gr-invalid",),
    ),
    # Artifacts.
    _(
        "gr-art-digest",
        (
            r"Digest validation failed",
            r"digest (?:mismatch|of downloaded artifact does not match|does not match)",
            r"Expected (?:digest|hash)[^.]{0,120}? but (?:got|received)",
        ),
        "The downloaded artifact is not the one that was uploaded.",
        "Its digest differs from the expected one: the download was cut off or damaged. download-artifact "
        "v8 stops then; before, it only warned.",
        "Re-run the failed job. Do not publish these files, and do not switch the check off.",
        link="https://github.com/actions/download-artifact",
        unless=r"digest supplied",
    ),
    _(
        "gr-art-missing",
        (
            r"Unable to download artifact\(s\): Artifact not found",
            r"Artifact not found for name:? ?(?P<a>[\w./-]{0,80})",
            r"Unable to find (?:an |any )?artifacts? (?:with|for|matching)",
            r"No files were found with the provided path:? ?(?P<p>[^ ]{0,120})",
            r"No artifacts? found (?:with|matching|for)",
            r"No matching files\. Ensure that the artifact path is relative",
            r"no valid artifacts found to download",
        ),
        "The artifact with the built files is not there.",
        "Its name or path differs between upload and download, the build wrote elsewhere, or the build "
        "job did not run.",
        "Give both the same `name:`, `path: dist/`, `needs: [build]` in the publishing job, and "
        "`if-no-files-found: error` on the upload.",
        hides=("gr-art-download",),
    ),
    _(
        "gr-art-download",
        (
            r"Artifact download failed after \d+ retries",
            r"BlobNotFound",
            r"Get Container Items - Error",
            r"Begin Diagnostic HTTP information",
            r"Unable to download artifact\(s\): (?!Artifact not found)",
            r"Failed to (?:CreateArtifact|ListArtifacts|FinalizeArtifact)|Artifact: response from backend was not ok",
            r"Upload progress stalled|Blob storage chunk did not respond|Unable to (?:redirect to artifact|download and extract artifact|download artifact\. Unexpected status)",
            r"artifact (?:has|have) expired",
            r"artifact storage quota",
        ),
        "GitHub's artifact service did not take or deliver the artifact.",
        "It failed for a moment, the storage quota is used up, or the artifact was deleted or has expired "
        "(`retention-days`). Nothing is wrong with the files or the names.",
        "Re-run the failed job only (after deleting old artifacts, where the quota is named). If the artifact "
        "has expired, re-run all jobs; but if files of the version are on PyPI already, release a new one: "
        "another build makes other bytes. If it stays, see https://www.githubstatus.com/.",
        link="https://www.githubstatus.com/",
        confidence="likely",
    ),
    _(
        "gr-art-conflict",
        (
            r"an artifact with this name already exists on the workflow run",
            r"\(409\) Conflict: an artifact",
        ),
        "Two jobs upload an artifact of one name.",
        "Since version 4 a name can be used once in a run.",
        "Give them different names (`dist-${{ matrix.os }}`), and download with `pattern: dist-*` and "
        "`merge-multiple: true`.",
        hides=("gr-art-download",),
    ),
    _(
        "gr-art-name",
        r"artifact name is not valid: (?P<a>[^ ]{1,120})|Provided artifact name input .{0,30}?is empty",
        "The artifact's name `{a}` has a character that artifacts may not have.",
        "A name may have none of `\" : < > | * ? / \\` and no line break; a branch's name has slashes.",
        "Give it a fixed name, or one made of the matrix's values.",
    ),
    # Actions.
    _(
        "gr-action",
        (
            r"Unable to resolve action\.? `?(?:Repository not found: )?(?P<a>[^` ,]{1,160})`?",
            r"Missing download info for (?P<a>(?!actions/(?:upload|download)-artifact)\S{1,160})",
            r"unable to find version `?(?P<a>[^` ]{1,120})`?",
            r"An action could not be found at the URI",
        ),
        "An action does not exist at this version.",
        "`{a}` is not a tag, branch or commit of it, or there is no such repository.",
        "Pin a release that exists, by its commit, with the version in a comment.",
        hides=("gt-repo-notfound",),
    ),
    _(
        "gr-local-action",
        r"Can't find 'action\.yml', 'action\.yaml' or 'Dockerfile'(?: for action)?(?: under)? ?'?(?P<a>[^' ]{1,200})?",
        "An action of the repository is not there.",
        "`{a}` has no action.yml: the job has no checkout before this step, or one of another commit, or the "
        "folder is misspelt. Of a published action it means that this version has none.",
        "Put actions/checkout before the step in a job that does not publish; in the publishing job use a "
        "published action instead, which needs no checkout.",
    ),
    _(
        "gr-deprecated",
        (
            r"uses a deprecated version of `?actions/(?P<a>upload-artifact|download-artifact|cache)",
            r"This request has been automatically failed because it uses a deprecated version",
            r"Missing download info for `?actions/(?P<a>upload-artifact|download-artifact|cache)@v?[1-3]\b",
        ),
        "The workflow uses a version of `actions/{a}` that no longer runs.",
        "GitHub switched it off.",
        "Use upload-artifact v6 and download-artifact v7 or later (both of one generation), cache v5 or "
        "later.",
    ),
    _(
        "gr-node",
        (
            r"Node(?:\.js)? ?20 .{0,60}?(?:has been removed|is no longer (?:supported|available))",
            r"'using: node(?:12|16|20)' is not supported",
        ),
        "An action needs a Node that runners no longer have.",
        "Node 20 was removed from GitHub's runners in September 2026, and this action was made for it.",
        _NODE_24,
        link=_NODE,
        confidence="likely",
    ),
    _(
        "gr-post-cache",
        (
            r"Cache path \S{1,300} does not exist on disk",
            r"Cache folder path is retrieved for \w{1,20} but doesn't exist on disk",
        ),
        "Only the clean-up of a cache failed.",
        "The action (setup-uv, setup-python) wants to save a cache that this job never filled, because it "
        "downloaded nothing. The steps before it did their work.",
        "Nothing has to be published again. Set `enable-cache: false` for setup-uv, or remove `cache:` "
        "from setup-python, in the publishing job (a cache does not belong there anyway).",
    ),
    _(
        "gr-set-output",
        (
            r"The `?(?:set-output|save-state|set-env|add-path)`? command is (?:deprecated|disabled)",
            r"Unable to process command '::(?:set-env|add-path)",
        ),
        "The step uses a command that GitHub has switched off.",
        "`set-env` and `add-path` are refused.",
        "Write to `$GITHUB_ENV`, `$GITHUB_OUTPUT` and `$GITHUB_PATH` instead.",
        unless=r"set-output`? command is deprecated|save-state`? command is deprecated",
    ),
    _(
        "gr-file-command",
        (
            r"Unable to process file command '(?P<c>\w+)' successfully",
            r"Invalid format '(?P<w>[^']{0,80})'|Matching delimiter not found",
        ),
        "The step wrote something that GitHub cannot read into its output file.",
        "A line of `$GITHUB_OUTPUT` or `$GITHUB_ENV` is not `NAME=VALUE`: a value of several lines (release "
        "notes, a changelog) was written as one.",
        "Write it between delimiters: `{ echo 'notes<<END_OF_NOTES'; cat notes.md; echo END_OF_NOTES; } >> "
        '"$GITHUB_OUTPUT"`.',
    ),
    _(
        "gr-secret-missing",
        (
            r"Input required and not supplied:? ?(?P<i>[\w-]+)",
            r"Parameter token or opts\.auth is required",
        ),
        "An action lacks its input `{i}`.",
        "The secret or variable that it is set from is empty (forks see no secrets).",
        "Define the secret under Settings → Secrets, in the environment that the job uses.",
    ),
    _(
        "gr-cache-file",
        (
            r"No file (?:in \S{1,200} )?matched to \[[^\]]{1,200}\], make sure you have checked out",
            r"Caching for '(?P<m>[^']{1,40})' is not supported",
        ),
        "setup-python finds nothing to cache by.",
        "`cache:` is set, and no requirements file is there: the job has no checkout, or the project has "
        "none of the files that it looks for.",
        "Remove `cache:` from setup-python in this job (a publishing job needs none), or name the file "
        "in `cache-dependency-path`.",
    ),
    _(
        "gr-script",
        (
            r"(?:line \d+: )(?P<c>[\w.-]{1,60}): command not found",
            r"(?<![\w.])(?P<c>[\w.-]{1,60}): command not found",
            r"(?:ba|da|z)?sh: (?:eval: )?(?:line )?\d+: (?P<c>[\w./-]{1,60}): not found",
            r"\b(?P<c>[\w.+-]{1,60}): (?:program|executable) not found\b|(?P<d>\b[\w.+-]{2,40}) is not installed(?:\. (?:Please )?install\b| in (?:the )?current environment)",
            r"(?:\benv|\bmake(?:\[\d+\])?): '?(?P<c>[\w.-]{1,60}?)'?: No such file or directory",
            r"(?<![\w.])sh: (?P<c>[\w./-]{1,60}): not found|\b[Cc]ommand not found: (?P<d>[\w.-]{1,60})",
            r"(?<!\S)/[\w./-]{1,120}/bin/(?P<c>[\w.-]{1,60}): No such file or directory",
            r"Failed to spawn: `?(?P<c>[\w.-]{1,60})|\bspawn (?P<d>[\w./-]{1,60}) ENOENT",
            r"exec: \"(?P<c>[\w./-]{1,60})\": executable file not found",
            r"FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<c>(?!licen[cs]e|copying|readme|change|history|version|authors|news|notice|dist|build|src|docs|tests?\b)[a-z][\w-]{1,30})'",
            r"command '(?P<c>(?!\w*(?:gcc|g\+\+|cc|clang))[\w-]{1,40})' failed: No such file or directory",
            r"(?<![\w.])(?P<c>uvx?|gh|twine): not found(?! \(HTTP)|`(?P<d>[\w.-]{1,60})` not found\. Did you forget to activate",
            r"'(?P<c>[\w.-]{1,60})' is not recognized as (?:an internal|(?:a|the) name of)",
            r"No module named '?(?P<c>twine)\b",
            r"Unable to locate executable file: (?P<c>[\w./-]{1,60}?)\. ",
            r"unable to execute '?(?P<c>(?!\S{0,30}(?:gcc|g\+\+|cc|clang)\b)[\w./+-]{1,60}?)'?: No such file",
            r"os\.py:\d+ in _execvpe",
            r"(?:could not|cannot|unable to|failed to) find (?:the )?(?:command|executable|program|binary):? [`'\"]?(?P<c>[\w.+-]{1,60})",
            r"(?:could not|cannot|unable to|failed to) find (?:the )?[`'\"](?P<c>[\w.+-]{1,60})[`'\"] (?:command|executable|program|binary)\b",
            r"\b(?:command|executable|program|binary):? [`'\"](?P<c>[\w.+-]{1,60})[`'\"] (?:was |is |could )?(?:not (?:be )?found|not installed|not available|missing)",
            r"[`'\"]?(?P<c>[\w.+-]{2,60})[`'\"]? (?:is |was |could )?not (?:be )?(?:found|installed|available)(?: or (?:not )?)?(?:installed )?(?: and)? ?(?:in|on) (?:your |the |system )?\$?PATH\b",
        ),
        "The program `{c}` is not there.",
        "No step before installed it, or into another environment; a job begins as an empty machine.",
        "Install `{c}` in a step of the same job, before this one: what PyPI has with `python -m pip install` and "
        "the Python that calls it, uv with `astral-sh/setup-uv`; gh is on GitHub's own runners, and not in "
        "containers.",
        tier="symptom",
    ),
    _(
        "gr-permission-file",
        r"(?:/[^ /]{1,80}\.sh|\./[^ ]{1,80}): Permission denied",
        "A script may not be run.",
        "It is not marked as executable in git.",
        "`git update-index --chmod=+x SCRIPT`, commit and push.",
        tier="symptom",
    ),
    _(
        "gr-allowed-actions",
        (
            r"The actions? .{1,300}? (?:is|are) not allowed in \S+ because",
            r"is not allowed to be used in \S+\. Actions in this workflow must be",
            r"are not allowed to be used in",
            r"must be pinned to a full-length commit",
        ),
        "The repository's settings forbid an action.",
        "Only certain actions, or only pins by commit, are allowed.",
        "Pin it by its full commit, or allow it under Settings → Actions → General.",
    ),
    _(
        "gr-attest",
        (
            r"Failed to persist attestation",
            r"Feature not available for .{0,60}?(?:attest|user-owned private)",
        ),
        "GitHub's own attestation failed.",
        "The job lacks `attestations: write`, or the repository is private without the feature.",
        "Give the job `id-token: write` and `attestations: write`; PyPI's attestations do not need it.",
    ),
    # Runs and runners.
    _(
        "gr-cancelled",
        (
            r"The operation was canceled",
            r"The run was canceled by",
            r"Canceling since a higher priority waiting request",
            r"has been cancelled",
            r"higher priority waiting request for .{0,80}? exists",
            r"exceeded the maximum execution time|No output has been received in the last \d",
        ),
        "The run was cancelled, or took too long.",
        "Somebody cancelled it, a newer run of the same `concurrency` group did, or it reached "
        "`timeout-minutes`.",
        "Run it again; set `cancel-in-progress: false` for publishing. After a timeout see in the log which "
        "step hung.",
        tier="symptom",
    ),
    _(
        "gr-runner-lost",
        (
            r"The (?:hosted|self-hosted) runner.{0,60}? lost communication",
            r"The runner has received a shutdown signal",
            r"The hosted runner encountered an error while running your job",
        ),
        "The runner went away.",
        "GitHub's machine failed, or ran out of memory.",
        "Re-run the failed job; if it happens again in the same step, it needs too much memory.",
    ),
    _(
        "gr-image",
        (
            r"The configuration '(?P<i>macos-\d+[\w-]*)' is not supported",
            r"Requested labels: (?P<i>macos-(?:10\.15|11|12|13)\b[\w-]*)",
            r"(?P<i>macos-(?:10\.15|11|12|13|14)\b[\w-]*).{0,120}?(?:unsupported|removed|retired|deprecat|brownout|is not supported)",
            r"Requested labels: (?P<i>windows-20(?:16|19)\b)",
            r"(?P<i>windows-20(?:16|19)\b).{0,120}?(?:unsupported|removed|retired|deprecat|brownout|is not supported)",
            r"Requested labels: (?P<i>ubuntu-(?:16|18|20)\.04)",
            r"(?P<i>ubuntu-(?:16|18|20)\.04).{0,120}?(?:unsupported|removed|retired|deprecat|brownout|is not supported)",
            r"This is a scheduled (?P<i>ubuntu-\d\d\.04) brownout",
            r"This is a scheduled (?P<i>Ubuntu \d\d\.04) retirement",
        ),
        "The runner image `{i}` is retired.",
        "GitHub removed macos-13, windows-2019, ubuntu-20.04 and older images by the end of 2025; macos-14 is "
        f"on its way out (as of {KNOWN_AS_OF}).",
        "Use `ubuntu-latest`, `windows-latest` or `macos-latest` (Apple silicon; `macos-15-intel` or "
        "`macos-26-intel` for Intel wheels). Where the wheel's glibc mattered, build in a manylinux container "
        "(cibuildwheel).",
        link=_IMAGES,
        unless=r"job is about to start",
        hides=("gr-no-runner", "gr-cancelled"),
    ),
    _(
        "gr-runner-old",
        r"runner version v?[\d.]+ is deprecated",
        "The self-hosted runner is too old.",
        "GitHub gives no jobs to runners of this version any more.",
        "Update the runner on its machine (or its container image), and re-run the job.",
        link="https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners",
    ),
    _(
        "gr-no-runner",
        (
            r"No runner matching the specified labels",
            r"The job was not acquired by Runner",
            r"has been removed.{0,40}?runner image|runner image.{0,60}?(?:retired|removed)|brownout",
            r"The configuration '[\w.-]{1,60}' is not supported",
            r"there were no enabled runners online",
        ),
        "There is no runner for this job.",
        "`runs-on` names labels that no runner has, or a retired image; or GitHub had no machine free.",
        "Compare `runs-on` with the images that exist (ubuntu-latest, windows-latest, macos-latest and "
        "their numbered ones); if it is right, re-run the job.",
        link=_IMAGES,
        tier="symptom",
    ),
    _(
        "gr-rerun-limit",
        r"(?:re-?run|attempt)s?.{0,60}?(?:limit of 50|maximum (?:number )?of 50|limit.{0,20}?reached)",
        "This run cannot be re-run any more.",
        "GitHub allows 50 re-runs of one run.",
        "Start a new run instead: `gh workflow run {workflow} --ref {tag}`.",
        confidence="likely",
    ),
    _(
        "gr-billing",
        (
            r"recent account payments have failed",
            r"spending limit needs to be increased",
            r"The job was not started because",
        ),
        "GitHub did not start the job.",
        "A payment failed, or the spending limit is reached.",
        "See Settings → Billing of the account or organisation, then re-run the job.",
    ),
    _(
        "gr-skipped",
        (r"This job was skipped", r"Skipping a deployment with the \S{1,40} provider because"),
        "The publishing job was skipped.",
        "Its `if:` was false, or a job that it `needs` did not succeed.",
        "Compare its `if:` with the event: a release has `github.ref == 'refs/tags/{tag}'`.",
        tier="symptom",
        silent=True,
        unless=r"\d+ skipped|cache",
    ),
)
