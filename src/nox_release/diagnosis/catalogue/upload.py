"""Refusals by PyPI itself, in the words of Warehouse's upload API, of today and of former years.

https://docs.pypi.org/api/upload/ and Warehouse's forklift; the client prints them in its own frame.
"""

from nox_release.diagnosis.catalogue.tables import table

METADATA = "https://packaging.python.org/en/latest/specifications/core-metadata/"
PYPROJECT = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"
_VERSIONS = "https://packaging.python.org/en/latest/specifications/version-specifiers/"
_REQUIREMENTS = "https://packaging.python.org/en/latest/specifications/dependency-specifiers/"
_HELP = "https://pypi.org/help/"
_TROUBLES = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
_LIMITS = "https://docs.pypi.org/project-management/storage-limits/"

_AGAIN = (
    "Empty dist/, build with a current {backend_package}, and upload what it made without renaming "
    "or repacking it. `nox-release check-project dist/*` shows beforehand what PyPI would refuse."
)

_ = table(tool="PyPI", link=METADATA)

# What a server says that gives a status and no reason.
_REASON = (
    "Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Method Not Allowed|Not Acceptable|Conflict"
    "|Unsupported Media Type|Unprocessable (?:Entity|Content)"
)
_STATUS = r"(?P<c>(?!400|422)4\d\d)"
_NOT_GITHUB = r"(?!(?:api|uploads)\.github\.com)"

