"""Refusals by PyPI itself, in the words of Warehouse's upload API, of today and of former years.

https://docs.pypi.org/api/upload/ and Warehouse's forklift; the client prints them in its own frame.
"""

from __future__ import annotations

from nox_release.diagnosis.catalogue.tables import table

METADATA = "https://packaging.python.org/en/latest/specifications/core-metadata/"
PYPROJECT = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"
_HELP = "https://pypi.org/help/"
_TROUBLES = "https://docs.pypi.org/trusted-publishers/troubleshooting/"

_ = table(tool="PyPI", link=METADATA)

ENTRIES = (
    _(
        "wh-slash",
        (
            r"expected upload URL is /legacy/",
            r"Not Found for url: https://(?:upload|test)\.pypi\.org/legacy(?![/\w])",
            r"404 Not Found from https://(?:upload|test)\.pypi\.org/legacy(?![/\w])",
        ),
        "The upload address lacks its last slash.",
        "PyPI takes uploads at an address that ends with `/legacy/`.",
        "Use `{upload_url}`.",
        link="https://docs.pypi.org/api/upload/",
    ),
    _(
        "wh-moved",
        (r"This API has moved to https", r"410 Gone .{0,80}?moved to https"),
        "The upload went to an address PyPI has left.",
        "The client or its configuration still names the old upload address.",
        "Use `{upload_url}`, and a current twine or action.",
        link="https://docs.pypi.org/api/upload/",
    ),
    _(
        "wh-submit",
        r"pre-registration is no longer required",
        "The `register` command is gone.",
        "A project is made by its first upload; PyPI refuses the separate registration.",
        "Leave `register` (and `setup.py register`) out, and upload.",
        link=_HELP,
    ),
    _(
        "wh-password",
        r"Username/Password authentication is no longer supported",
        "PyPI takes no passwords.",
        "The user name was not `__token__`: passwords have been refused since January 2024.",
        "Publish with trusted publishing ({pending_page} or the project's publishing page); or use "
        "the user name `__token__` with an API token from {token_page}.",
        link=_HELP + "#apitoken",
        hides=("tw-frame",),
    ),
    _(
        "wh-auth",
        (
            r"Invalid or non-existent authentication information",
            r"The credential associated with user '[^']{1,80}' isn't allowed to upload",
            r"Username and/or password are (?:possibly )?wrong",
            r"(?:Incorrect|Invalid) credentials \(status code",
            r"403 (?:Client Error: )?Invalid or non-existent authentication",
        ),
        "{index} does not accept these credentials.",
        "The API token is wrong, cut off, deleted or of the other index (PyPI and TestPyPI are "
        "separate), a line break got into the secret, or it was sent without the user name `__token__`.",
        "Make a new token at {token_page} and store it again, whole, from `pypi-` on; better, publish "
        "with trusted publishing and store no token.",
        link=_HELP + "#invalid-auth",
    ),
    _(
        "wh-readonly",
        r"Read-only mode: Uploads are temporarily disabled",
        "PyPI is read-only.",
        "PyPI is under maintenance.",
        "Wait, and look at https://status.python.org/; then run it again.",
        link="https://status.python.org/",
    ),
    _(
        "wh-disabled",
        r"New uploads are temporarily disabled",
        "PyPI takes no uploads at the moment.",
        "PyPI's administrators have switched uploads off.",
        "Wait, and look at https://status.python.org/; then run it again.",
        link="https://status.python.org/",
    ),
    _(
        "wh-tuple",
        r": Should not be a tuple",
        "The uploading program sent a text as a file.",
        "A home-made client built the form wrongly.",
        "Upload with twine or uv.",
        link="https://docs.pypi.org/api/upload/",
    ),
    _(
        "wh-form",
        (
            r"is an invalid value for (?P<f>[\w-]+)\. Error: (?P<w>[^.]{0,160})",
            r"Invalid value for (?P<f>\w+)\. Error: (?P<w>[^.]{0,160})",
            r"Error: Start and end with a letter or numeral containing only ASCII",
        ),
        "PyPI refuses the value of the field `{f}`.",
        "{w}. A project's name has ASCII letters, digits, `.`, `_` and `-`, with a letter or digit "
        "first and last.",
        "Correct the field in pyproject.toml (the name: `project.name`).",
        tier="symptom",
    ),
    _(
        "wh-filetype",
        r"(?:Error|filetype).{0,20}? Use a known file type",
        "The upload holds a file of a kind PyPI no longer takes.",
        "Eggs, rpm and wininst files are refused; only sdists and wheels are taken.",
        "Empty dist/ and build again with `python -m build`; upload only `*.whl` and `*.tar.gz`.",
    ),
    _(
        "wh-metaver",
        (
            r"'(?P<v>\d[\d.]*)' is not a valid metadata version",
            r"Invalid value for metadata_version\. Error: ",
            r"is an invalid value for Metadata-Version",
            r"(?:Unknown|unsupported|unknown) metadata version[: ]+'?(?P<v>\d[\d.]*)",
            r"Invalid distribution metadata: .{0,80}?metadata-version",
        ),
        "The files have a metadata version that PyPI or the uploader does not know.",
        "The build back end writes a newer metadata version than the program that checks it "
        "understands; if the line starts with `InvalidDistribution`, that program is an old twine.",
        "Upgrade twine (or the pin of pypa/gh-action-pypi-publish); or pin the build back end in "
        "`build-system.requires` to a release before the new metadata version.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-name-invalid",
        r"is invalid for 'name'",
        "The project's name is not valid.",
        "A name has ASCII letters, digits, `.`, `_` and `-`, with a letter or digit first and last.",
        "Correct `project.name` in pyproject.toml.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-version-invalid",
        (
            r"'(?P<v>[^']{0,100})' is invalid for 'version'",
            r"Invalid value for version\. Error: ",
        ),
        "The version is not one that PyPI takes.",
        "`{v}` does not follow PEP 440.",
        "Use a version such as `1.2.0`, `1.2.0rc1` or `1.2.0.post1`.",
        link="https://packaging.python.org/en/latest/specifications/version-specifiers/",
        hides=("tw-invalid",),
    ),
    _(
        "wh-local",
        (
            r"The use of local versions in '?<?(?:Version\(')?(?P<v>[^' ]{1,80})'?.{0,4}? is not allowed",
            r"The use of local versions .{0,80}?is not allowed",
            r"PEP 440 local versions",
            r"Local version .{0,60}? not allowed",
        ),
        "The version has a local part (`+…`), which PyPI refuses.",
        "A version such as `1.2.dev3+gabc1234` is made by a version-control plugin when the commit "
        "is not the tagged one, the checkout has no tags or history, or a file was changed before the build.",
        "Build at the tag: check out with `fetch-depth: 0`, change no file before the build, and see "
        "that `git describe --tags` prints `{tag}`. For builds between tags set "
        '`local_scheme = "no-local-version"`.',
        link="https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers",
        hides=("wh-version-invalid", "wh-form"),
    ),
    _(
        "wh-summary-line",
        (
            r"'?summary'? must be a single line",
            r"is an invalid value for Summary\. Error: Use a single line",
            r"Invalid value for summary\. Error: (?:Use a single line|Multiple lines)",
            r"newlines? (?:are )?not allowed in the summary",
        ),
        "The summary has more than one line.",
        "`description` in pyproject.toml (or setup.py) holds a line break.",
        "Make `project.description` one line; the long text belongs in `readme`.",
        hides=("tw-invalid", "wh-form"),
    ),
    _(
        "wh-summary-len",
        (
            r"'?summary'? field must be 512 characters or less",
            r"Invalid value for summary\. Error: Field cannot be longer than 512 characters",
            r"invalid value for Summary\. Error: Field cannot be longer than 512",
        ),
        "The summary is longer than 512 characters.",
        "`description` is the one-line summary, not the long description.",
        "Shorten `project.description`; the long text belongs in `readme`.",
    ),
    _(
        "wh-ctype",
        (
            r"'?description[-_]content[-_]type'? must be one of",
            r"Invalid value for description_content_type\. Error: ",
            r"is an invalid value for Description-Content-Type",
            r"'description-content-type' can only specify the UTF-8 charset",
            r"valid Markdown variants for 'description-content-type'",
            r"Unknown description content type",
        ),
        "The readme's content type is not one PyPI knows.",
        "PyPI takes text/markdown, text/x-rst and text/plain.",
        'Write `readme = "README.md"` in pyproject.toml, or a table with one of those content types.',
        hides=("tw-invalid",),
    ),
    _(
        "wh-reqdist",
        (
            r"is invalid for 'requires-dist'",
            r"Invalid value for requires_dist\. Error: (?!Can't have direct)",
            r"invalid value for Requires-Dist\. Error: (?!Can't have direct)",
        ),
        "A dependency is not written as PyPI understands it.",
        "The quoted string is not a valid requirement.",
        "Correct it in `project.dependencies` or `project.optional-dependencies`; see that no "
        "comparison lacks its version and no comma is doubled.",
        link="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
        hides=("tw-invalid",),
    ),
    _(
        "wh-reqpy",
        (
            r"is invalid for 'requires-python'",
            r"Invalid value for requires_python\. Error: ",
            r"is an invalid value for Requires-Python",
        ),
        "`requires-python` is not a valid range of versions.",
        "It has to be a version specifier.",
        'Write, for example, `requires-python = ">=3.10"`.',
        hides=("tw-invalid",),
    ),
    _(
        "wh-extra",
        (r"is invalid for 'provides-extra'", r"is an invalid value for Provides-Extra"),
        "The name of an extra is not valid.",
        "Extras are named with letters, digits, `-`, `_` and `.`.",
        "Rename the extra in `project.optional-dependencies`.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-license-expr",
        (
            r"is invalid for 'license-expression'",
            r"is an invalid value for License-Expression",
            r"Invalid license expression: '?(?P<v>[^']{1,80})",
        ),
        "The licence is not an SPDX expression.",
        "`license` as a string has to be made of SPDX identifiers.",
        'Write, for example, `license = "MIT"` or `license = "Apache-2.0"`; the list is at '
        "https://spdx.org/licenses/.",
        link="https://spdx.org/licenses/",
        hides=("tw-invalid",),
    ),
    _(
        "wh-license-path",
        r"is invalid for 'license-file'",
        "The path of a licence file is not valid.",
        "A path outside the project, a pattern or an absolute path reached the metadata.",
        'Give `license-files` patterns below the project, such as `["LICENSE*"]`, and a current back end.',
        hides=("tw-invalid",),
    ),
    _(
        "wh-too-new",
        (
            r"(?<![\w'-])(?P<f>[\w'-]{1,60}) introduced in metadata version '?(?P<a>\d[\d.]*)'?,? not '?(?P<b>\d[\d.]*)",
        ),
        "The field `{f}` needs a newer metadata version than the file declares.",
        "A back end wrote a field of metadata {a} into a file that says it is {b}.",
        "Use a newer build back end, and drop pins of old `setuptools` or `wheel`.",
        hides=("tw-invalid", "tw-unrecognised"),
    ),
    _(
        "wh-unparsed",
        r"'(?P<f>[\w-]+)' has invalid data",
        "The field `{f}` is there twice, or not readable.",
        "A field that may stand once stands twice, or two project URLs have one label.",
        "Give the field one value in pyproject.toml (and drop the older copy in setup.cfg or setup.py).",
        hides=("tw-invalid",),
    ),
    _(
        "wh-email",
        (
            r"is not a valid email address",
            r"(?:Author|Maintainer)[-_]email\. Error: Use a valid email address",
            r"Invalid value for (?:author|maintainer)_email\. Error: Use a valid email",
            r"invalid value for (?:Author|Maintainer)-email",
        ),
        "An e-mail address of the authors or maintainers is not valid.",
        "PyPI checks the first address of `authors` and of `maintainers`.",
        "Correct `email =` in `project.authors` / `project.maintainers`, or leave it out.",
    ),
    _(
        "wh-classifier",
        (
            r"'(?P<c>[^']{1,200})' is not a valid classifier",
            r"Invalid value for classifiers\. Error: (?:Classifier )?'(?P<c>[^']{1,200})' is not a valid",
            r"is an invalid value for Classifier\. Error",
            r"Invalid value for classifiers\. Error: '(?P<c>[^']{1,200})' is not a valid choice",
        ),
        "`{c}` is not a classifier of PyPI.",
        "It is misspelt, not in PyPI's list, or `Private :: …`, which PyPI refuses on purpose.",
        "Take it from https://pypi.org/classifiers/, or remove it from `project.classifiers`.",
        link="https://pypi.org/classifiers/",
        hides=("wh-form",),
    ),
    _(
        "wh-classifier-old",
        (
            r"classifier '(?P<c>[^']{1,200})' has been deprecated",
            r"Classifier '(?P<c>[^']{1,200})' has been deprecated",
        ),
        "The classifier `{c}` is no longer taken.",
        "PyPI has replaced it.",
        "Use the one the message names, from https://pypi.org/classifiers/.",
        link="https://pypi.org/classifiers/",
    ),
    _(
        "wh-url",
        (
            r"is not a valid url\b",
            r"Invalid value for (?:project_urls|home_page|download_url)\. Error: ",
            r"invalid value for (?:Home-Page|Download-URL|Project-URL)\. Error",
            r"Error: Use a valid URL\b",
        ),
        "One of the project's addresses is not a URL.",
        "Addresses have to start with `http://` or `https://`.",
        "Correct the values in `[project.urls]` (or `url`, `download_url`, `project_urls` of setup.py).",
    ),
    _(
        "wh-url-label",
        r"must be 32 characters or less",
        "The label of a project URL is too long.",
        "Labels in `[project.urls]` have at most 32 characters.",
        "Shorten the key in `[project.urls]`.",
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
        "Depend on a released version of it; or publish the fork under a name of its own; or move it "
        "to `[dependency-groups]`, which is not part of the metadata.",
        link="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
    ),
    _(
        "wh-license-both",
        r"License is deprecated when License-Expression is present",
        "The metadata has both `License` and `License-Expression`.",
        "The back end wrote the old and the new licence field.",
        'Keep only the SPDX string, `license = "MIT"`, and use a current back end.',
    ),
    _(
        "wh-nofile",
        r"Upload payload does not have a file",
        "The upload came without a file.",
        "The client built the form wrongly.",
        "Upload with twine or uv.",
        link="https://docs.pypi.org/api/upload/",
    ),
    _(
        "wh-oidc-name",
        r"Non-user identities cannot create new projects",
        "The publisher's project name and the name in the metadata differ.",
        "Trusted publishing can create projects: a pending publisher has just created the name that "
        "was typed into PyPI's form, empty, and the files bear another name, for which there is no "
        "project (theirs is `{project}`). It does not mean that a first upload needs a token.",
        "Compare the name of the publisher on PyPI with `[project] name` letter for letter. Either make "
        "`name` in pyproject.toml the publisher's name, or delete the empty project in its settings "
        "and register a pending publisher with the name `{project}` at {pending_page}; then run it again.",
        link=_TROUBLES,
    ),
    _(
        "wh-unverified",
        (
            r"does not have a verified primary email address",
            r"not have a verified (?:primary )?email",
            r"Please add a verified primary email",
        ),
        "The account has no verified e-mail address.",
        "PyPI takes uploads only from accounts with a verified primary address.",
        "Verify it at {pypi}/manage/account/, then upload again.",
        link=_HELP + "#verified-email",
    ),
    _(
        "wh-2fa",
        (
            r"does not have two-factor authentication enabled",
            r"Two[- ]factor authentication (?:is|must be|needs to be) (?:required|enabled)",
            r"(?:must|need to) enable two[- ]factor authentication",
            r"requires two[- ]factor authentication to be enabled",
        ),
        "The account has no two-factor authentication.",
        "PyPI requires it of every account that uploads.",
        "Switch it on at {pypi}/manage/account/two-factor/, then upload again.",
        link=_HELP + "#two-factor-authentication",
    ),
    _(
        "wh-too-many-new",
        r"Too many new projects created",
        "Too many new projects in one hour.",
        "PyPI allows 20 new projects an hour to an account.",
        "Wait an hour, then upload again.",
    ),
    _(
        "wh-reg-disabled",
        (
            r"New project registration temporarily disabled",
            r"new (?:user|project) registration temporarily disabled",
        ),
        "PyPI takes no new projects at the moment.",
        "PyPI's administrators have switched new projects off.",
        "Wait, and look at https://status.python.org/.",
        link="https://status.python.org/",
        unless=r"invalid-payload",
    ),
    _(
        "wh-name-bad",
        r"The name '(?P<n>[^']{1,100})' is invalid",
        "The name `{n}` is not valid.",
        "A name has ASCII letters, digits, `.`, `_` and `-`, with a letter or digit first and last.",
        "Rename the project in pyproject.toml.",
        unless=r"invalid-payload",
    ),
    _(
        "wh-name-stdlib",
        (
            r"isn't allowed \(conflict with (?:the )?Python Standard Library",
            r"isn't allowed \(conflict with the Python standard library module name",
        ),
        "The name belongs to a module of Python's standard library.",
        "PyPI takes no project that is called like a standard module.",
        "Choose another `project.name`; the import package may keep its name.",
        link=_HELP + "#project-name",
        unless=r"invalid-payload",
        hides=("wh-name-banned",),
    ),
    _(
        "wh-name-banned",
        (
            r"The name '(?P<n>[^']{1,100})' isn't allowed\.? See",
            r"The name '(?P<n>[^']{1,100})' isn't allowed(?! \(conflict)",
            r"The name u'(?P<n>[^']{1,100})' isn't allowed",
        ),
        "PyPI does not allow the name `{n}`.",
        "The name is on the list of names that PyPI's administrators have blocked.",
        "Choose another name; if the block seems wrong, ask at https://github.com/pypi/support.",
        link=_HELP + "#project-name",
        unless=r"invalid-payload|conflict with",
    ),
    _(
        "wh-name-similar",
        (r"is too similar to an existing project", r"too similar to an existing project"),
        "The name is too close to that of an existing project.",
        "PyPI drops `.`, `-` and `_` and reads l, i and 1, and o and 0, as the same; compared so, the "
        "name is taken.",
        "Add a word that tells it apart (a separator or a digit that looks like a letter does not help).",
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
        "Ask an owner (shown on {pypi}/project/{p}/) to add the account, unarchive it, or choose "
        "another `project.name`.",
        link=_HELP + "#project-name",
        unless=r"The given token isn't|The credential associated",
    ),
    _(
        "wh-token-not-yours",
        r"The given token isn't allowed to upload to project '?(?P<p>[^' ]{1,100})",
        "This token may not upload to `{p}`.",
        "The trusted publisher (or the token) is not attached to that project, or the project is "
        "archived or quarantined.",
        "Add the publisher on the project's own page, {pypi}/manage/project/{p}/settings/publishing/, "
        "or unarchive the project.",
        link=_TROUBLES,
        hides=("wh-not-yours",),
    ),
    _(
        "wh-token-scope",
        (
            r"project-scoped token is not valid for project:? ?'?(?P<p>[^' ]{1,100})",
            r"The given (?:API )?token (?:isn't|is not) (?:valid|allowed) for project",
            r"Invalid API Token: (?:invalid|unauthorized) (?:project|scope)",
        ),
        "The API token belongs to another project.",
        "A token made for one project uploads to that one only, and no such token can create a project.",
        "For a first upload use a token for the whole account from {token_page}, and replace it "
        "afterwards; or use trusted publishing.",
        link=_HELP + "#apitoken",
    ),
    _(
        "wh-oidc-scope",
        r"OIDC scoped token is not valid for project:? ?'?(?P<p>[^' ]{1,100})",
        "The trusted publisher belongs to another project than `{p}`.",
        "The publisher that matched this workflow is attached to another project than the one the "
        "files name.",
        "Add the publisher at {pypi}/manage/project/{p}/settings/publishing/, or correct `[project] name`; "
        "a left-over pending publisher of this workflow may have created another project: delete that.",
        link=_TROUBLES,
        hides=("wh-token-scope",),
    ),
    _(
        "wh-token-expired",
        (
            r"Invalid API Token: (?:token is )?expired",
            r"API Token: token is expired",
            r"Invalid API Token: Expired token",
            r"token (?:is|has) expired .{0,60}?pypi",
        ),
        "The upload token had expired.",
        "A token from trusted publishing lives 15 minutes, and the upload took longer, or a token of "
        "an earlier job was kept.",
        "Upload fewer or smaller files in a job, get the token right before the upload, and use "
        "twine 6.2 or later, which renews it.",
        link=_TROUBLES,
    ),
    _(
        "wh-token-other",
        r"Invalid API Token: (?!token is expired|expired|project-scoped|OIDC)",
        "The API token is damaged.",
        "PyPI recognises the token but cannot verify it.",
        "Make a new one at {token_page}, or use trusted publishing.",
        link=_HELP + "#apitoken",
        unless=r"is not valid for project|token is expired",
    ),
    _(
        "wh-org",
        r"Organization account owning this project is inactive",
        "The organisation that owns the project is inactive on PyPI.",
        "Its billing or its approval lapsed.",
        "Write to support+orgs@pypi.org.",
    ),
    _(
        "wh-render",
        (
            r"The description failed to render",
            r"description failed to render (?:for|in the default format)",
        ),
        "PyPI cannot show the readme.",
        "The description is not valid reStructuredText, or it is Markdown that is not declared as such.",
        'Declare it: `readme = "README.md"`; then `python -m build && twine check --strict dist/*` '
        "names the line.",
        link=_HELP + "#description-content-type",
    ),
    _(
        "wh-ext",
        (r"Invalid file extension", r"Error: Use \.tar\.gz, \.whl or \.zip"),
        "PyPI does not take files with this ending.",
        "Something else than sdists and wheels was in dist/.",
        "Empty dist/, build again, and upload only `*.whl` and `*.tar.gz`.",
    ),
    _(
        "wh-badchars",
        (
            r"file with non-printable characters",
            r"Cannot upload a file with .{0,100}? in the name",
            r"non-printable characters .{0,80}?in the name",
            r"with '/' or '.{1,2}' in the name",
        ),
        "The file's name has characters PyPI refuses.",
        "A file in dist/ was renamed.",
        "Empty dist/ and build again.",
    ),
    _(
        "wh-big",
        (
            r"File too large\. Limit for project '?(?P<p>[^' ]{1,100})'? is (?P<n>\d+)",
            r"413 (?:Request Entity|Payload|Content|Request) ?(?:Too Large|Entity Too Large)",
            r"(?:Request Entity|Payload|Content) Too Large .{0,80}?pypi",
            r"File too large\b.{0,100}? limit",
        ),
        "The file is larger than PyPI takes.",
        "The limit is 100 MB a file unless the project was given more.",
        "Leave data, tests and build products out of the distribution, split it, or ask for a higher "
        "limit: https://docs.pypi.org/project-management/storage-limits/ (the project must exist: "
        "upload a small release first).",
        link="https://docs.pypi.org/project-management/storage-limits/",
    ),
    _(
        "wh-full",
        (r"Project size too large", r"total project size limit"),
        "The project has used up its space on PyPI.",
        "All files of all releases may take 10 GB together.",
        "Ask for more, or delete releases nobody needs any more: "
        "https://docs.pypi.org/project-management/storage-limits/.",
        link="https://docs.pypi.org/project-management/storage-limits/",
    ),
    _(
        "wh-digest",
        (r"digest supplied does not match", r"does not match a digest calculated"),
        "The file changed on its way to PyPI.",
        "A proxy or a program changed it between hashing and upload.",
        "Build again and upload without anything in between.",
    ),
    _(
        "wh-exists",
        (
            r"File already exists",
            r"A file named \"?[^\" ]{1,200}\"? already exists for",
            r"(?:400|409)[^.]{0,60}? already exists .{0,60}?file-name-reuse",
            r"This filename has already been used",
            r"filename (?:cannot|can't) be reused",
            r"(?:Version|Release) \S{1,60} (?:already exists|has already been (?:published|uploaded)) (?:on|at|to|in) (?:Test)?PyPI",
        ),
        "This version is on {index} already.",
        "A file of this name was uploaded before, with other content: the version was not raised, the "
        "workflow ran twice, or a failed run was repeated with a fresh build. A file name can be used "
        "only once.",
        "Raise the version, commit, tag and release that. See {releases_page} for what is there; the "
        "very same bytes again would have been accepted.",
        link=_HELP + "#file-name-reuse",
        unless=r"Skipping \S+ because it appears",
    ),
    _(
        "wh-reused",
        (
            r"previously used by a file that has since been deleted",
            r"This filename was previously used by a file",
            r"filename has previously been used",
        ),
        "This file name was used and deleted before.",
        "PyPI never takes a file name again, not even after its release was deleted.",
        "Release under a new version.",
        link=_HELP + "#file-name-reuse",
        hides=("wh-exists",),
    ),
    _(
        "wh-closed",
        r"Uploading new files to releases older than 14 days",
        "The release is closed for new files.",
        "PyPI takes files for a release only within 14 days of its first.",
        "Release a new version, or a post release such as `{version}.post1`.",
    ),
    _(
        "wh-two-sdists",
        (r"Only one sdist may be uploaded per release", r"only one sdist .{0,40}?per release"),
        "The release has an sdist already.",
        "Two sdists of one version were built (for example `.tar.gz` and `.zip`, or under two spellings "
        "of the name).",
        "Empty dist/, build one sdist, and release a new version if one is up already.",
    ),
    _(
        "wh-archive",
        (r"Invalid distribution file\.? ?(?P<why>[^.]{0,120})",),
        "PyPI cannot open the file.",
        "The archive is damaged, cut off or made in an unusual way.",
        "Build again with a current back end, and upload what it made, unchanged.",
        tier="symptom",
    ),
    _(
        "wh-zip",
        r"ZIP archive not accepted:? ?(?P<why>[^.]{0,120})",
        "PyPI refuses the way the wheel is packed.",
        "The wheel was repacked or written by an unusual program ({why}).",
        "Build it again with a current back end and do not repack it.",
        hides=("wh-archive",),
    ),
    _(
        "wh-sparse",
        r"Sparse members are not allowed",
        "The sdist holds sparse files.",
        "It was packed by `tar -S`.",
        "Let the back end make the sdist: `python -m build --sdist`.",
        hides=("wh-archive",),
    ),
    _(
        "wh-yara",
        (
            r"(?:PyArmor|SourceDefender)-encrypted content is not allowed",
            r"encrypted content is not allowed",
        ),
        "PyPI does not take encrypted code.",
        "The distribution holds code made unreadable by a tool.",
        "Publish the plain code, or not on PyPI.",
    ),
    _(
        "wh-sdist-name",
        (r"Filename '(?P<f>[^']{1,200})' is invalid, should be '(?P<e>[^']{1,200})'",),
        "The sdist's file name is not the normalised one.",
        "It is `{f}`, and has to be `{e}`: an old back end or a `.zip` sdist.",
        "Use setuptools 69.3 or later (or hatchling, flit, uv) and build again.",
    ),
    _(
        "wh-start",
        (
            r"Start filename for '(?P<p>[^']{1,100})' with '(?P<s>[^']{1,100})'",
            r"Start filename for '?(?P<p>[^' ]{1,100})'? with",
        ),
        "The file's name does not fit the project's.",
        "A file of another project is in dist/, or the back end did not normalise the name: a file of "
        "`{p}` has to start with `{s}`.",
        "Empty dist/ before the build, and use a current back end (setuptools 69.3 or later).",
    ),
    _(
        "wh-wheel-norm",
        r"should contain the normalized project name",
        "The wheel's file name has the project name in another spelling.",
        "An old wheel or back end wrote the name un-normalised.",
        "Upgrade the back end (and `wheel`), then build again.",
    ),
    _(
        "wh-wheel-ver",
        r"Version in filename should be",
        "The wheel's file name has another version spelling.",
        "The file was renamed, or the version is not in normal form.",
        "Build again, and rename nothing.",
    ),
    _(
        "wh-wheel-parse",
        (r"Invalid wheel filename", r"Invalid build tag|InvalidWheelFilename"),
        "The wheel's file name cannot be read.",
        "It was renamed, or made by hand.",
        "Build again, and rename nothing.",
    ),
    _(
        "wh-platform",
        (r"unsupported platform tag '?(?P<t>[^' .]+)",),
        "PyPI does not take wheels for `{t}`.",
        "A wheel with compiled code, built on an ordinary machine, runs only there.",
        "Build with cibuildwheel, or repair the wheel with `auditwheel repair` (Linux); for pure "
        "Python see why the wheel was made platform-specific; or publish only the sdist.",
        link="https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
    ),
    _(
        "wh-license-missing",
        (
            r"License-File (?P<l>\S{1,200}) does not exist in distribution file",
            r"License-File .{1,200}? does not exist",
        ),
        "The metadata names a licence file that the archive lacks.",
        "`{l}` is listed but was not packed: old and new tools were mixed, or a file pattern leaves it out.",
        "See `license-files` in pyproject.toml and MANIFEST.in, and build with a current back end.",
        hides=("wh-archive",),
    ),
    _(
        "wh-record",
        r"does not contain the required RECORD file",
        "The wheel has no RECORD.",
        "It was repacked by hand.",
        "Build it again with the back end.",
        hides=("wh-archive",),
    ),
    _(
        "wh-entry",
        r"has invalid entry points",
        "The wheel's entry points cannot be read.",
        "A script's name has a slash or a space, or its target is not `module:function`.",
        "In `[project.scripts]` use letters, digits, `_`, `.` and `-` for names.",
        hides=("wh-archive",),
    ),
    _(
        "wh-metadata",
        r"does not contain the required METADATA file",
        "The wheel has no METADATA.",
        "It is broken, or its `.dist-info` folder has another name than the file.",
        "Build it again with the back end, and rename nothing.",
        hides=("wh-archive",),
    ),
    _(
        "wh-long",
        r"Filename is too long",
        "The file's name is too long.",
        "Name, version and tags together exceed PyPI's limit.",
        "Shorten the version or the build tag.",
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
        "Write the publishing job out in the top-level workflow, touch no file between signing and "
        "upload, and publish without a password; as a last resort `attestations: false`.",
        link="https://docs.pypi.org/attestations/",
    ),
    _(
        "wh-5xx",
        (
            r"\b50[0234] .{0,60}?(?:for url|from)[: ]+https?://(?:upload|test)\.pypi\.org",
            r"\b50[0234]\b.{0,100}?\bupload\.pypi\.org",
            r"(?:upload|test)\.pypi\.org.{0,100}?\b50[0234] (?:Internal|Bad|Service|Gateway|Server|Backend)",
            r"Received \"?50[0234]: (?:Internal|Bad|Service|Gateway|Server|Backend)",
            r"HTTPError: 50[0234] Server Error",
            r"\b50[0234] (?:Internal|Bad|Service|Gateway|Server|Backend|error)\b.{0,160}?(?:pypi\.org|\bupload)",
            r"\bpypi\.org.{0,80}?(?:returned|status|code|error|HTTP)\D{0,20}50[0234]\b",
            r"Upload failed \(50[0234]\)",
            r"503 (?:first byte timeout|backend read error|Backend fetch failed|Service Unavailable).{0,80}?pypi",
        ),
        "PyPI did not answer properly.",
        "An outage or a passing fault: the server said 5xx. The upload may have succeeded all the same.",
        "Look at {project_page} and https://status.python.org/, then upload the same files again "
        "(re-run the failed job: the same bytes are accepted).",
        link="https://status.python.org/",
        tier="symptom",
        confidence="likely",
    ),
    _(
        "wh-429",
        (
            r"429 (?:Client Error: )?Too Many Requests.{0,100}?pypi",
            r"pypi\.org.{0,100}?429 Too Many Requests",
        ),
        "PyPI is asked too often.",
        "Too many requests from this address in a short time.",
        "Wait a few minutes, then run the job again.",
        tier="symptom",
        confidence="likely",
    ),
    _(
        "wh-name-missing",
        (
            r"'name' is a required field",
            r"Invalid value for name\. Error: This field is required",
            r"'version' is a required field",
            r"Name: This field is required",
        ),
        "The metadata lacks the name or the version.",
        "The back end found no `[project]` table, or an old uploader could not read the new metadata.",
        "See that pyproject.toml has `[project]` with `name` and `version`, that the back end in "
        "`[build-system]` is recent enough to read it (setuptools 61 or later), and upgrade twine.",
    ),
    _(
        "wh-doc-upload",
        r"Uploading documentation is no longer supported",
        "PyPI no longer hosts documentation.",
        "`upload_docs` was switched off.",
        "Use https://readthedocs.org/ and drop the command.",
    ),
    _(
        "wh-dynamic",
        (r"is not (?:a valid|allowed as a) dynamic field",),
        "`Dynamic` in the metadata names a field that may not be dynamic.",
        "The back end wrote a wrong `Dynamic` entry.",
        "Correct `project.dynamic`, and use a current back end.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-import-name",
        r"is invalid for 'import-name(?:space)?'",
        "An import name is not valid.",
        "`import-names` must hold Python identifiers.",
        "Correct `project.import-names`.",
        hides=("tw-invalid",),
    ),
    _(
        "wh-required",
        (
            r"Invalid value for (?P<f>\w+)\. Error: This field is required",
            r"Include at least one message digest",
            r"Invalid value for (?:blake2_256_digest|sha256_digest)",
        ),
        "The upload form is incomplete.",
        "The uploading program is too old or home-made.",
        "Upload with a current twine or uv.",
    ),
    _(
        "wh-pyversion",
        (
            r"Python version is required for binary distribution uploads",
            r"Use 'source' as Python version for an sdist",
        ),
        "The upload form's Python version is wrong.",
        "The uploading program is home-made.",
        "Upload with twine or uv.",
    ),
    _(
        "wh-quarantined",
        (r"project (?:is|has been) (?:quarantined|placed in quarantine)",),
        "The project is in quarantine on PyPI.",
        "PyPI's administrators suspect it and have locked it.",
        "Write to security@pypi.org, or open an issue at https://github.com/pypi/support.",
    ),
)
