"""Trusted publishing: PyPI's answers to a run's token, its web forms, and pypa/gh-action-pypi-publish.

https://docs.pypi.org/trusted-publishers/troubleshooting/
"""

from nox_release.diagnosis.catalogue.tables import table

_TROUBLES = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
_REUSABLE = _TROUBLES + "#reusable-workflows-on-github"
_ADDING = "https://docs.pypi.org/trusted-publishers/adding-a-publisher/"
_PENDING = "https://docs.pypi.org/trusted-publishers/creating-a-project-through-oidc/"
_ACTION = "https://github.com/pypa/gh-action-pypi-publish"
_STATUS = "https://status.python.org/"
_SIGSTORE = "https://status.sigstore.dev/"

_ = table(tool="PyPI", link=_TROUBLES)
_form = table(tool="PyPI's form", link=_ADDING)
_action = table(tool="gh-action-pypi-publish", link=_ACTION)
_sigstore = table(tool="sigstore", link="https://docs.pypi.org/attestations/")

_REGISTER = (
    "Compare field by field what PyPI has with owner `{owner}`, repository `{repo}` (its case "
    "counts), workflow `{workflow}`, environment `{env}` (or none on both sides). For a project that "
    "exists: {publishing_page}. For one that does not: {pending_page} (pending publishers are deleted "
    "after 30 days)."
)
_PERMISSION = "Add to the publishing job in `{workflow}`:\n    permissions:\n      id-token: write"
_WAIT = f"Watch {_STATUS}, and re-run the failed job when PyPI answers again."

_VAGUE = ("ga-refused", "uv-oidc-rejected", "tw-tp")