ENTRIES = (
    # The address.
    _(
        "wh-slash",
        (
            r"expected upload URL is /legacy/",
            r"Not Found for url: https://(?:upload|test)\.pypi\.org/legacy(?![/\w])",
            r"404 Not Found from https://(?:upload|test)\.pypi\.org/legacy(?![/\w])",
        ),
        "The upload address lacks its last slash.",
        "PyPI takes uploads at an address that ends with `/legacy/`.",
        "Use `{upload_url}` in `repository-url`, `--repository-url` or ~/.pypirc.",
        link="https://docs.pypi.org/api/upload/",
    ),
    _(
        "wh-moved",
        (r"This API has moved to https", r"410 Gone .{0,80}?moved to https"),
        "The upload went to an address that PyPI has left.",
        "The client or its configuration still names the old upload address.",
        "Use `{upload_url}`, and a current twine or action.",
        link="https://docs.pypi.org/api/upload/",
    ),
    _(
        "wh-submit",
        (
            r"pre-registration is no longer required",
            r"API is no longer supported, instead simply upload the file",
        ),
        "The `register` command is gone.",
        "A project is created by its first upload; PyPI refuses a separate registration.",
        "Remove `register` (or `setup.py register`) from the release, and only upload.",
        link=_HELP,
    ),
    # Who asks.
    _(
        "wh-password",
        (
            r"Username/Password authentication is no longer supported",
            r"API Token or Trusted Publisher must be used\b",
        ),
        "PyPI no longer accepts passwords.",
        "The user name was not `__token__`. Passwords have been refused since January 2024.",
        "Publish with trusted publishing ({pending_page} or the project's publishing page), or use "
        "the user name `__token__` with an API token from {token_page}.",
        link=_HELP + "#apitoken",
    ),
    _(
        "wh-auth",
        (
            r"Invalid or non-existent authentication information",
            r"Username and/or password are (?:possibly )?wrong",
            r"(?:Incorrect|Invalid) credentials \(status code",
            r"HTTP Error 401: Unauthorized",
            r"You must be (?:identified|logged in) to (?:edit|store)",
        ),
        "{index} does not accept these credentials.",
        "The API token is wrong, cut off, deleted or from the other index (PyPI and TestPyPI are "
        "separate), a line break got into the secret, or the user name is not `__token__`.",
        "Make a new token at {token_page} and store all of it, from `pypi-` on. Better: publish with "
        "trusted publishing, which stores no token.",
        link=_HELP + "#invalid-auth",
    ),
    _(
        "wh-unverified",
        r"(?:does )?not have a verified (?:primary )?email",
        "The account has no verified e-mail address.",
        "PyPI takes uploads only from accounts with a verified primary address.",
        "Verify it at {pypi}/manage/account/, then run the upload again.",
        link=_HELP + "#verified-email",
    ),
    _(
        "wh-2fa",
        (r"does not have two-factor authentication enabled",),
        "The account has no two-factor authentication.",
        "PyPI requires it of every account that uploads.",
        "Switch it on at {pypi}/manage/account/two-factor/, then run the upload again.",
        link=_HELP + "#two-factor-authentication",
    ),
    _(
        "wh-not-yours",
        (
            r"The user '(?P<u>[^']{1,80})' isn't allowed to upload to project '(?P<p>[^']{1,100})'",
            r"The user '[^']{1,80}' (?:is not|isn't) allowed to (?:upload|edit)",
            r"You are not allowed to (?:store|edit|upload to) '(?P<p>[^']{1,100})'",
            r"isn't allowed to upload to project '(?P<p>[^']{1,100})'",
        ),
        "This account may not upload to `{p}`.",
        "The project belongs to somebody else (the name is taken), the account is no longer one of "
        "its maintainers, or the project is archived.",
        "Ask an owner (listed on {pypi}/project/{p}/) to add the account or to unarchive the project; "
        "or choose another `project.name`.",
        link=_HELP + "#project-name",
        unless=r"The given token isn't",
    ),
    _(
        "wh-token-not-yours",
        r"The given token isn't allowed to upload to project '?(?P<p>[^' ]{1,100})",
        "This token may not upload to `{p}`.",
        "The trusted publisher (or the token) does not belong to that project, or the project is "
        "archived or quarantined.",
        "Add the publisher on the project's own page, "
        "{pypi}/manage/project/{p}/settings/publishing/, or unarchive the project.",
        link=_TROUBLES,
        hides=("wh-not-yours",),
    ),
    _(
        "wh-token-scope",
        (r"project-scoped token is not valid for project:? ?'?(?P<p>[^' ]{1,100})",),
        "The API token belongs to another project.",
        "A token made for one project uploads to that project only, and cannot create one.",
        "For a first upload use a token for the whole account from {token_page}, and replace it "
        "afterwards; or use trusted publishing.",
        link=_HELP + "#apitoken",
    ),
    _(
        "wh-oidc-scope",
        r"OIDC scoped token is not valid for project:? ?'?(?P<p>[^' ]{1,100})",
        "The trusted publisher belongs to another project than `{p}`.",
        "The publisher that matched this workflow is registered for another project than the one the "
        "files name.",
        "Add the publisher at {pypi}/manage/project/{p}/settings/publishing/, or correct `[project] "
        "name`. A pending publisher of this workflow may have created another, empty project: delete "
        "that one.",
        link=_TROUBLES,
        hides=("wh-token-scope",),
    ),
    _(
        "wh-token-expired",
        (
            r"Invalid API Token: (?:token is )?expired",
            r"API Token: token is expired",
            r"Invalid API Token: Expired token",
        ),
        "The upload token had expired.",
        "A token from trusted publishing is valid for 15 minutes, and the upload took longer; or a "
        "token of an earlier job was used.",
        "Re-run the failed job: the files that are there are accepted again. For many or large files "
        "split the upload into several jobs, or use twine 6.2 or later, which renews the token.",
        link=_TROUBLES,
    ),
    _(
        "wh-token-other",
        r"Invalid API Token: (?!token is expired|expired|project-scoped|OIDC)",
        "The API token cannot be verified.",
        "It is damaged, was cut off, or comes from another index. If it was narrowed on your machine (for a "
        "first upload), PyPI may no longer accept that.",
        "Make a new one at {token_page} and store it whole; or use trusted publishing.",
        link=_HELP + "#apitoken",
        unless=r"is not valid for project|token is expired",
    ),
    _(
        "wh-oidc-name",
        r"Non-user identities cannot create new projects",
        "The publisher's project name and the name in the metadata differ.",
        "A pending publisher has just created the name that was typed into PyPI's form, "
        "empty, and the files carry another name, `{project}`, for which there is no project. It does "
        "not mean that a first upload needs a token.",
        "Compare the publisher's project name on PyPI with `[project] name` letter by letter. Either "
        "change `name` in pyproject.toml to the publisher's name; or delete the empty project in its "
        "settings, register a pending publisher for `{project}` at {pending_page}, and run it again.",
        link=_TROUBLES,
    ),
    # PyPI as a whole.
    _(
        "wh-readonly",
        r"Read-only mode: Uploads are temporarily disabled",
        "PyPI is read-only.",
        "PyPI is under maintenance.",
        "Watch https://status.python.org/, and re-run the job when it is over.",
        link="https://status.python.org/",
    ),
    _(
        "wh-disabled",
        r"New uploads are temporarily disabled",
        "PyPI takes no uploads at the moment.",
        "PyPI's administrators have switched uploads off.",
        "Watch https://status.python.org/, and re-run the job when uploads are back.",
        link="https://status.python.org/",
    ),
    _(
        "wh-reg-disabled",
        r"New project registration temporarily disabled",
        "PyPI takes no new projects at the moment.",
        "PyPI's administrators have switched the creation of projects off.",
        "Watch https://status.python.org/, and re-run the job when it is possible again.",
        link="https://status.python.org/",
        unless=r"invalid-payload",
    ),
    _(
        "wh-too-many-new",
        r"Too many new projects created",
        "Too many new projects in one hour.",
        "PyPI allows an account 20 new projects an hour.",
        "Wait an hour, then re-run the job.",
    ),
    _(
        "wh-5xx",
        (
            r"\b50[0234] .{0,60}?(?:for url|from)[: ]+https?://(?:upload|test)\.pypi\.org",
            r"\b50[0234]\b(?:(?!Process completed).){0,100}?\bupload\.pypi\.org",
            r"(?:upload|test)\.pypi\.org.{0,100}?\b50[0234] (?:Internal|Bad|Service|Gateway|Server|Backend)",
            r"Received \"?50[0234]: (?:Internal|Bad|Service|Gateway|Server|Backend)",
            r"HTTPError: 50[0234] Server Error",
            r"\b50[0234] (?:Internal|Bad|Service|Gateway|Server|Backend|error)\b(?:(?!Process completed).){0,160}?(?:pypi\.org|\bupload)",
            r"\bpypi\.org.{0,80}?(?:returned|status|code|error|HTTP)\D{0,20}50[0234]\b",
            r"(?:Upload failed|Server response) \(50[0234]\)(?!: <urlopen)",
            r"\b[Uu]pload(?:(?!Process completed).){0,120}?HTTP Error 50[0234]: ",
            r"Failed to upload .{0,200}? with status 50[0234]",
            r"503 (?:first byte timeout|backend read error|Backend fetch failed|Service Unavailable).{0,80}?pypi",
            r"HTTPError: 50[0234] [A-Z]\w+ .{0,40}?from https?://(?!(?:api|uploads)\.github)",
        ),
        "The index did not answer properly.",
        "The server answered with an error of its own (5xx): an outage or a passing fault. The file "
        "may have been stored all the same.",
        "Look at {project_page} and https://status.python.org/, then re-run the failed job: it uploads "
        "the same bytes, which PyPI accepts again.",
        link="https://status.python.org/",
        tier="symptom",
        unless=r"trusted publishing|oidc|sigstore\.dev|api\.github\.com|\brpc error:",
    ),
    _(
        "wh-stored",
        r"File already exists after a server error",
        "The first try had stored the file.",
        "The server answered the first try with an error (5xx) although it had kept the file; the "
        "second try then found the name in use.",
        "Compare the hash of the file on {project_page}#files with yours. If they agree, re-run the "
        "failed publish job, which uploads the same files and skips nothing that is missing; the "
        "version does not have to change.",
        link=_HELP + "#file-name-reuse",
        confidence="likely",
    ),
    _(
        "wh-429",
        (
            r"429 (?:Client Error: )?Too Many Requests.{0,100}?pypi",
            r"pypi\.org.{0,100}?429 Too Many Requests",
        ),
        "PyPI got too many requests from this address.",
        "It limits how often one address may ask in a short time.",
        "Wait a few minutes, then re-run the job.",
        tier="symptom",
    ),
    _(
        "up-index-lag",
        (
            r"The index does not show the uploaded version yet",
            r"\bnot (?:yet )?(?:available |visible |live |found |indexed )?(?:yet )?on (?:the )?(?:Test)?PyPI(?:'s index)? (?:yet|after|within|in time)",
            r"\b(?:did not|didn't|never|failed to) (?:become available|show up|propagate) (?:on|in) (?:the )?(?:Test)?PyPI|tim(?:ed|eout) ?(?:out )?waiting for .{1,80}?\bPyPI\b",
        ),
        "The index does not show the new version yet.",
        "The step asks for files that were uploaded a moment ago, and the index's pages lag some minutes behind; "
        "or it runs before the job that uploads them.",
        "Re-run the failed job in a few minutes; start it after the upload (`needs:`), and try again with a pause "
        "(`pip install --retries` does not help).",
        confidence="likely",
    ),
    _(
        "up-bare-status",
        (
            rf"\b{_STATUS} (?:Client Error: )?(?:{_REASON})[:.,]? .{{0,40}}?(?:for url:?|from) ['\"]?https?://{_NOT_GITHUB}",
            rf"\b(?P<c>401) (?:Client Error: )?\w[^|]{{1,120}}? (?:for url:?|from) ['\"]?https?://{_NOT_GITHUB}",
            rf"Client error '{_STATUS} (?:{_REASON})' for url 'https?://{_NOT_GITHUB}",
            rf"Server returned status code {_STATUS} (?:{_REASON})(?!\. Server)",
            rf"\[HTTPError\] {_STATUS} Client Error: (?:{_REASON})",
            r"Upload failed with status code (?P<c>404|409)\b",
            rf"Response code for https?://{_NOT_GITHUB}\S{{1,200}}: {_STATUS}",
            r"Permission denied \(status code (?P<c>40[13])\b",
            rf"HTTP Error {_STATUS}: ?(?:{_REASON}|\|)",
            rf"(?:Upload failed|Server response) \({_STATUS}\)",
            rf"Response from \"?https?://\S{{1,200}}: {_STATUS} (?:{_REASON})\b",
        ),
        "The index refused the upload ({c}).",
        "The log has the status but not the reason.",
        "Run the upload with `--verbose` (`verbose: true` in the action) to see the server's words, and let "
        "`nox-release check-project dist/*` look at the files.",
        tier="family",
        confidence="possible",
        unless=r"authentication information|isn't allowed|Invalid API Token|verified|Read-only|API Token|not accessible",
    ),
    _(
        "up-address",
        (
            r"The address takes no uploads",
            r"Repository path must have another '/' after initial '/'",
            r"Too many redirects, only \d+|Redirected URL is not in the same realm|Request was redirected, but (?:no )?location",
        ),
        "This address takes no uploads ({c}).",
        "A server answers there, but not to an upload: it is the address that pip installs from "
        "(`…/simple`), lacks its last slash or a part of its path, or names a repository that is not there "
        "or that these credentials may not see (GitLab says 404 then).",
        "Give the upload address as the index's own documentation has it: GitLab "
        "`https://HOST/api/v4/projects/ID/packages/pypi`, Artifactory `https://HOST/artifactory/api/pypi/REPO`, "
        "Nexus `https://HOST/repository/REPO/`, Azure `…/_packaging/FEED/pypi/upload/`, devpi "
        "`https://HOST/USER/INDEX/`.",
        link="",
        confidence="likely",
    ),
    # The name.
    _(
        "wh-name-bad",
        (
            r"The name '(?P<n>[^']{1,100})' is invalid",
            r"'(?P<n>[^']{0,100})' is an invalid value for Name\. Error: Start and end",
            r"Invalid value for name\. Error: Start and end",
            r"400 Client Error: name: ",
            r"is invalid for 'name'",
        ),
        "The project's name is not valid.",
        "A name has ASCII letters, digits, `.`, `_` and `-`, and starts and ends with a letter or digit.",
        "Change `project.name` in pyproject.toml; the import package may keep its name.",
        unless=r"invalid-payload",
    ),
    _(
        "wh-name-stdlib",
        r"isn't allowed \(conflict with (?:the )?Python Standard Library",
        "The name belongs to a module of Python's standard library.",
        "PyPI accepts no project that is named like a standard module.",
        "Choose another `project.name`; the import package may keep its name.",
        link=_HELP + "#project-name",
        unless=r"invalid-payload",
        hides=("wh-name-banned",),
    ),
    _(
        "wh-name-banned",
        r"The name u?'(?P<n>[^']{1,100})' isn't allowed(?! \(conflict)",
        "PyPI does not allow the name `{n}`.",
        "PyPI's administrators have blocked the name.",
        "Choose another name; if the block seems wrong, ask at https://github.com/pypi/support.",
        link=_HELP + "#project-name",
        unless=r"invalid-payload|conflict with",
    ),
    _(
        "wh-name-similar",
        r"too similar to an existing project",
        "The name is too close to that of an existing project.",
        "PyPI drops `.`, `-` and `_`, and reads l, i and 1 as the same, and o and 0; compared like "
        "that, the name is taken.",
        "Add a word to the name. Another separator, or a digit that looks like a letter, does not help.",
        link=_HELP + "#project-name",
        unless=r"invalid-payload",
        hides=("wh-name-banned",),
    ),
    _(
        "wh-name-exists",
        (r"conflicts with an existing project", r"The name .{1,100}? is already in use"),
        "The name has just been taken.",
        "Somebody else created a project of this name first.",
        "Choose another name; for an abandoned project see PEP 541: https://peps.python.org/pep-0541/.",
        link=_HELP + "#project-name",
        unless=r"invalid-payload",
    ),
    # Metadata.
    _(
        "wh-form",
        (
            r"is an invalid value for (?P<f>[\w-]+)\. Error: (?P<w>[^.]{0,160})",
            r"Invalid value for (?P<f>\w+)\. Error: (?P<w>[^.]{0,160})",
            r"(?P<w>'[^']{0,80}') is invalid for '(?P<f>[\w-]+)'",
            r"400 (?:Client Error: |Bad Request: )(?P<f>author|author_email|comment|maintainer|platform|keywords|license|provides|obsoletes|requires_external|requires|provides_extra|sha256_digest|md5_digest|blake2_256_digest): (?P<w>[^.]{1,120})",
            r"Upload failed \(400\): (?P<f>[a-z_]{4,30}): (?P<w>[^.]{1,120})",
            r"is not (?:a valid|allowed as a) dynamic field",
        ),
        "PyPI refuses the value of the field `{f}`.",
        "PyPI says: {w}.",
        "Correct that field in pyproject.toml (or setup.cfg, setup.py), and build again: the value in "
        "the built file counts.",
        tier="symptom",
    ),
    _(
        "wh-metaver",
        (
            r"'(?P<v>\d[\d.]*)' is not a valid metadata version",
            r"None is not a valid metadata version",
            r"Invalid value for metadata_version\. Error: ",
            r"is an invalid value for Metadata-Version",
            r"(?:Unknown|unsupported) metadata version[: ]+'?(?P<v>\d[\d.]*)",
            r"400 Client Error: metadata_version: ",
            r"No enum constant org\.jfrog.{0,80}?MetadataVersion\.v(?P<j>\d_\d)",
        ),
        "The files have a metadata version that their reader does not know.",
        "The build backend writes a newer metadata version than the index understands.",
        "Pin {backend_package} in `build-system.requires` to a release before the new metadata "
        "version, build again, and upload; or wait until the index accepts it.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-version-invalid",
        (
            r"'(?P<v>[^']{0,100})' is invalid for 'version'",
            r"Invalid value for version\. Error: ",
            r"400 Client Error: version: ",
        ),
        "The version is not one that PyPI accepts.",
        "It does not follow Python's rules for versions (PEP 440).",
        "Use a version such as `1.2.0`, `1.2.0rc1` or `1.2.0.post1`, and build again.",
        link=_VERSIONS,
        hides=("tw-invalid",),
    ),
    _(
        "wh-local",
        (
            r"The use of local versions in '?<?(?:Version\(')?(?P<v>[^' ]{1,80})'?.{0,4}? is not allowed",
            r"The use of local versions .{0,80}?is not allowed",
            r"PEP 440 local versions",
            r"Local version .{0,60}? not allowed",
            r"Uploading [\w.]{1,100}-\d[\w.!]{0,60}\+[\w.]{1,60}[-.]\S{1,200} .{0,600}?\b400 Bad Request (?:from|for url:?) https://(?:upload|test)\.pypi\.org",
        ),
        "The version has a local part (`+…`), which PyPI refuses.",
        "A version such as `1.2.dev3+gabc1234` is made by a version-control plugin when the commit is "
        "not the tagged one, the checkout has no tags or history, or a file changed before the build.",
        "In the build job check out with `fetch-depth: 0`, change no file before the build, and see "
        "that `git describe --tags` prints `{tag}`. For builds between tags set "
        '`local_scheme = "no-local-version"`.',
        link=_VERSIONS + "#local-version-identifiers",
        hides=("wh-version-invalid", "wh-form"),
    ),
    _(
        "wh-summary-line",
        (
            r"'?summary'? must be a single line",
            r"is an invalid value for Summary\. Error: Use a single line",
            r"Invalid value for summary\. Error: (?:Use a single line|Multiple lines)",
            r"400 Client Error: summary: (?:Use a single line|Invalid)",
        ),
        "The summary has more than one line.",
        "`description` in pyproject.toml (or setup.py) contains a line break.",
        "Make `project.description` one line; the long text belongs in `readme`.",
        hides=("tw-invalid", "wh-form"),
    ),
    _(
        "wh-summary-len",
        (
            r"'?summary'? field must be 512 characters or less",
            r"(?:Invalid value for summary|invalid value for Summary)\. Error: Field cannot be longer than 512",
            r"400 Client Error: summary: Field cannot be longer",
        ),
        "The summary is longer than 512 characters.",
        "`description` is the one-line summary, not the long description.",
        "Shorten `project.description` to one sentence; the long text belongs in `readme`.",
        hides=("tw-invalid", "wh-form"),
    ),
    _(
        "wh-ctype",
        (
            r"'?description[-_]content[-_]type'? must be one of",
            r"Invalid value for description_content_type\. Error: ",
            r"is an invalid value for Description-Content-Type",
            r"400 Client Error: description_content_type: ",
            r"'description-content-type' can only specify the UTF-8 charset",
            r"valid Markdown variants for 'description-content-type'",
        ),
        "The readme's content type is not one PyPI knows.",
        "PyPI accepts text/markdown, text/x-rst and text/plain, in UTF-8.",
        'Write `readme = "README.md"` in pyproject.toml, or a table with one of those content types.',
        hides=("tw-invalid", "wh-form"),
    ),
    _(
        "wh-reqdist",
        (
            r"is invalid for 'requires-dist'",
            r"Invalid value for requires_dist\. Error: (?!Can't have direct)",
            r"invalid value for Requires-Dist\. Error: (?!Can't have direct)",
            r"400 Client Error: requires(?:_dist)?: (?!Can't have direct)",
            r"'(?P<r>[^']{1,120})' is invalid: Expected",
        ),
        "A dependency is not written in a form that PyPI understands.",
        "The quoted text is not a valid requirement.",
        "Correct it in `project.dependencies` or `project.optional-dependencies`: a name, an operator "
        "and a version (`name>=1.2`), parentheses closed, no doubled comma.",
        link=_REQUIREMENTS,
        hides=("tw-invalid", "wh-form"),
    ),
    _(
        "wh-reqpy",
        (
            r"is invalid for 'requires-python'",
            r"Invalid value for requires_python\. Error: ",
            r"is an invalid value for Requires-Python",
            r"400 Client Error: requires_python: ",
        ),
        "`requires-python` is not a valid range of versions.",
        "It must be a version specifier; `^3.9`, `>=3.9.*` and a trailing `;` are not.",
        'Write, for example, `requires-python = ">=3.10"`, and build again.',
        hides=("tw-invalid", "wh-form"),
    ),
    _(
        "wh-license-expr",
        (
            r"is invalid for 'license-expression'",
            r"is an invalid value for License-Expression",
            r"Invalid license expression: '?(?P<v>[^']{1,80})",
            r"Error parsing field `?project\.license",
            r"Unknown license(?:: ?|\b.{0,10})'?(?P<l>[^' ]{1,60})",
        ),
        "The licence is not an SPDX expression.",
        "`project.license`, given as a string, must consist of SPDX identifiers.",
        'Write, for example, `license = "MIT"` or `license = "Apache-2.0"`; the list is at '
        "https://spdx.org/licenses/.",
        link="https://spdx.org/licenses/",
        hides=("tw-invalid",),
    ),
    _(
        "wh-license-path",
        r"is invalid for 'license-file'",
        "The path of a licence file is not valid.",
        "A path outside the project, a pattern or a path with `\\` got into the metadata.",
        'Give `license-files` patterns below the project, such as `["LICENSE*"]`, and build with a '
        "current {backend_package}.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-too-new",
        r"(?<![\w'-])(?P<f>[\w'-]{1,60}) introduced in metadata version '?(?P<a>\d[\d.]*)'?,? not '?(?P<b>\d[\d.]*)",
        "The field `{f}` needs a newer metadata version than the file declares.",
        "The file says that its metadata is {b}, and has a field of metadata {a}: an old and a new "
        "packaging tool worked on it.",
        "Build with a current {backend_package}, and remove pins of old `setuptools` or `wheel`.",
        hides=("tw-invalid", "tw-unrecognised"),
    ),
    _(
        "wh-unparsed",
        r"'(?P<f>[\w-]+)' has invalid data",
        "The field `{f}` appears twice or cannot be read.",
        "A field that may appear once appears twice, or two project URLs have the same label.",
        "Give the field one value in pyproject.toml, and remove the older copy in setup.cfg or setup.py.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-email",
        (
            r"is not a valid email address",
            r"The email '[^']{1,160}' is invalid",
            r"(?:Author|Maintainer)[-_]email\. Error: Use a valid email address",
            r"400 Client Error: (?:author|maintainer)_email: ",
        ),
        "An e-mail address of the authors or maintainers is not valid.",
        "PyPI checks the first address of `authors` and of `maintainers`.",
        "Correct `email =` in `project.authors` or `project.maintainers`, or leave it out.",
        hides=("wh-form",),
    ),
    _(
        "wh-classifier",
        (
            r"'(?P<c>[^']{1,200})' is not a valid classifier",
            r"Invalid value for classifiers\. Error: (?:Classifier )?'(?P<c>[^']{1,200})' is not a valid",
            r"is an invalid value for Classifier\. Error",
            r"400 Client Error: classifiers: ",
            r"400 Client Error: \['[A-Z][\w ]{2,24} :: ",
            r"Invalid classifier \"(?P<c>[^\"]{1,200})\"",
            r"Classifiers (?P<c>\[[^\]]{1,300}\]) are not valid classifiers",
            r"Unknown classifier in field `?project\.classifiers`?:? ?(?P<c>.{0,120})",
        ),
        "`{c}` is not a classifier of PyPI.",
        "It is misspelt, not in PyPI's list, or `Private :: …`, which PyPI refuses on purpose.",
        "Copy it from https://pypi.org/classifiers/, or remove it from `project.classifiers`; for one that is new, "
        "`python -m pip install --upgrade trove-classifiers`.",
        link="https://pypi.org/classifiers/",
        hides=("wh-form",),
    ),
    _(
        "wh-classifier-old",
        r"classifier '(?P<c>[^']{1,200})' has been deprecated",
        "The classifier `{c}` is no longer accepted.",
        "PyPI has replaced it with another one.",
        "Use the one that the message names, from https://pypi.org/classifiers/.",
        link="https://pypi.org/classifiers/",
        hides=("wh-form",),
    ),
    _(
        "wh-url",
        (
            r"is not a valid url\b",
            r"Invalid value for (?:project_urls|home_page|download_url)\. Error: ",
            r"invalid value for (?:Home-Page|Download-URL|Project-URL)\. Error",
            r"Error: Use a valid URL\b",
            r"(?:400 Client Error|Upload failed \(400\)): (?:home_page|download_url|project_urls): ",
            r"HTTP Error 400: Invalid URI",
        ),
        "One of the project's addresses is not a URL.",
        "Addresses must start with `http://` or `https://`, without quotes or blanks in them.",
        "Correct the values in `[project.urls]` (or `url`, `download_url`, `project_urls` of setup.py "
        "and setup.cfg), and build again.",
        hides=("wh-form",),
    ),
    _(
        "wh-url-label",
        (r"must be 32 characters or less", r"Must have a URL\b", r"Must have a label\b"),
        "A project URL lacks its label or address, or its label is too long.",
        "Each entry of `[project.urls]` needs a label of 1 to 32 characters and an address.",
        "Correct the entries of `[project.urls]` (in setup.cfg and setup.py: `project_urls`).",
    ),
    _(
        "wh-direct",
        (
            r"Can't have direct dependency: '?(?P<r>[^'\n]{1,200}?)'?\.? (?:See|for url|The)",
            r"Can't have direct dependency",
            r"Packages? (?:cannot|can't) (?:have|depend on) direct (?:references|urls?|dependenc)",
        ),
        "A dependency is an address instead of a released version.",
        "PyPI refuses `name @ git+https://…` and other addresses in dependencies and extras.",
        "Depend on a released version; or publish the fork under a name of its own; or move it to "
        "`[dependency-groups]`, which is not part of the metadata.",
        link=_REQUIREMENTS,
        hides=("wh-form",),
    ),
    _(
        "wh-license-both",
        r"License is deprecated when License-Expression is present",
        "The metadata has both `License` and `License-Expression`.",
        "The build backend wrote the old and the new licence field.",
        'Keep only the SPDX string, `license = "MIT"`, and build with a current {backend_package}.',
    ),
    _(
        "wh-name-missing",
        (
            r"'name' is a required field",
            r"Invalid value for name\. Error: This field is required",
            r"'version' is a required field",
            r"Missing required field `?'?(?:name|version)\b",
            r"(?:Name|name)\. Error: This field is required",
        ),
        "The metadata lacks the name or the version.",
        "The build backend found no `[project]` table, or an old uploader could not read the new "
        "metadata.",
        "See that pyproject.toml has `[project]` with `name` and `version`, that the backend in "
        "`[build-system]` is recent enough to read it (setuptools 61 or later), and upgrade twine.",
        hides=("wh-form",),
    ),
    _(
        "wh-required",
        (
            r"Invalid value for (?P<f>\w+)\. Error: This field is required",
            r"Include at least one message digest",
            r"Invalid value for (?:blake2_256_digest|sha256_digest)",
            r"Upload payload does not have a file",
            r": Should not be a tuple",
            r"Python version is required for binary distribution uploads",
        ),
        "The upload form is incomplete.",
        "The program that uploads is too old or home-made, and sends the form in another way than "
        "PyPI expects.",
        "Upload with a current twine, uv or pypa/gh-action-pypi-publish.",
        link="https://docs.pypi.org/api/upload/",
        hides=("wh-form",),
    ),
    _(
        "wh-render",
        r"description failed to render (?:for|in the default format)",
        "PyPI cannot show the readme.",
        "The description is not valid reStructuredText, or it is Markdown that is not declared as such.",
        'Declare Markdown with `readme = "README.md"`; for reStructuredText, '
        "`twine check --strict dist/*` names the line to correct.",
        link=_HELP + "#description-content-type",
    ),
    # The file.
    _(
        "wh-filetype",
        r"(?:Error|filetype).{0,20}? Use a known file type",
        "PyPI no longer accepts this kind of file.",
        "Eggs, rpm and wininst files are refused; only sdists and wheels are accepted.",
        "Empty dist/, build again with `python -m build`, and upload only `*.whl` and `*.tar.gz`.",
        hides=("wh-form",),
    ),
    _(
        "wh-ext",
        (
            r"Invalid file extension",
            r"Error: Use \.tar\.gz, \.whl or \.zip",
            r"\.(?:tar\.bz2|tar\.xz|tar\.Z|egg|rpm|exe|msi|deb)\b.{0,300}?400 Client Error: invalid distribution file",
        ),
        "PyPI does not accept files with this ending.",
        "Something else than sdists and wheels was in dist/.",
        "Empty dist/, build again with `python -m build`, and upload only `*.whl` and `*.tar.gz`.",
        hides=("wh-archive", "wh-form"),
    ),
    _(
        "wh-big",
        (
            r"File too large\. Limit for project '?(?P<p>[^' ]{1,100})'? is (?P<n>\d+)",
            r"413 (?:Client Error: )?(?:Request Entity|Payload|Content|Request) ?(?:Too Large|Entity Too Large)",
            r"File too large\b.{0,100}? limit|Upload failed \(413\)",
            r"400 (?:Client Error|Bad Request)[: ]+File too large",
        ),
        "The file is larger than the index accepts.",
        "PyPI's limit is 100 MB a file, unless the project was given more.",
        "Leave data, tests and build products out of the distribution, split it, or ask for a higher "
        f"limit: {_LIMITS} (the project must exist: upload a small release first).",
        link=_LIMITS,
        unless=r"//pypi\.org/legacy|www\.python\.org|pypi\.python\.org",
    ),
    _(
        "wh-full",
        r"Project size too large",
        "The project has used up its space on PyPI.",
        "All files of all releases may take 10 GB together, unless the project was given more.",
        f"Ask for more space ({_LIMITS}), or delete releases that nobody needs, such as old nightly "
        "builds.",
        link=_LIMITS,
    ),
    _(
        "wh-digest",
        (r"digest supplied does not match", r"does not match a digest calculated"),
        "The file changed on its way to PyPI.",
        "A proxy or a program changed the bytes between hashing and upload.",
        "Upload the same files again from a machine without a proxy in between.",
    ),
    _(
        "wh-exists",
        (
            r"(?<!when that )(?<!EEXIST: )\bFile already exists",
            r"A file named \"?[^\" ]{1,200}\"? already exists for",
            r"(?:Version|Release) \S{1,60} (?:already exists|has already been (?:published|uploaded)) (?:on|at|to|in) (?:Test)?PyPI",
            r"Repository does not allow updating assets",
            r"(?:file ?name|version) has already been taken",
            r"\.(?:whl|tar\.gz|zip) cannot be updated",
            r"Requested entity already exists|feed already contains file",
            r"Not enough permissions to (?:delete/)?overwrite (?:all )?artifact",
            r"file ?name or contents already exist",
            r"Upload failed \(409\)",
            r"409 (?:Client Error: )?Conflict.{0,120}?(?:/pypi|/simple|/legacy)",
        ),
        "This version is on {index} already.",
        "A file of this name was uploaded before: the version was not raised, the workflow ran twice, or "
        "a failed run was repeated with a new build. A file name can be used only once.",
        "See {releases_page} for what is there. If nothing new was meant, nothing is to do; otherwise "
        "raise the version, commit, tag and release that. (PyPI accepts the very same bytes again.)",
        link=_HELP + "#file-name-reuse",
        unless=r"Skipping \S+ because it appears",
    ),
    _(
        "wh-reused",
        (
            r"previously used by a file that has since been deleted",
            r"This filename was previously used by a file",
            r"This filename has already been used",
            r"filename has previously been used",
        ),
        "This file name was used before, and its file was deleted.",
        "PyPI never accepts a file name again, not even after its release or project was deleted, so "
        "nothing of it is on the index now.",
        "Raise the version and release that: deleting more does not free the name.",
        link=_HELP + "#file-name-reuse",
        hides=("wh-exists",),
    ),
    _(
        "wh-closed",
        r"Uploading new files to releases older than 14 days",
        "The release is closed for new files.",
        "PyPI accepts files for a release only within 14 days of its first file.",
        "Release a new version, or a post release such as `{version}.post1`.",
        link="https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
    ),
    _(
        "wh-two-sdists",
        r"only one sdist .{0,40}?per release",
        "The release has an sdist already.",
        "Two sdists of one version were built (for example `.tar.gz` and `.zip`, or under two "
        "spellings of the name).",
        "Empty dist/, build one sdist, and release a new version if another one is up already.",
    ),
    _(
        "wh-wheel-member",
        r"(?:Invalid distribution file\.? )?(?P<m>WHEEL|METADATA|RECORD|PKG-INFO) not found at (?P<f>[^ <]{1,200})",
        "The file's name promises a folder that is not in it.",
        "PyPI opened the file and looked for `{f}`, after the file's name. The name or version of the "
        "file and of its folder (`.dist-info` in a wheel) differ: in case, `-` for `_`, or because the "
        "file was renamed or repacked.",
        "`nox-release check-project dist/*` shows both names. " + _AGAIN,
        hides=("wh-archive",),
    ),
    _(
        "wh-archive",
        (r"Invalid distribution file\.? ?(?P<why>[^.<]{0,120})",),
        "PyPI does not accept the contents of the file.",
        "PyPI says: {why}. The archive is damaged, cut off, or was made in an unusual way.",
        _AGAIN,
        tier="symptom",
    ),
    _(
        "wh-zip",
        r"ZIP archive not accepted:? ?(?P<why>[^.<]{0,120})",
        "PyPI refuses the way the wheel is packed.",
        "PyPI says: {why}. A file is in the wheel twice (in hatchling: `force-include` beside "
        "`packages`), or the wheel was repacked by another program.",
        "`python -m zipfile -l FILE.whl` lists what is in it: name each file once in the configuration "
        "of {backend_package}, build again, and do not repack.",
        link="https://docs.pypi.org/archives/",
        hides=("wh-archive",),
    ),
    _(
        "wh-sparse",
        r"Sparse members are not allowed",
        "The sdist contains sparse files.",
        "It was packed by `tar -S`.",
        "Let the build backend make the sdist: `python -m build --sdist`.",
        hides=("wh-archive",),
    ),
    _(
        "wh-yara",
        r"encrypted content is not allowed",
        "PyPI does not accept encrypted code.",
        "The distribution contains code that a tool such as PyArmor made unreadable.",
        "Publish the readable code, or keep the package off PyPI.",
        hides=("wh-archive",),
    ),
    _(
        "wh-sdist-name",
        r"Filename '(?P<f>[^']{1,200})' is invalid, should be '(?P<e>[^']{1,200})'",
        "The sdist's file name is not the normalised one.",
        "It is `{f}` and has to be `{e}`: an old build backend, or a `.zip` sdist.",
        "Build again with a current {backend_package} (setuptools: 69.3 or later); renaming the file "
        "is not enough.",
    ),
    _(
        "wh-start",
        (
            r"Start filename for '?(?P<p>[^' ]{1,100})'? with '?(?P<s>[^' ]{1,100})",
            r"distribution files that belong to different python packages",
        ),
        "The file's name does not fit the project's.",
        "A file of another project is in dist/, or the build backend did not normalise the name: a "
        "file of `{p}` has to start with `{s}`.",
        "Empty dist/ before the build, and use a current {backend_package} (setuptools: 69.3 or later).",
    ),
    _(
        "wh-wheel-norm",
        (
            r"should contain the normalized project name",
            r"Version in filename should be",
            r"Invalid wheel filename|InvalidWheelFilename",
            r"Invalid build (?:tag|number)\b",
        ),
        "The wheel's file name is not in its normal form.",
        "It was renamed or made by hand, or an old build backend wrote the name or version in another "
        "spelling.",
        _AGAIN,
        hides=("wh-archive",),
    ),
    _(
        "wh-platform",
        (
            r"unsupported platform tag '?(?P<t>[^' .]+)",
            r"Binary wheel for an unsupported platform",
        ),
        "PyPI does not accept wheels for `{t}`.",
        "A wheel with compiled code, built on an ordinary machine, runs only there.",
        "Build with cibuildwheel or maturin-action, or repair the wheel with `auditwheel repair` "
        "(Linux). If the project is pure Python, find out why its wheel has a platform tag. Or "
        "publish only the sdist.",
        link="https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
    ),
    _(
        "wh-license-missing",
        r"License-File (?P<f>\S{1,200}) does not exist",
        "The metadata names a licence file that the archive lacks.",
        "`{f}` is listed but was not packed: an old and a new tool were mixed, or a pattern leaves it "
        "out.",
        "See that `license-files` in pyproject.toml matches it and that it is committed; for the sdist, "
        "{pack}. Build with a current {backend_package}.",
        hides=("wh-archive",),
    ),
    _(
        "wh-record",
        r"does not contain the required (?P<m>RECORD|METADATA) file",
        "The wheel has no {m} in its `.dist-info` folder.",
        "It was repacked by hand, or the folder has another name than the file.",
        _AGAIN,
        hides=("wh-archive",),
    ),
    _(
        "wh-entry",
        r"has invalid entry points",
        "The wheel's entry points cannot be read.",
        "A script's name contains a slash, a colon or a blank, or its target is not `module:function`.",
        "In `[project.scripts]` and `[project.entry-points]` use letters, digits, `_`, `.` and `-` for "
        "names, and `package.module:function` for targets.",
        hides=("wh-archive",),
    ),
    _(
        "wh-badchars",
        (r"Cannot upload a file with .{0,140}? in the name", r"with '/' or '.{1,2}' in the name"),
        "The file's name contains characters that PyPI refuses.",
        "A file in dist/ was renamed, or the program that uploads sends a path.",
        _AGAIN,
    ),
    _(
        "wh-att",
        (
            r"Invalid attestations supplied during upload:? ?(?P<why>[^.]{0,160})",
            r"Could not verify the uploaded artifact using the included attestation",
            r"does not match expected Trusted Publisher",
        ),
        "PyPI refuses the attestations.",
        "They do not belong to this publisher or to these bytes: the publishing job is in a reusable "
        "workflow, the files changed after signing, or the upload used a token.",
        "Move the publishing job into the top-level workflow, change no file between signing and "
        "upload, and publish without a password. `attestations: false` uploads without them.",
        link="https://docs.pypi.org/attestations/",
    ),
    _(
        "wh-quarantined",
        r"project (?:is|has been) (?:quarantined|placed in quarantine)",
        "The project is in quarantine on PyPI.",
        "PyPI's administrators suspect it of being malicious and have locked it.",
        "Write to security@pypi.org, or open an issue at https://github.com/pypi/support.",
    ),
)
