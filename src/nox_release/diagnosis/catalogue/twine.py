"""twine, from 1.x to 7: its own refusals, and what stops an upload before the index answers.

https://twine.readthedocs.io/
"""

from nox_release.diagnosis.catalogue.tables import table

_ = table(tool="twine", link="https://twine.readthedocs.io/en/stable/")

_PUBLISHER = (
    "Publish with trusted publishing (`permissions: id-token: write` in the job, and a publisher "
    "registered at {publishing_page}); or give a token from {token_page} in "
)

ENTRIES = (
    # What is uploaded.
    _(
        "tw-nofile",
        (
            r"Cannot find file \(or expand pattern\):? ?'?(?P<p>(?!(?:test)?pypi'|-)[^' ]{1,200})",
            r"InvalidDistribution: Cannot find file|PackageNotFound: .{1,200}? does not exist on the file system|(?<!\()\bNo files to check\.",
        ),
        "There are no files to upload.",
        "`{p}` matches nothing: the build did not run, failed, or wrote elsewhere.",
        "Build first (`python -m build`), and run twine in the folder that holds dist/. In Actions, "
        "download the build's artifact to dist/ in the publishing job.",
        hides=("tw-invalid",),
    ),
    _(
        "tw-arguments",
        r"Cannot find file \(or expand pattern\):? ?' ?(?P<p>(?:test)?pypi|-{1,2}[\w-]+)'",
        "twine took `{p}` for a file.",
        "An option is misspelt or lacks its value: `-r pypi` needs the blank and the `-r`.",
        "Write `twine upload --repository {p} dist/*`; for PyPI itself leave the option out.",
        hides=("tw-nofile",),
    ),
    _(
        "tw-format",
        (
            r"Checking \S{0,200}?(?P<f>[^/\s]{1,200}): ERROR +InvalidDistribution: Unknown distribution format",
            r"Unknown distribution (?:format|file type):? ?'?(?P<f>[^' ]{1,200})",
            r"neither a wheel nor a source distribution: ['`]?(?P<f>[^'` ]{1,200})",
        ),
        "`{f}` in dist/ is neither an sdist nor a wheel.",
        "The upload was given every file of the folder, and this is another kind of file.",
        "Upload `dist/*.whl dist/*.tar.gz` only (the action takes a whole folder: keep others out of "
        "it), and empty dist/ before the build.",
        hides=("tw-invalid",),
    ),
    _(
        "tw-unrecognised",
        (
            r"unrecognized or malformed field '(?P<f>[\w-]+)'",
            r"Invalid distribution metadata: unrecognized",
        ),
        "This twine does not know the metadata field `{f}`.",
        "The build backend writes newer metadata than the `packaging` that twine uses understands.",
        "`python -m pip install --upgrade twine packaging` (twine 6.1 or later), or a newer pin of "
        "pypa/gh-action-pypi-publish.",
        hides=("tw-invalid",),
    ),
    _(
        "tw-missing-fields",
        (
            r"missing required fields: Name, Version",
            r"Metadata is missing required fields:? ?(?P<f>[\w, ]{0,60})",
        ),
        "An old twine cannot read the new metadata.",
        "twine before 6.1 (through pkginfo) finds no name and version in metadata of a version that it "
        "does not know, 2.4 or later. The files are good.",
        "`python -m pip install --upgrade twine pkginfo packaging`, or a newer pin of "
        "pypa/gh-action-pypi-publish (v1.12.4 or later); or pin {backend_package} to a release that "
        "writes metadata 2.3.",
        hides=("tw-invalid",),
    ),
    _(
        "tw-invalid",
        (
            r"InvalidDistribution: (?:Invalid distribution metadata: )?(?P<w>.{0,200})",
            r"Invalid distribution metadata: (?P<w>.{0,200})",
        ),
        "twine finds the metadata invalid.",
        "twine says: {w}",
        "Correct the field that it names in pyproject.toml and build again; if the files are good, "
        "upgrade twine (or the action's pin).",
        tier="symptom",
    ),
    _(
        "tw-badzip",
        (
            r"zipfile\.BadZipFile",
            r"is not a zip file",
            r"invalid Zip archive",
            r"Failed to read (?:metadata\b|from zip file)|Could not read the metadata from the package",
            r"Failed to decode source distribution|Not a known archive format|tarfile\.ReadError",
        ),
        "A wheel is no zip file, or an archive no archive.",
        "It was cut off, or it is a Git LFS pointer or an error page under the file's name.",
        "See its size with `ls -l dist/`; build it again, or download the artifact again.",
        tier="symptom",
    ),
    _(
        "tw-nometa",
        r"No (?:METADATA|PKG-INFO) (?:in archive|file found)|(?:METADATA|PKG-INFO) not found in (?:wheel|sdist)",
        "A file in dist/ has no metadata.",
        "It is not a distribution, or it was repacked by hand.",
        "Empty dist/, and build again with {backend_package}.",
        hides=("tw-invalid",),
    ),
    _(
        "tw-toplevel",
        r"Too many top-level members in sdist archive",
        "The sdist has several folders at its top.",
        "It was not made by a build backend.",
        "Make it with `python -m build --sdist`.",
        hides=("tw-invalid",),
    ),
    _(
        "tw-markup",
        (
            r"has syntax errors in markup and would not be rendered",
            r"The project's long_description has invalid markup",
            r"would not be rendered on PyPI",
        ),
        "PyPI could not show the readme.",
        "The description is not valid reStructuredText, or it is Markdown that is not declared as such.",
        'Correct the line that is named; for Markdown write `readme = "README.md"` in pyproject.toml.',
        hides=("tw-noctype",),
    ),
    _(
        "tw-md-renderer",
        (r"Markdown renderers are not available",),
        "twine cannot render Markdown here.",
        "`readme_renderer` is installed without its Markdown part, so that `twine check` judges a Markdown "
        "readme by other rules. The readme may well be right.",
        '`python -m pip install --upgrade twine "readme_renderer[md]"` in that environment, then `twine check '
        "--strict dist/*` again.",
        hides=("tw-markup",),
    ),
    _(
        "tw-nolong",
        r"`?long_description`? missing",
        "The distribution has no readme.",
        "No `readme` is given, or its file was not found when the files were built.",
        'Write `readme = "README.md"` in pyproject.toml, and see that the file is there.',
        hides=("tw-noctype",),
    ),
    _(
        "tw-noctype",
        r"`?long_description_content_type`? missing",
        "The readme's content type is missing.",
        "PyPI then takes it for reStructuredText.",
        'Write `readme = "README.md"` in pyproject.toml, or `long_description_content_type` in setup.py.',
        tier="symptom",
    ),
    # Credentials.
    _(
        "tw-noninteractive",
        (
            r"NonInteractive: Credential not found for (?P<w>\w+)",
            r"Credential not found for (?P<w>\w+)",
        ),
        "twine has no credentials.",
        "Nobody can type them here, and neither a token nor trusted publishing is set up.",
        _PUBLISHER + "`TWINE_PASSWORD` with `TWINE_USERNAME=__token__`.",
    ),
    _(
        "up-no-credentials",
        (
            r"(?<!attribute ')(?<!errors\.)NoKeyringError\b",
            r"keyring\.errors\.NoKeyringError: ",
            r"raise NoKeyringError",
            r"No recommended backend was available\. Install a recommended",
            r"Credentials not found and non-interactive mode",
            r"Username and password are required|Could not find (?:username|password) for upload",
            r"Enter your (?:username|credentials|password|API token)[^.]{0,60}: ?Aborted",
            r"(?:getpass|Enter your|Username|Password).{0,300}?EOFError: EOF when reading a line",
            r"Missing required option:? (?:user|auth|`user`|`auth`)",
        ),
        "There are no credentials to upload with.",
        "The tool found neither a token nor a password, asked the keyring last, and this machine has "
        "none (CI never has). The keyring is not what is missing.",
        _PUBLISHER + "<variables>, from a secret.",
        hides=("tw-keyring", "tw-noninteractive"),
        unless=r"falling back|fall back",
        without=r"\bHTTPError: 4\d\d|\b4\d\d (?:Client Error|Forbidden|Bad Request)",
    ),
    _(
        "tw-empty",
        (
            r"Your (?:password|API token|username) is empty",
            r"(?:password|API token) is empty\. Did you enter it correctly",
            r"There is no (?:pypi-token|http-basic)\.\S{1,60} setting",  # poetry's, given an empty value
        ),
        "The password or token given to the upload is empty.",
        "The secret or variable is not set under that name.",
        "Compare the secret's name with Settings → Secrets of the repository and of the environment; "
        "forks, and jobs without the environment, do not see it.",
        hides=("wh-auth",),
    ),
    _(
        "tw-control",
        r"contains control characters",
        "The typed token has control characters.",
        "Ctrl-V in a Windows terminal types a character instead of pasting.",
        "Paste with the mouse, or set the variable TWINE_PASSWORD.",
    ),
    _(
        "tw-section",
        (
            r"Missing '(?P<r>[^']{1,80})' section",
            r"flit.{0,400}?get_repository.{0,200}?KeyError: '(?P<r>[^']{1,80})'",
        ),
        "The index `{r}` is not in ~/.pypirc.",
        "Only `pypi` and `testpypi` are known without an entry.",
        "Add a section `[{r}]` with its `repository =` to ~/.pypirc, or use `--repository pypi` or "
        "`testpypi`; after Azure's TwineAuthenticate the feed's name alone, without its project.",
    ),
    _(
        "tw-pypirc",
        (
            r"Malformed configuration in",
            r"(?:MissingSectionHeaderError|ParsingError|DuplicateOptionError).{0,200}?\.pypirc",
            r"\.pypirc.{0,200}?(?:MissingSectionHeaderError|File contains (?:no section headers|parsing errors))",
            r"must have a properly configured \S{0,60}\.pypirc|UnableToReadConfigurationFile",
        ),
        "~/.pypirc cannot be read.",
        "It is not in the form that twine expects.",
        "Write it like https://packaging.python.org/en/latest/specifications/pypirc/ shows, or remove "
        "it and give the token in TWINE_PASSWORD.",
        link="https://packaging.python.org/en/latest/specifications/pypirc/",
    ),
    _(
        "tw-keyring",
        (
            r"keyring\.errors\.(?!NoKeyring)\w+",
            r"Failed to unlock the (?:keyring|collection)|group='keyring\.backends'",
            r"\bKeyringLocked\b",
            r"SecretServiceNotAvailableException",
            r"org\.freedesktop\.secrets",
            r"module 'keyring[\w.]*' has no attribute '\w+'",
            r"cannot import name '\w+' from '(?:keyring|jaraco|secretstorage|jeepney)",
            r"No module named '?(?:keyring\.\w|jaraco|secretstorage|jeepney)",
            r"/keyring/.{0,300}?(?:AttributeError|ImportError|KeyError|TypeError)",
            r"(?:Unable to retrieve the password|(?<!No)KeyringError|PoetryKeyringError|org\.freedesktop\.DBus\.Error)",
        ),
        "The keyring cannot be used here.",
        "The upload asks the keyring for credentials, and it is locked, damaged or too old.",
        "`python -m pip install --upgrade keyring`; or do without: set "
        "`PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring` and TWINE_USERNAME, TWINE_PASSWORD.",
        tier="symptom",
    ),
    _(
        "tw-tp",
        (
            r"TrustedPublishingFailure:? ?(?P<w>.{0,200})",
            r"Trusted publishing is not supported for the indicated repository",
        ),
        "twine's trusted publishing failed.",
        "twine says: {w}",
        "Give the job `permissions: id-token: write`, and compare the registered publisher: "
        "{publishing_page}.",
        tier="symptom",
    ),
    # The address.
    _(
        "tw-redirect",
        (
            r"missing a trailing slash",
            r"attempted to redirect to",
            r"RedirectDetected",
            r"Invalid repository URL",
            r"Invalid URL '[^']{0,200}': No (?:scheme|host) supplied",
            r"LocationParseError: Failed to parse",
            r"https?://(?:upload\.test\.pypi\.org|test\.upload\.pypi\.org|(?:upload\.|test\.)?testpypi\.org)/",
            r"Upload failed \(30\d\)",
        ),
        "The upload address is not right.",
        "It lacks its last slash, `https://` or the host, names a host that is none, or is an old address "
        "that redirects. (TestPyPI's is https://test.pypi.org/legacy/.)",
        "Use `{upload_url}` in `repository-url`, `--repository-url` or ~/.pypirc.",
        hides=("uv-note", "tw-network"),
    ),
    _(
        "tw-405",
        (
            r"trying to upload to pypi\.org but have an invalid URL",
            r"(?:4\d\d|5\d\d) .{0,80}?(?:from|for url:?) https?://(?:www\.)?(?:test\.)?pypi\.org/(?:(?!legacy\b|_/oidc|pypi/|simple/ )\S|$)",
            r"(?:413|405|404) .{0,80}?(?:from|for url:?) https?://(?:www\.)?pypi\.org/legacy",
            r"Upload failed \((?P<c>4\d\d)\).{0,100}?//(?:www\.)?pypi\.org/(?!help)",
            r"//www\.python\.org/pypi.{0,300}?(?:Upload failed|Error)",
            r"InvalidPyPIUploadURL",
            r"(?:Submitting|Registering) \S{1,200} to https?://(?:www\.)?python\.org",
            r"status code 405 Method Not Allowed",
        ),
        "The upload went to PyPI's web site instead of its upload address.",
        "`pypi.org` itself, and the page of a project, take no files; the host for uploads is "
        "`upload.pypi.org`.",
        "Use `{upload_url}` in `repository-url`, `--repository-url` or ~/.pypirc, or leave the address "
        "out: PyPI is the default.",
        hides=("wh-big", "wh-slash"),
        unless=r"//api\.",
    ),
    _(
        "tw-410",
        (
            r"uploading to pypi\.python\.org",
            r"upload to the legacy PyPI site",
            r"UploadToDeprecatedPyPIDetected",
            r"pypi\.python\.org/pypi.{0,80}?410 Gone",
            r"410 (?:Client Error: )?Gone .{0,600}?pypi\.python\.org",
            r"This API has been deprecated and removed from legacy PyPI|Uploading to these sites is deprecated",
            r"(?:Uploading|Submitting|Registering)(?: \S{1,120}){0,2} to \S{0,20}\btestpypi\.python\.org",
        ),
        "The upload went to the old PyPI.",
        "pypi.python.org was switched off in 2018, testpypi.python.org too.",
        "Use `{upload_url}`; remove `repository =` from the `[pypi]` section of ~/.pypirc, where it is "
        "usually written.",
        hides=("wh-archive",),
    ),
    _(
        "tw-skip",
        r"does not have support for the following features:? --skip-existing",
        "This index does not know `--skip-existing`.",
        "Only PyPI and a few others do.",
        "Remove the option, and upload only files that the index does not have yet.",
    ),
    _(
        "tw-skipped",
        (
            r"Skipping \S{1,200} because it appears to already exist",
            r"Uploading \S{1,200} File exists\. Skipping",
            r"dist/\S{1,200} \.\.\. already exists",
            r"File \S{1,200} already exists, skipping",
        ),
        "Files were skipped because they are on the index already.",
        "`skip-existing` (or uv's `--check-url`, or `hatch publish` by itself) passes over what is there: this "
        "version had been published before, and nothing new went up.",
        "If a new version was meant, raise it and release that. Otherwise compare the hashes at "
        "{project_page}#files, and remove `skip-existing` or `--check-url`.",
        tier="symptom",
        silent=True,
        without=r"View at:|\.\.\. success|Uploading \S{1,200} \(",
    ),
    # Attestations.
    _(
        "tw-att-file",
        r"(?<![^\s/])(?P<f>[^ /]{1,160}\.(?!whl\b|tar\.gz\b)(?:zip|egg|tar\.bz2|tar\.xz|exe|msi|rpm|deb|json|txt|asc|sig)) has no associated attestations",
        "`{f}` is neither a wheel nor a .tar.gz, so it was not signed.",
        "The publishing action signs wheels and .tar.gz sdists only, and then each file needs its "
        "attestation. PyPI does not accept .zip sdists any more either.",
        "Build the sdist as .tar.gz (`python -m build --sdist`; remove `formats = zip` from setup.cfg), "
        "and keep `{f}` out of dist/.",
        hides=("tw-att-none", "tw-invalid"),
    ),
    _(
        "tw-att-none",
        r"has no associated attestations",
        "A file has no attestation beside it.",
        "twine was told to upload attestations (`--attestations`), and there is none for this file: it "
        "was added or renamed after the signing, or nothing was signed.",
        "Without the PyPA action remove `--attestations`; with it change no file in dist/ before it.",
        hides=("tw-invalid",),
        confidence="likely",
    ),
    # twine itself.
    # The network.
    _(
        "tw-ssl",
        (
            r"CERTIFICATE_VERIFY_FAILED",
            r"SSLCertVerificationError",
            r"\[SSL: \w+\]|Caused by: TLS Error",
        ),
        "The server's certificate could not be verified.",
        "A proxy replaces the certificate, or the list of certificate authorities is old.",
        "`python -m pip install --upgrade certifi`; behind a proxy name its certificate in "
        "REQUESTS_CA_BUNDLE (uv: SSL_CERT_FILE).",
        hides=("tw-network",),
        tier="symptom",
    ),
    _(
        "tw-network",
        (
            r"(?:ReadTimeout|ConnectTimeout|Read timed out|write operation timed out)",
            r"HTTPSConnectionPool.{0,120}?timed out",
            r"https://(?:upload|test)\.pypi\.org/legacy/: timed out",
            r"(?:NameResolutionError|Temporary failure in name resolution|getaddrinfo failed|nodename nor servname)",
            r"Failed to establish a new connection",
            r"Max retries exceeded with url",
            r"\bdns error: ",
            r"(?:ConnectionResetError|RemoteDisconnected|Connection aborted|BrokenPipeError|ProtocolError|BadStatusLine|SSLEOFError)",
            r"client error \(SendRequest\)|connection closed before message completed",
            r"Failed to send POST request",
            r"\bIncompleteRead\b|ChunkedEncodingError|\[Errno 32\] Broken pipe|Error connecting to repository|unable to connect to the repository",
        ),
        "The connection to the index failed.",
        "The network, a proxy or the index was slow or cut it, or the address names a server that is not there.",
        "See the address in the message, then re-run the upload with the same files: one that did arrive is "
        "accepted again. See their size (PyPI accepts 100 MB a file); behind a proxy set HTTPS_PROXY.",
        tier="symptom",
        unless=r"': /simple/",  # pip's
    ),
    _(
        "tw-sign",
        (r"(?:gpg|gpg2)'? .{0,60}?executables? not available", r"Unable to find gpg or gpg2"),
        "twine cannot sign.",
        "GnuPG is not installed; PyPI has ignored such signatures since 2023.",
        "Remove `--sign` from the upload command.",
    ),
)