ENTRIES = (
    _(
        "oi-none",
        (
            r"Publisher with matching claims was not found",
            r"valid token, but no corresponding publisher",
            r"invalid-publisher(?!.{0,200}?(?:Check failed|job_workflow_ref claim does not|Missing claim|pull_request_target))",
            r"(?:no|No) (?:matching|corresponding) (?:trusted )?publisher (?:was )?found",
        ),
        "{index} knows no trusted publisher for this run.",
        "Nothing is registered for these claims: owner, repository, workflow file or environment differ, "
        "the publisher is registered on the other index, or the pending publisher has expired.",
        _REGISTER,
        hides=_VAGUE,
        unless=r"Check failed for|job_workflow_ref claim does not match|Missing claim|pull_request_target' is not",
    ),
    _(
        "oi-check",
        r"Check failed for (?:required|optional) claim '?(?P<c>(?!sub\b)\w+)",
        "The run's claim `{c}` is not the publisher's.",
        "A publisher was found, but its `{c}` differs from the run's.",
        _REGISTER,
        hides=("oi-none",),
    ),
    _(
        "oi-sub",
        r"Check failed for (?:required|optional) claim '?sub\b",
        "PyPI compared the claim `sub`, which it no longer does.",
        "GitHub changed the form of `sub` for new and renamed repositories, and PyPI refused it until "
        "29 January 2026. It was a fault of the index, not of your publisher.",
        "Re-run the job; change nothing on PyPI. If an index of your own says it, upgrade that index.",
        link="https://github.com/pypi/warehouse/pull/19422",
        hides=("oi-none",),
    ),
    _(
        "oi-jwr",
        r"job_workflow_ref claim does not match",
        "The publishing job is in a reusable workflow.",
        "PyPI compares the file in which the job is written, which another workflow called, and that "
        "is not the file that is registered.",
        "Move the publishing job into the workflow that is started, and register that file; only the "
        "build may stay in the reusable one.",
        link=_REUSABLE,
        hides=("oi-none", "oi-check"),
    ),
    _(
        "oi-prt",
        r"invoked via 'pull_request_target' is not supported",
        "PyPI accepts nothing from `pull_request_target` runs.",
        "The workflow was started by that event.",
        "Publish from a release, a tag or a dispatch: `on: release: types: [published]`.",
        hides=("oi-none",),
    ),
    _(
        "oi-missing",
        r"Missing claim '?(?P<c>\w+)",
        "The run's token lacks the claim `{c}`.",
        "GitHub issued an unusual token.",
        "Re-run the failed job; if it stays, report it at https://github.com/pypi/support.",
        hides=("oi-none",),
    ),
    _(
        "oi-pending-exists",
        (r"invalid-pending-publisher", r"valid token, but project already exists"),
        "A pending publisher is left over, and the project exists already.",
        "A pending publisher can only create a project; somebody created this one in another way, for "
        "example with an API token.",
        "Register a publisher on the project's own page, {publishing_page} (this attempt has deleted "
        "the pending one), then re-run the job.",
        link=_PENDING,
        hides=_VAGUE,
    ),
    _(
        "oi-token",
        (r"malformed or invalid token", r"invalid-token\b.{0,200}?(?:malformed|invalid|expired)"),
        "PyPI cannot verify the run's token.",
        "It has expired, or it was made for the other index (audience `pypi` or `testpypi`).",
        "Re-run the job. If it stays, see that the audience and `repository-url` name the same index.",
        hides=_VAGUE,
        unless=r"invalid-reuse|invalid-publisher",
    ),
    _(
        "oi-reuse",
        (r"invalid-reuse-token", r"invalid token: already used"),
        "The run's token was used twice.",
        "A run's token can be exchanged once; two steps of the job used the same one, or an exchange was "
        "tried again after its answer was lost.",
        "Re-run the failed job: it gets a new token. If it happens again, let each step that publishes ask "
        "for a token of its own, and exchange in one place only.",
        hides=("oi-token",),
    ),
    _(
        "oi-payload",
        (
            r"invalid-payload.{0,200}?(?:malformed JWT|validation error|Input should)",
            r"malformed JWT",
        ),
        "The exchange did not send a proper token.",
        "A script of your own built the request in a wrong form.",
        "Use pypa/gh-action-pypi-publish, `uv publish` or twine 6.1 or later instead.",
        hides=_VAGUE,
    ),
    _(
        "oi-issuer",
        (r"unknown trusted publishing issuer", r"JWT issuer '[^']{1,100}' does not match"),
        "PyPI does not know this service as a publisher.",
        "The token comes from GitHub Enterprise Server or from a CI that PyPI does not support.",
        "Publish from github.com (or another supported provider), or with an API token.",
        hides=("oi-payload",),
    ),
    _(
        "oi-name",
        r"invalid-payload.{0,300}?(?:isn't allowed|too similar|registration temporarily|conflicts with|is invalid)",
        "The pending publisher's project name cannot be used.",
        "The name was taken or blocked, or came too close to another, after it was registered.",
        "Choose another name in pyproject.toml and register a new pending publisher at {pending_page}.",
        link=_PENDING,
        hides=("wh-name-banned", "wh-name-similar"),
    ),
    _(
        "oi-off",
        (r"trusted publishing functionality not enabled", r"has trusted publishing disabled"),
        "PyPI has switched trusted publishing off.",
        "PyPI's administrators did so for the moment.",
        _WAIT,
        link=_STATUS,
        hides=_VAGUE,
    ),
    _form(
        "oi-form-exists",
        r"This project already exists",
        "The form for pending publishers refuses a project that exists.",
        "A pending publisher creates a project; for one that exists a publisher is added on its own page.",
        "Add the publisher on the project's page: {publishing_page}.",
        unless=r"valid token",
    ),
    _form(
        "oi-form-owner",
        (r"Unknown GitHub user or organization", r"Invalid GitHub user or organization name"),
        "PyPI's form does not know this GitHub owner.",
        "The owner is misspelt.",
        "Type `{owner}`, without `@` and without the repository.",
    ),
    _form(
        "oi-form-file",
        (r"Workflow name must end with", r"Workflow filename must be a filename only"),
        "PyPI's form wants a workflow's file name.",
        "A path, or a name without .yml or .yaml, was typed.",
        "Type the file name only: `{workflow}`.",
    ),
    _form(
        "oi-form-dup",
        (
            r"publisher has already been registered",
            r"matching this configuration has already been registered",
            r"is already registered with",
        ),
        "The same publisher is registered already.",
        "A publisher (or a pending one for another project name) has these four values.",
        "Delete the old one at {pending_page}, or use it.",
    ),
    _form(
        "oi-form-three",
        r"more than 3 pending trusted publishers",
        "There are three pending publishers already.",
        "An account may have three at a time.",
        "Delete one that is no longer needed at {pending_page}, or use it.",
    ),
    # pypa/gh-action-pypi-publish
    _action(
        "ga-perm",
        (
            r"ACTIONS_ID_TOKEN_REQUEST_(?:TOKEN|URL) (?:environment variable )?was unset",
            r"OpenID Connect token retrieval failed: .{0,300}?environment variable was unset",
            r"(?:missing|insufficient) (?:or insufficient )?OIDC token permissions",
            r"Unable to get (?:the )?ACTIONS_ID_TOKEN_REQUEST_(?:URL|TOKEN)",
            r"This generally indicates a workflow configuration error, such as insufficient permissions",
        ),
        "The publishing job may not ask for a token.",
        "The job lacks `permissions: id-token: write` (a job's `permissions:` replaces the workflow's "
        "whole block), or the run comes from a fork.",
        _PERMISSION,
        link=_TROUBLES,
        hides=("ga-id", "ga-refused", "tw-noninteractive", "ga-old-password"),
    ),
    _action(
        "ga-fork",
        r"called from a pull request on a fork",
        "A pull request from a fork gets no token.",
        "GitHub gives such runs no identity.",
        "Publish from a release, a tag or a dispatch: `on: release: types: [published]`.",
        hides=("ga-perm", "ga-id"),
    ),
    _action(
        "ga-timeout",
        (
            r"OIDC token request (?:timed out|failed \(code=)|Failed to get ID Token\. +Error Code",
            r"OpenID Connect token retrieval failed: .{0,200}?(?:timed out|code=\d+)",
        ),
        "GitHub did not issue a token.",
        "GitHub's token service failed for a moment.",
        "Re-run the failed job; if it stays, see https://www.githubstatus.com/.",
        link="https://www.githubstatus.com/",
        hides=("ga-id",),
    ),
    _action(
        "ga-id",
        r"OpenID Connect token retrieval failed:? ?(?P<w>.{0,160})",
        "GitHub did not issue a token for the job.",
        "The action says: {w}",
        "See that the publishing job has `permissions: id-token: write`, then re-run it.",
        link=_TROUBLES,
        tier="symptom",
    ),
    _action(
        "ga-refused",
        (
            r"Token request failed: the server refused the request(?: for the following reasons)?:? ?(?P<r>.{0,160})",
            r"Trusted publishing exchange failure",
        ),
        "PyPI refused to exchange the run's token.",
        "PyPI's reason follows in the log: {r}",
        _REGISTER,
        link=_TROUBLES,
        tier="symptom",
    ),
    _action(
        "ga-aud-404",
        r"does not indicate trusted publishing support",
        "The index does not offer trusted publishing.",
        "`repository-url` is not the upload address of PyPI or TestPyPI.",
        "Correct it (`https://upload.pypi.org/legacy/`, `https://test.pypi.org/legacy/`), or leave it out.",
    ),
    _action(
        "ga-json",
        (
            r"the index produced an unexpected (?P<n>\d+) response",
            r"responded with unexpected (?P<n>\d+)",
            r"the index gave us an invalid response",
        ),
        "The index did not answer the token exchange properly.",
        "It has an outage or a passing fault; nothing is wrong with the publisher.",
        _WAIT,
        link=_STATUS,
        hides=("ga-refused",),
    ),
    _action(
        "ga-reusable",
        r"suggest that the calling workflow is a reusable workflow",
        "The publishing job is in a reusable workflow.",
        "PyPI does not support trusted publishing from called workflows.",
        "Move the publishing job into the workflow that is started, and register that file on PyPI.",
        link=_REUSABLE,
        tier="notice",
        confidence="likely",
    ),
    _action(
        "ga-old-password",
        (
            r"Password-based uploads (?:deprecated|disabled)",
            r"Starting in 2024, PyPI will require all users",
            r"As of 2024, PyPI requires all users",
        ),
        "The workflow publishes with a user name and password.",
        "PyPI has refused passwords since January 2024.",
        "Remove `user:` and `password:`, give the job `id-token: write`, and register a publisher: "
        "{publishing_page}.",
        tier="notice",
        confidence="likely",
    ),
    _action(
        "ga-empty",
        (
            r"not passed a password or it is otherwise empty",
            r"(?:neither|not) passed a password or (?:it is )?otherwise",
        ),
        "The publish step got an empty password.",
        "The secret has another name or does not exist where this job looks: forks, and jobs without "
        "the secret's environment, do not see it.",
        "Compare the secret's name in `{workflow}` with Settings → Secrets (of the repository and of "
        "the environment). Or use trusted publishing: no `password:`, but `id-token: write`.",
        hides=("ga-old-password", "ga-notpypi", "tw-noninteractive", "ga-perm"),
    ),
    _action(
        "ga-notpypi",
        r"not start with \"?pypi-\"? as it typically should",
        "The password is not an API token.",
        "The secret does not start with `pypi-`.",
        "Make a new token at {token_page} and store all of it.",
        tier="notice",
        confidence="likely",
    ),
    _action(
        "ga-nodists",
        (
            r"no Python distribution packages to publish in the directory \"?'?(?P<d>[^\"' ]{1,120})",
            r"It looks like there are no Python distribution packages",
            r"No such file or directory: '(?P<d>/github/workspace/[\w./-]{1,80})'",
        ),
        "There are no files to publish in `{d}`.",
        "The build's artifact was not downloaded there, or the build wrote elsewhere.",
        "Give upload-artifact and download-artifact the same `name`, download to `path: dist/`, give "
        "the publishing job `needs: [build]`, and compare `packages-dir`.",
        hides=("tw-nofile", "tw-invalid"),
    ),
    _action(
        "ga-att-exists",
        r"already ha(?:s|ve) a? ?publish attestations?:? ?(?P<f>[^ ]{0,200})",
        "The files are signed already.",
        "The action ran twice over one `dist/`, usually for TestPyPI and PyPI in one job.",
        "Give each index a job of its own that downloads the artifact again; or set "
        "`attestations: false` on the first.",
        link=_ACTION + "/issues/319",
        hides=("ga-att-fail",),
    ),
    _action(
        "ga-att-notfile",
        (
            r"look like distributions but are not actually files",
            r"looks like a distribution but is not a file",
            r"failed to read from file `?(?P<f>[^` ]{1,200})`?:? Is a directory",
        ),
        "A folder has the name of a distribution.",
        "download-artifact made one folder for each artifact: `dist/x.whl/x.whl`.",
        "Add `merge-multiple: true` to download-artifact, or upload everything as one artifact; name files, "
        "not the folder (`wheels/*.whl`).",
        hides=("ga-att-fail",),
    ),
    _action(
        "ga-att-fail",
        r"Attestation generation failure:? ?(?P<w>.{0,160})",
        "The files could not be signed.",
        "The action says: {w}",
        f"Re-run the failed job; if it stays, see {_SIGSTORE}. `attestations: false` publishes without.",
        tier="symptom",
        link=_SIGSTORE,
    ),
    _action(
        "ga-linux",
        r"Container action is only supported on Linux",
        "The publishing action runs on Linux only.",
        "The job's `runs-on` is macOS or Windows.",
        "Publish in a job with `runs-on: ubuntu-latest` that downloads the built files.",
    ),
    _action(
        "ga-manifest-composite",
        (
            r"Unable to find image 'ghcr\.io/(?!pypa/gh-action-pypi-publish)[^']{1,200}' locally.{0,200}?Error response from daemon",
            r"Unable to find image 'ghcr\.io/(?!pypa/gh-action-pypi-publish)[^']{1,200}' locally$",
            r"can't open file '[^']{1,300}/create-docker-action\.py'",
        ),
        "The publishing action does not find its own image or files.",
        "It was called from inside a composite action, which it does not support, or the runner's copy of it "
        "is incomplete (self-hosted runners).",
        "Call a current release of pypa/gh-action-pypi-publish from a step of the workflow itself, on a "
        "runner of GitHub.",
        hides=("ga-manifest",),
        also=r"gh-action-pypi-publish|Create Docker (?:container )?action|pypi|manifest unknown",
    ),
    _action(
        "ga-manifest",
        (
            r"ghcr\.io/pypa/gh-action-pypi-publish:?(?P<ref>[\w./-]{0,80})'? .{0,300}?(?:manifest unknown|manifest \S{1,120} not found)",
            r"manifest unknown.{0,200}?ghcr\.io/pypa/gh-action-pypi-publish",
            r"Unable to find image 'ghcr\.io/pypa/gh-action-pypi-publish:(?P<ref>[^']{1,80})' locally$",
            r"(?:gh-action-pypi-publish|Pull down action image).{0,400}?Error response from daemon: (?:manifest unknown|failed to resolve reference|.{0,80}?manifest unknown)",
            r"Error response from daemon: (?:manifest unknown|failed to resolve reference)$",
            r"gh-action-pypi-publish:?(?P<ref>[\w./-]{0,80})[^ ]{0,20} .{0,120}?not found: manifest unknown",
        ),
        "There is no image of the publishing action for this pin.",
        "pypa/gh-action-pypi-publish runs from an image on ghcr.io. There is one for each release and for "
        "`release/v1`, not for every commit: a pin of some other commit (or of a release whose image was "
        "late, as v1.12.0) finds none.",
        "Pin a release, by its tag, its commit or `release/v1`: "
        "https://github.com/pypa/gh-action-pypi-publish/releases. If that is what the pin is, re-run the "
        "job: ghcr.io may have been out of order.",
        confidence="likely",
        hides=("ga-docker",),
    ),
    _action(
        "ga-docker",
        (
            r"Docker (?:pull|build) failed with exit code",
            r"ERROR: failed to solve: .{0,200}?failed to (?:authorize|resolve|fetch|do request)",
            r"docker: Error response from daemon",
            r"Error response from daemon: (?:Get|Head|received unexpected|toomanyrequests|net/http)(?!.{1,120}?: (?:denied|unauthorized))",
            r"toomanyrequests: .{0,60}?pull rate limit",
        ),
        "The image of an action could not be downloaded.",
        "The registry did not answer, or refused; Docker Hub does after a number of downloads without a login.",
        "Re-run the failed job, after `toomanyrequests` with a login to Docker Hub in a step before; if it "
        "stays, see https://www.githubstatus.com/.",
        link="https://www.githubstatus.com/",
        tier="symptom",
    ),
    _action(
        "ga-input",
        r"Unexpected input\(s\) '(?P<i>[^']{1,80})'.{0,400}?(?:packages[-_]dir|repository[-_]url)",
        "The publishing action has no input `{i}`.",
        "The input is misspelt or from another version.",
        "Use one of packages-dir, repository-url, skip-existing, verify-metadata, attestations, "
        "verbose, print-hash.",
        tier="notice",
        confidence="likely",
    ),
    # sigstore
    _sigstore(
        "oi-tuf-root",
        (r"root was signed by \d+/\d+ keys", r"tuf\.api\.exceptions\.\w+"),
        "This sigstore is too old for the keys that are in use.",
        "Sigstore changes its trusted keys now and then; an old release of the client, or of the action that "
        "brings it, cannot follow. Your files and permissions are not the cause.",
        "Use the newest sigstore/gh-action-sigstore-python (or pypa/gh-action-pypi-publish, or "
        "`python -m pip install --upgrade sigstore`), and run the job again.",
        hides=("oi-rekor",),
    ),
    _sigstore(
        "oi-identity-expired",
        r"(?<![\w.])(?:sigstore\.(?:oidc|errors)\.)?Expired(?:Identity|Certificate)\b",
        "The signing identity expired before all files were signed.",
        "The files are signed one after the other with one identity of the run, which lasts about ten "
        "minutes: too many or too large files for one job. The permission `id-token: write` is there, "
        "otherwise nothing would have been signed, and running the job again fails in the same way.",
        "Publish in several jobs, for example one for each platform, each with an environment and an "
        "identity of its own; or put fewer files into one job. `attestations: false` publishes without "
        "signatures.",
        hides=("ga-att-fail", "oi-sigstore-identity", "ga-reusable"),
    ),
    _sigstore(
        "oi-sigstore-identity",
        (
            r"sigstore.{0,200}?(?:identity token|ambient).{0,80}?(?:not found|missing)",
            r"(?<![\w.])(?:sigstore\.oidc\.)?IdentityError\b",
        ),
        "The files could not be signed: the job has no identity.",
        "Signing needs `permissions: id-token: write` in the publishing job.",
        _PERMISSION,
        confidence="likely",
    ),
    _sigstore(
        "oi-rekor",
        (
            r"\b(?:rekor|fulcio|sigstore)\b.{0,160}?(?:\b50[0234]\b|timed out|unavailable)",
            r"\b50[0234] Server Error: .{0,60}? for url: https://\w{1,30}\.sigstore\.dev",
            r"network timeout at: https://\w{1,30}\.sigstore\.dev",
            r"(?:TUFError|Failed to refresh TUF metadata|RekorClientError|FulcioClientError)",
        ),
        "Sigstore did not answer.",
        "The signing service is out of order for a moment.",
        f"Re-run the failed job; if it stays, see {_SIGSTORE}. `attestations: false` publishes without.",
        tier="symptom",
        link=_SIGSTORE,
        hides=("ga-att-fail", "tw-network"),
    ),
)
