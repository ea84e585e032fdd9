"""uv publish and uv build. https://docs.astral.sh/uv/guides/package/"""

from nox_release.diagnosis.catalogue.tables import table

_ = table(tool="uv", link="https://docs.astral.sh/uv/guides/package/")

_PERMISSION = "Add to the publishing job in `{workflow}`:\n    permissions:\n      id-token: write"
_CREDENTIALS = (
    "Give the publishing job `permissions: id-token: write` and register a publisher at "
    "{publishing_page}; or set UV_PUBLISH_TOKEN from a secret."
)

ENTRIES = (
    _(
        "uv-oidc-perm",
        (
            r"is the `?id-token: write`? permission missing",
            r"Missing (?:or empty )?environment variable `?ACTIONS_ID_TOKEN_REQUEST",
            r"`?ACTIONS_ID_TOKEN_REQUEST_(?:TOKEN|URL)`? (?:is )?(?:not set|unset|missing)",
        ),
        "The publishing job may not ask for a token.",
        "The job lacks `permissions: id-token: write` (a job's `permissions:` replaces the workflow's).",
        _PERMISSION,
        hides=("uv-note", "uv-oidc-none"),
    ),
    _(
        "uv-oidc-none",
        r"No OIDC token discovered",
        "uv found no token of a CI service.",
        "It does not run in a CI that PyPI supports.",
        "Publish from GitHub Actions with `id-token: write`, or give a token in UV_PUBLISH_TOKEN.",
        hides=("uv-note",),
    ),
    _(
        "uv-oidc-network",
        (
            r"trusted publishing.{0,200}?(?:Failed to fetch|error sending request|Failed to send|dns error|operation timed out|connection (?:refused|reset))",
            r"(?:Failed to fetch|error sending request for url).{0,40}?/_/oidc/",
            r"trusted publishing.{0,200}?(?:error code|status code|returned) 50\d",
            r"/_/oidc/[\w-]{1,20}.{0,120}?\b50[0234]\b",
        ),
        "The token exchange did not reach the index.",
        "The network failed, or the index has an outage. Nothing is wrong with the registered publisher.",
        "Re-run the failed job; if it stays, see https://status.python.org/ and "
        "https://www.githubstatus.com/. Change nothing on PyPI.",
        link="https://status.python.org/",
        hides=("uv-oidc-rejected", "uv-note", "tw-network", "wh-5xx"),
        unless=r"\b422\b",
    ),
    _(
        "uv-oidc-rejected",
        (
            r"returned error code 422.{0,300}?trusted publishing correctly configured",
            r"is trusted publishing correctly configured\?",
            r"Token request failed.{0,200}?OidcTokenClaims",
        ),
        "PyPI refused to exchange the run's token.",
        "What is registered differs from what the run claims.",
        "Compare owner `{owner}`, repository `{repo}`, workflow `{workflow}`, environment `{env}` with "
        "{publishing_page}.",
        tier="symptom",
        link="https://docs.pypi.org/trusted-publishers/troubleshooting/",
    ),
    _(
        "uv-mixed",
        (r"(?P<w>[\w` /-]{1,60}) (?:is|are) not allowed when using trusted publishing",),
        "Credentials and trusted publishing were both asked for.",
        "uv says: {w} is set, and trusted publishing is forced (`--trusted-publishing always`).",
        "Remove the credentials (UV_PUBLISH_TOKEN, UV_PUBLISH_USERNAME, UV_PUBLISH_PASSWORD, and the "
        "options of the same names; for the keyring `keyring-provider` of uv's settings, or `--keyring-provider "
        "disabled`), or `--trusted-publishing always`.",
    ),
    _(
        "uv-note",
        (
            r"Neither credentials nor keyring are configured",
            r"Missing credentials for https?://",
            r"Failed to (?:fetch|send).{0,80}?Missing credentials",
        ),
        "uv has no credentials.",
        "Neither a token nor trusted publishing was found.",
        _CREDENTIALS,
        tier="symptom",
    ),
    _(
        "uv-empty",
        r"a value is required for '--(?:token|username|password) <\w+>' but none was supplied",
        "uv got an empty token.",
        "The expression behind `--token` is empty: the secret is not set under that name, or this job does "
        "not see it (a fork, or a job without the environment that has it).",
        "Compare the secret's name with https://github.com/{owner}/{repo}/settings/secrets/actions, and hand "
        "it over as `env: UV_PUBLISH_TOKEN`. Better: publish with trusted publishing, which stores no token.",
    ),
    _(
        "uv-nouser",
        (
            r"with a password, but no username",
            r"required arguments were not provided: --username",
            r"UV_PUBLISH_PASSWORD: \*\*\*(?!.{0,2000}?UV_PUBLISH_USERNAME).{0,2000}?Missing credentials for",
        ),
        "uv got a password without a user name.",
        "Only UV_PUBLISH_PASSWORD (or `--password`) is set.",
        "For an API token set UV_PUBLISH_TOKEN instead.",
        hides=("uv-note",),
        without=r"UV_PUBLISH_USERNAME",
    ),
    _(
        "uv-nofiles",
        (
            r"No files found to publish",
            r"Path patterns didn't match any",
            r"Publishing 0 files",
            r"No (?:build )?artifacts found|No distributions found in \S",
            r"No files to publish",
            r"Archive \(\S{1,200}\) does not exist",
        ),
        "There are no files to publish.",
        "dist/ is empty, or the files are in another folder.",
        "Run the build first in the same job (`uv build`, `hatch build`, `poetry build`), or download the build's "
        "artifact to dist/. poetry publishes files of the current version alone: a version from git needs its "
        "plugin in that job too.",
        silent=True,
        unless=r"artifact name|download-artifact|workflow run|artifacts? found (?:with|matching|for)",
    ),
    _(
        "uv-skipname",
        (
            r"non-normalized filename \(expected",
            r"looks like a distribution, but is not a valid distribution filename",
            r"Only files ending in `?\.tar\.gz`? are valid source distributions",
        ),
        "uv skipped a file because of its name.",
        "The name is not in its normal form (or an sdist does not end with .tar.gz). uv warns, leaves "
        "the file out, and ends without an error.",
        "Build again with a current {backend_package}; the file is not on the index yet.",
        silent=True,
        hides=("uv-nofiles",),
    ),
    _(
        "uv-simple",
        r"are you using the simple index URL instead of the upload URL",
        "The address is for downloads.",
        "The files were sent to the simple index, which pip installs from: it keeps none of them, though "
        "some servers answer as if it did.",
        "Upload to the index's own upload address (`--publish-url`, `--repository-url` or ~/.pypirc), the "
        "one without `simple`; for PyPI leave it out.",
    ),
    _(
        "uv-hash",
        r"Local file and index file do not match for",
        "The index has other bytes under this file name.",
        "This version was published before, from another build.",
        "Raise the version, commit, tag and release that.",
    ),
    _(
        "uv-index",
        (
            r"Index not found: ",
            r"No indexes were found, can't use index",
            r"Index is missing a publish URL",
            r"does not have a `?publish-url",
        ),
        "uv does not know where this index takes uploads.",
        "`[[tool.uv.index]]` has no entry of that name, or the entry has no `publish-url`.",
        "Add `name` and `publish-url` to the index in pyproject.toml, for PyPI "
        '`publish-url = "{upload_url}"`.',
    ),
    _(
        "bd-unpublished",
        (
            r"(?:Failed to resolve requirements from `?build-system\.requires|build dependencies).{0,400}?Because only (?P<p>[\w.-]{1,80})(?P<h>[<=>]\S{1,40}) is available and you require (?P<r>\S{1,120})",
            r"Because only (?P<p>[\w.-]{1,80})(?P<h><=\S{1,40}) is available and .{0,120}?(?:require|depends on)",
        ),
        "A requirement asks for a version of `{p}` that is not on the index yet.",
        "The newest that is there is {p}{h}. If `{p}` is a sibling of this project, it has not been "
        "published yet.",
        "Publish `{p}` first, wait until the index shows it, then re-run this job; or lower the "
        "requirement in pyproject.toml.",
        hides=("bd-deps",),
    ),
    _(
        "bd-cooldown",
        (
            r"uploaded too recently",
            r"published after the exclude[- ]newer time",
            r"`?exclude-newer`?.{0,200}?(?:filtered|excluded|unsatisfiable|newer than)",
            r"(?:filtered|excluded) .{0,120}?`?exclude-newer",
        ),
        "A requirement is younger than the cooldown allows.",
        "pip's `--uploaded-prior-to` or uv's `exclude-newer` hides releases of the last days. The "
        "requirement itself is right.",
        "Wait until the release is old enough; or exempt the package (uv: `exclude-newer-package`; pip: "
        "install it in a step without the option).",
        hides=("bd-deps", "bd-conflict", "bd-unpublished"),
    ),
    _(
        "uv-path-missing",
        (
            r"Distribution not found at: (?:file://)?(?P<f>\S{1,200})",
            r"(?:Package|package) `?(?P<f>[\w.-]+)`? not found in workspace",
            r"Package `?(?P<f>[\w.-]+)`? is not a workspace member",
            r"`(?P<f>[\w.-]+)` references a workspace in `tool\.uv\.sources`",
        ),
        "There is no project, member or file `{f}`.",
        "A path in `[tool.uv.sources]` or in a requirements file is relative to another folder than the one "
        "that uv runs in (`uv export` writes paths relative to the workspace's root), or `--package` names no "
        "member.",
        "Run the command from the workspace's root, or with `--project`; correct the path, or give the "
        "`project.name` of a member of `[tool.uv.workspace]`.",
    ),
    _(
        "uv-novenv",
        (
            r"No virtual environment found",
            r"virtual environment directory `(?P<d>[^`]{1,200})` cannot be used",
            r"(?:Querying Python at|[Ff]ailed to query Python interpreter at) `(?P<d>[^`]{1,200})`(?! for)",
        ),
        "uv finds no virtual environment that it can use.",
        "`uv pip install` needs one, and the job made none; or the folder that is meant for it (`.venv`, "
        "UV_PROJECT_ENVIRONMENT) holds something else or belongs to another Python.",
        "Use `uv build`, which needs none. Or run `uv venv --clear` first, name an empty folder, or add "
        "`--system` to `uv pip install`.",
    ),
)
