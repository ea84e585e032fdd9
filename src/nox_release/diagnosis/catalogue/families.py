"""Kinds of failure whose very cause is in no other entry: what they have in common, and where to look.

They count only where no other entry says more, and are never certain.
"""

from nox_release.diagnosis.catalogue.tables import table

_ = table(tool="other", tier="family", confidence="likely")

_TOOLS = (
    "twine|flit|flit_core|hatch|hatchling|auditwheel|delocate|delvewheel|cibuildwheel|setuptools|pkg_resources"
    "|wheel|pbr|poetry|poetry_core|pdm|build|pip|keyring|requests_toolbelt|readme_renderer|sigstore|tuf"
    "|pypi_attestations|semantic_release|commitizen|bumpversion|towncrier|virtualenv|setuptools_scm|hatch_vcs"
    "|maturin|nox|tox|mesonpy|skbuild|scikit_build_core|numpy/distutils"
)
_BACKENDS = (
    "setuptools|hatchling|flit_core|poetry/core|pdm/backend|mesonpy|scikit_build_core|skbuild|setuptools_scm|hatch_vcs"
    "|vcs_versioning|hatch_fancy_pypi_readme|maturin|versioningit|dunamai|uv_dynamic_versioning|poetry_dynamic_versioning"
)
_LACKING = (
    "(?:no|missing|invalid|expired|wrong|bad|(?:unable|failed) to"
    r" (?:find|get|load|obtain|retrieve|determine)|could not (?:\w+ )?(?:find|get|load|obtain|determine))"
)
# What a program writes before it says what is wrong.
_ERROR = (
    r"(?-i:Error\]?: ?|Exception\]?: ?|Failure\]?: ?|ERROR\]?: ?|error\]?: ?|fatal\]?: ?|Caused by: ?|cause: ?"
    # Lines of loggers: Python's, Maven's, Go's.
    r"|ERROR - |CRITICAL - |ERROR [\w.]{2,40} - |\[ERROR\] ?|\[FATAL\] ?|\serror=['\"]?)(?![A-Z]\w+(?:Error|Exception):| ?catching classes )"
)
# As far as the message goes: not into the next one.
_ON = r"(?:(?!Process completed|The process '|(?-i:WARNING|Warning|INFO|ERROR|Error:))[^|]){0,140}?"
_WANTS = (
    "(?:must|should|has to|have to|needs? to) (?:not |only |either )?(?:be|have|contain|match|start|end|include|specify|provide|use|set|give|exist)"
    "|(?:is|are) (?:required|mandatory|a duplicate)|(?:cannot|can't|can not|may not) (?:be|have|contain|include|use|set|specify|combine|mix|pass|add|install|remove|execute|run|build|create|publish|upload|overwrite|override|change|convert|cast|sync|parse|interpret|handle)"
    "|(?:failed|unable) to (?:parse|interpret|decode|convert|validate)|could not (?:parse|interpret|decode|convert|validate)|(?:needs|requires) (?:an?|the|at least) |(?:is|are) not empty|found more than one|at least one|exactly one|duplicate|circular|conflicts? with|(?:is|are) (?:deprecated|disabled)|doesn't mix|can't define"
)
_REFUSES = (
    "(?:is|are|was|were) (?:not|no longer|only|neither) (?:yet |currently |an? |the )?(?:supported|allowed|permitted|implemented|valid|recogni[sz]ed|accepted|compatible|applicable|enabled)"
    "|(?:is|are|was) (?:an? )?(?:invalid|malformed|unknown|ambiguous)(?!\\w)|(?:is|are) not (?:an? )(?:list|table|string|directory|file|mapping|boolean|array|number|integer|dict)|isn't (?:supported|allowed|valid)|aren't (?:supported|allowed)|(?:does not|doesn't|do not|don't|only|cannot) support|can only be|(?:un|not )supported|incompatible with"
    "|(?:does not|doesn't|do not) (?:match|conform|satisfy|refer|contain|include|define|accept|allow)"
)
# What is said of a file that is not there.
_ABSENT = r"(?:is |was |does |do |could |can )?(?:(?-i:not found)|not be found|not exist|missing|not there|not a file|cannot be found)"
# What a server says after its status; not what another program says in the next line.
_SAID = (
    r"(?P<w>(?!(?:Error: |##\[error\])?Process completed|(?-i:INFO|DEBUG|WARNING|ERROR)\b|Bad Request|Forbidden|Not Found"
    r"|Unauthorized|Method Not|Conflict|Unsupported|During handling|Traceback|File \"|The (?:above|command)|Command \[?[\"']"
    r"|g?make(?:\[\d+\])?: |(?:nox|task|npm|tox|poe)\b.{0,20}?[>:]|[\w.]*(?:Error|Exception): |[\w-]{1,30}: (?:exit|FAIL|error|command)\b"
    r"|[-+$*>] |\d\d:\d\d|Uploading \S|Cleaning up|Post job|No stash|PyPI upload failed)[^|<]{8,240}?)"
)

ENTRIES = (
    _(
        "fm-tools",
        (
            rf"-packages/(?P<t>{_TOOLS})/[^\" ]{{1,120}}\", line \d+(?:(?!File \"(?!.{{0,160}}?(?:-packages|\.eggs?/|/lib/|\\Lib\\|<frozen))).){{0,400}}?\b(?:AttributeError|ImportError|ModuleNotFoundError|TypeError): (?P<w>.{{1,120}})",
            r"/(?P<t>pkg_resources|setuptools|wheel)/[^\" ]{1,80}\", line \d+.{0,300}?\bAttributeError: (?P<w>.{1,120})",
            r"No module named '(?P<w>(?:poetry|setuptools|wheel|pip|hatchling|hatch|flit_core|packaging|virtualenv|urllib3|requests|importlib_metadata|distlib|tomlkit)\.[\w.]{1,80})'",
            r"TypeError(?:: |\] )(?P<w>[\w.]{1,80}\(\) (?:got an unexpected keyword argument '\w{1,60}'|(?:takes|missing) .{1,60}? arguments?\b))",
        ),
        "A tool and a package that it uses do not fit together.",
        "It calls what the installed release of the other one does not have ({w}): one of the two is too new "
        "or too old. Your own files are not the cause, and nothing was uploaded by this step.",
        "Upgrade both in one step (`python -m pip install --upgrade` with the names that the traceback "
        "shows), or run the tool in an environment of its own (`pipx run`). If it began with a new release, "
        "pin the version before it.",
    ),
    _(
        "fm-module",
        (
            r"\bNo module named [`'\"]?(?P<m>\w[\w.]{0,80}\w)",
            r"Can't locate (?P<m>[\w/]{1,80})\.pm in @INC|\bCannot find (?:module|package) '(?P<n>[@\w][\w./-]{0,80})'",
            r"there is no package called .(?P<m>[\w.]{1,60})|cannot load such file -- (?P<n>[\w/-]{1,80})",
        ),
        "`{m}` is not installed where this step runs.",
        "Each job begins as an empty machine, each environment without the packages of another, and an "
        "isolated build has only what `build-system.requires` names.",
        "Install `{m}` in a step of the same job with the same Python; if the build needs it, add it to "
        "`build-system.requires`; if it is a module of this project, {pack}.",
    ),
    _(
        "fm-refused",
        (
            rf"Server says: 4\d\d {_SAID}(?:\.? See https|$)",
            rf"HTTPError: 4\d\d [A-Z][\w ]{{2,20}} from https?://\S{{1,200}} {_SAID}\.?(?: See https|(?: \S{{0,12}}Error:)? Process completed|$)",
            rf"HTTP Error 4\d\d: {_SAID}\.? (?:See https|\|)",
            rf"(?!401)4\d\d Client Error: {_SAID} for url: https?://(?!(?:api|uploads)\.github\.com)",
            rf"(?:Upload failed|Server response) \(4\d\d\): {_SAID}(?: error: |$)",
            rf"Response from https?://\S{{1,200}}: 4\d\d {_SAID}(?: INFO|$)",
            r"Response from https?://\S{1,200}: 4\d\d (?:INFO )?\{[^|]{0,200}?\"message\" ?: ?\"(?P<w>[^\"]{8,240})",
        ),
        "The index refuses the upload.",
        "It says: {w}.",
        "Correct what it names in pyproject.toml or in the build, build again, and let "
        "`nox-release check-project dist/*` look at the files before the next upload.",
    ),
    _(
        "fm-push",
        (
            r"\[remote rejected\] .{0,200}?\((?P<w>[^)]{3,160})\)",
            r"! \[rejected\] .{0,200}?\((?P<w>[^)]{3,160})\)",
        ),
        "The remote refuses the push ({w}).",
        "The lines that begin with `remote:` say why.",
        "Compare the ref with `git ls-remote origin`, and what the rules of the branch and the tag ask for: "
        "https://github.com/{owner}/{repo}/settings/rules.",
    ),
    _(
        "fm-git",
        (
            (
                r"(?<![\w-])(?-i:fatal): (?P<w>(?!\[)(?=.{0,160}?\b(?:git|repositor|revision|refs?\b|remote|commit"
                r"|branch|tags?\b|object|index|pathspec|tree|clone|fetch|push|merge|upstream|HEAD|origin"
                r"|describe|names|fast-forward|rebase|stash|shallow|unable to access|could not read))[^|<]{6,160})"
            ),
            r"The process '/usr/bin/git' failed with exit code",
            r"(?P<w>Could not restore untracked files from stash|Failed to (?:clone|checkout) \S[^|]{0,120}|paths are ignored by one of your \.gitignore files.{0,100})",
            r"'(?P<w>git', '[^\]|]{1,160})[\])]' returned non-zero",
        ),
        "git stopped.",
        "Its own line says why: {w}.",
        "Run the same command in a fresh clone of the commit that the job has. Where history or tags are "
        "missing, it is the checkout of the building job: `fetch-depth: 0`.",
        hides=("fm-present",),
    ),
    _(
        "fm-shell",
        (
            r"syntax error near unexpected token (?P<w>.{1,40})",
            r"(?:bash|sh): (?:.{0,60}: )?(?P<w>[^:]{1,40}): (?:event not found|bad substitution)",
            r"(?:unexpected EOF while looking for matching|unterminated quoted string)",
            r"\[: (?P<w>missing `\]'|too many arguments|.{0,60}?(?:unary|binary) operator expected|.{0,60}?integer expression expected)",
            r"line \d+: : command not found",
            r"Unexpected token '(?P<w>.{1,40})' in expression or statement",
            r"The string is missing the terminator",
            r"\^M: bad interpreter|(?P<w>\\r)': command not found",
            r"\bParserError: .{0,200}?(?P<w>(?:Missing|Unexpected) .{1,80})",
            r"A parameter cannot be found that matches parameter name '(?P<w>[^']{1,40})",
        ),
        "The shell cannot read the step's script.",
        "A quote, a bracket or a variable in it is not what this shell takes; what `${{ … }}` fills in is "
        "part of the script, and may hold quotes of its own.",
        'Hand values over as `env:` and write them as "$NAME"; on Windows say `shell: bash`.',
    ),
    _(
        "fm-github",
        (
            r"\b(?P<c>4\d\d) (?:Client Error|[A-Z][\w ]{2,24})\b.{0,40}?https://(?:api|uploads)\.github\.com",
            r"HTTP (?P<c>4\d\d): .{0,120}?https://(?:api|uploads)\.github\.com",
            r"https://api\.github\.com/\S{1,200}:? (?P<c>4\d\d)\b",
            r"\[?HttpError\]?: (?!Response code)(?P<w>[A-Z].{3,120})",
            r"\bgh: .{1,80}? \(HTTP (?P<c>4\d\d)\)",
            r"GitHub release failed with status: (?P<c>4\d\d)",
        ),
        "GitHub refused a request ({c}).",
        "401: the token is not valid; 403: it lacks a permission; 404: what is asked for is not there, or "
        "this token may not see it; 422: a value is refused, mostly because it exists already.",
        "The address in the message says what was asked for. Compare it with the job's `permissions:` "
        "(releases and tags need `contents: write`) and with https://github.com/{owner}/{repo}/releases.",
    ),
    _(
        "fm-network",
        (
            r"\b(?:ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ECONNREFUSED)\b",
            r"TLS handshake timeout|after connection broken by",
            r"Connection (?:reset by peer|refused|timed out)",
            r"Could not resolve host",
            r"spurious network error|failed to download from `https?://",
            r"curl: \((?:6|7|28|35|52|56)\)|unable to resolve host",
            r"exceptions\.SSLError: HTTPSConnectionPool",
            r"\b50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)",
            r"request timed out|\bsocket hang up\b",
            r"operation timed out|\[(?:GET|POST|PUT)\] https?://\S{1,300} -> 5\d\d\b",
            r"error connecting to api\.github\.com",
            r"check your internet connection or https://githubstatus\.com",
            r"Failed to (?:fetch|download):? [`'\"]?https?://\S{1,200}",
            r"Request failed after \d+ retries|\bfetch failed\b|Manifest fetch attempts exhausted",
            r"Failed to fetch (?:the |a )?[\w ]{0,30}?manifest|Unable to (?:get manifest from|retrieve the list of available)",
        ),
        "A server did not answer.",
        "The network failed for a moment, or that server is out of order.",
        "Re-run only the failed job. If it stays, look whether the address in the message is right and its "
        "service is up (https://www.githubstatus.com/, https://status.python.org/).",
        hides=("fm-resolve",),
    ),
    _(
        "fm-file",
        (
            r"FileNotFoundError: \[(?:Errno 2|WinError [23])\][^:]{1,120}: '?(?P<f>[^' ]{1,200})",
            r"\[Errno 2\] No such file or directory: '(?P<f>[^']{1,200})'",
            r"(?:cat|cp|mv|cd|ls|tar|bash|sh): (?:.{0,40}: )?'?(?P<f>[\w./*-]{1,200})'?: (?:Cannot stat: )?No such file or directory",
            r"cannot (?:stat|access|open|find|remove|copy|create regular file) '(?P<f>[^']{1,200})'",
            r"can't (?:read|open|cd to) (?P<f>[^ :]{1,200}): No such file",
            r"(?:no such file or directory|\berror: File not found): (?P<f>\S{1,200})",
            r"\b(?:open|l?stat|chdir|readlink|read) (?P<f>[^ :]{1,200}): (?:no such file|The system cannot find)",
            r"\b(?P<f>(?:\w+ )?config(?:uration)? file (?:\S{1,60}|\([^)]{1,100}\))) (?:was )?(?:not found|does not exist)",
            rf"\b(?:file|path|folder|directory|script) [`'\"]?(?P<f>[\w.@~*+/\\:-]{{2,200}})[`'\"]?,? {_ABSENT}",
            rf"(?<=[\s>])(?P<f>[\w.@~-]{{0,60}}(?:/[\w.@+*-]{{1,80}}){{1,15}}) {_ABSENT}",
            rf"[`'\"](?P<f>[^`'\"\s]{{0,160}}(?:[/\\]|\.[a-z])[^`'\"\s]{{0,120}}) ?[`'\"]:? {_ABSENT}",
            r"\b(?:missing|(?:unable|failed) to (?:find|open|locate|stat)|c(?:ould|an)(?: ?not|n't) (?:find|open|locate|stat))\b(?! image)[^:|'\"`]{0,40}:? [`'\"](?P<f>[^`'\"\s]{0,160}(?:[/\\]|\.[a-z])[^`'\"\s]{0,120})",
            r"(?:failed to|c(?:ould|an) ?not) (?:read|open|find|load|access)\b[^:|]{0,60}: `?(?P<f>[^ `]{1,200})`?\W{1,8}(?:Caused by: )?No such file or directory \(os error 2\)",
        ),
        "`{f}` is not where this step looks for it.",
        "It was not committed, not packed into the sdist, not made by an earlier step of the same job (each "
        "job begins as an empty machine), or the step works in another folder.",
        "`git ls-files` says whether it is committed, `ls -R` before the step what the job has. What another "
        "job made comes with actions/download-artifact.",
        unless=r"HTTPError|\"status\" ?: ?[45]\d\d|Response from https?://",
    ),
    _(
        "fm-permission",
        (
            r"\[(?:Errno 13|WinError 5)\][^:]{1,120}: '?(?P<f>[^' ]{1,200})",
            r"could not (?:create|write|delete|open) '(?P<f>[^']{1,200})': Permission denied",
            r"EACCES: permission denied, \w+ '(?P<f>[^']{1,200})'",
            r"(?<![\w@.~/\\-])(?=[\w~-]{0,80}[/\\.])(?P<f>[\w.~/\\-]{2,200})'?: Permission denied(?! \()",
            r"\bsh: (?:line )?\d+: (?P<f>[\w.-]{1,60}): Permission denied",
            r"(?P<f>cannot access the file) because it is being used by another process",
        ),
        "`{f}` may not be written or read here.",
        "It belongs to another user (a container wrote it as root, or `sudo` was used before), or another "
        "process holds it open.",
        "Build into a fresh folder, and run all steps that touch it as the same user: no `sudo` in one of "
        "them, and for a container `options: --user`.",
    ),
    _(
        "fm-console",
        r"UnicodeEncodeError: '(?P<c>charmap|cp\d+|ascii|gbk)' codec can't encode",
        "A message could not be printed in this console's encoding (`{c}`).",
        "The tool wanted to show a character, such as that of its progress bar, that the console does not "
        "know. What it did before that is done.",
        "Set `PYTHONUTF8=1` (or `PYTHONIOENCODING=utf-8`) for the step. Look at the index before you run an "
        "upload again.",
    ),
    _(
        "fm-npm",
        (
            r"npm (?:ERR!|error)",
            r"ERR_PNPM_\w+",
            r"error Command failed with exit code \d+\. info Visit https://yarnpkg",
            r"Command failed: (?:npm|yarn|pnpm)\b",
            r"'(?:npm|yarn|pnpm|jlpm|npx)', ?'.{0,200}?returned non-zero",
            r"\b(?:npm|yarn|pnpm|webpack|jupyterlab)\b[\w ]{0,40}\bfailed to (?:build|install|compile)",
            r"source repository visibility: \"|Provenance generation in GitHub Actions|provenance bundle",
        ),
        "The JavaScript part could not be built.",
        "npm, pnpm or yarn ended with an error before the Python package was made.",
        "The first line of theirs that speaks of an error says why; run the same command on your machine "
        "with the Node that the workflow names.",
    ),
    _(
        "fm-system-package",
        (
            r"E: Unable to locate package (?P<p>\S{1,80})",
            r"E: Package '(?P<p>[^']{1,80})' has no installation candidate",
            r"No package (?P<p>\S{1,80}) available",
            r"No available formula .{0,40}?\"(?P<p>[^\"]{1,80})\"",
            r"E: (?:Failed to fetch|Unable to fetch some archives)",
            r"you have held broken packages|Could not get lock /var/lib",
        ),
        "A system package could not be installed.",
        "The image or container has it under another name or not at all, or its list of packages is old.",
        "Run `apt-get update` (or `yum makecache`) first; look the name up for the image that `runs-on` or "
        "`manylinux` names, which changes with each of its releases.",
    ),
    _(
        "fm-check",
        (
            r"\d+ files? would be reformatted",
            r"would reformat \S{1,200}",
            r"Found \d+ errors? in \d+ files?",
            r"files were modified by this hook",
            r"sphinx\.errors\.\w+|Warning, treated as error|Handler <function .{1,160}? threw an exception",
            r"Aborted with \d+ warnings? in strict mode|build finished with problems",
            r"\.{8,200}Failed\b",
        ),
        "A check failed before anything was published.",
        "The release waits for the linters, and they found something.",
        "Run the same check on your machine, commit what it changes, and release the fixed commit.",
    ),
    _(
        "fm-backend",
        (
            rf"-packages/(?P<b>{_BACKENDS})/[^\" ]{{1,120}}\", line \d+.{{0,600}}?\b(?:\w+\.){{0,4}}(?:ValueError|OSError|RuntimeError|KeyError|LookupError|ConfigError|\w*(?:Config|Config\w+|Metadata|Validation|Project|Build)\w*Error): (?P<w>[^|]{{3,200}})",
            r"\[(?P<b>Pdm|Project|Build)(?:Error|Exception)\]:? (?P<w>[^|]{3,200})",
        ),
        "The build backend refuses the project.",
        "{b} says: {w}.",
        "Correct what it names in pyproject.toml (or setup.py) or among the files, and try "
        "`nox-release build` on your machine. If you changed nothing, a new release of the backend may have: "
        "pin the version before it in `build-system.requires`.",
    ),
    _(
        "fm-usage",
        (
            r"(?P<t>[\w.-]{2,40}): error: (?P<w>(?:argument \S{1,60}: |invalid choice|the following arguments are required|unrecognized arguments).{1,120})",
            r"Error: (?P<w>(?:No such command|Missing (?:argument|option|parameter)|Invalid value for|Got unexpected extra argument|unknown (?:command|shorthand flag)|Invalid \w+ format\. Supported).{1,120})",
            r"error: (?P<w>(?:unrecognized subcommand|unexpected argument|invalid value|the following required arguments were not).{1,120})",
            r"(?P<w>(?:unknown|unrecogni[sz]ed|illegal|invalid|unsupported) (?:option|flag|switch)s?(?: --|: | ['\"`]-).{1,60})",
            r"(?P<w>command \"\S{1,60}\" is not defined)|unknown environment '",
            r"cibuildwheel: .{0,100}?(?:Unknown|Unused|Malformed|not recognised|not recognized|Invalid|unrecognized arguments)",
            r"Invalid (?:value for )?(?:CIBW_\w+|enable group)|\bInvalid --\w+=.{1,60}?must be a build selector",
            r"argument --plat: invalid choice",
            r"Invalid (?:policy|plat)\b",
            r"unknown command \"(?P<c>[\w-]+)\" for \"gh\"",
            r"(?:UsageError|BadParameter|BadArgumentUsage|InvalidCommandArgument|ArgumentError|ArgumentTypeError)\w{0,10}\]?: (?P<w>(?!argument -)[^|]{6,160})",
            r"(?P<w>Cannot (?:(?:use|specify|pass) (?:both |`?--)\S|mix ).{3,120})|(?P<v>Both \w{1,40} and \w{1,40} are set)",
            r"(?P<w>--\w[\w-]{0,40}\S{0,2}(?: and \S{3,44})? cannot be (?:used|combined)\b.{0,100}|--\w[\w-]{0,40}:? (?:is )?not allowed with.{0,100})",
            r"(?P<w>\bUnknown (?:[\w-]{3,16} )?(?:publisher|build targets?|package formats?|version component|environment|distributions?|group|task|index)s?: .{1,80})",
            r"the argument '(?P<a>--\w[\w-]{0,40})[^']{0,40}' cannot be used with:? '?(?P<b>--\w[\w-]{0,40})",
            r"(?P<w>'--?\w[\w-]{0,40}' and '--?\w[\w-]{0,40}' (?:cannot|can only) be used .{1,80})",
            r"Group\(s\) not found: ?(?P<g>[\w, -]{0,80})",
            r"Sessions? not found:? ?(?P<s>.{0,80})",
            r"Error while collecting sessions",
            r"(?P<w>No dist file created in earlier command|Must create and upload files in one command|no commands supplied)",
            r"(?P<w>publish path is not a valid glob pattern.{0,80}|\bNo part named \S{1,60})",
            r"(?P<w>\bopen : no such file or directory)",
            r"(?P<w>\bExpected (?:one or two arguments|only one argument) .{1,60}|\bYou (?:must pass|can only (?:pass|specify|add)) .{3,80})",
        ),
        "A command is called with what it does not understand.",
        "Its own words: {w}.",
        "Compare the call in the workflow with the tool's `--help` in the version that is installed there, and a name with what the project defines (`nox -l`); "
        "an empty variable in the call has the same effect. If it worked before, a new release of the tool may have "
        "changed the call: pin the version before it.",
    ),
    _(
        "fm-config",
        (
            r"(?:InvalidConfig|ConfigError|ConfigurationError|InvalidSourceError)\w{0,20}\]?: (?P<w>[^|]{6,200})",
            r"(?P<w>\b(?:error (?:loading|reading|parsing|in)|invalid|could not (?:parse|read|load|find)|failed to (?:parse|read|load)|no|missing) (?:(?:a|the|your|any) )?(?:[\w.-]{1,30} )?config(?:uration)?(?: file)?\b(?! settings?).{0,160})",
            r"\b(?:field|option|setting)s? (?P<w>[`'\"][\w.-]{1,80}[`'\"]:? (?:must|should|is (?:not|required|unknown)|has to)\b.{0,120})",
            r"\b(?:Unknown|Unrecogni[sz]ed|Unexpected|Invalid) (?P<w>(?:keys?|options?|fields?|settings?|sections?)\b.{0,60}?\b(?:tool\.\w|pyproject|setup\.cfg|\w+\.(?:toml|cfg|ini|ya?ml)).{0,120})",
            r"\b(?:environment|feature|group|extra|section|task|repository|source) (?P<w>[`'\"\[][\w.-]{1,60}[`'\"\]] (?:is|was|does) not (?:defined|declared|specified|configured|exist|found)\b.{0,100})",
            r"(?P<w>\[[\w.-]{1,40}\] section (?:is )?(?:not found|missing)\b.{0,80})",
            r"Missing (?P<w>\[[\w.-]{1,40}\] (?:section|table|in source)\b.{0,80})",
            r"(?P<w>\bproject requires \w+ \S{1,20},? but you are using .{1,60})",
            r"(?P<w>\bVersion (?:Provider|scheme) \"[^\"]{1,60}\" unknown|\bUnknown (?:changelog format|version scheme|metadata field)\b.{0,60})",
            r"(?P<w>\bInvalid (?:tag_format|import path|replacement definition|parser options)\b.{1,100}|\bPublisher is disabled: .{1,60})",
            r"(?P<w>\bRequired \w+ version .{1,30} does not match the running version .{1,60})",
        ),
        "A tool does not accept its configuration.",
        "Its words: {w}. A table or file that it reads is missing, is wrong, or is meant for another release of the tool.",
        "Correct what it names in pyproject.toml, or in the file that the tool reads. If you changed nothing, a "
        "new release of the tool may have: see its changelog, or pin the version before it.",
    ),
    _(
        "fm-variable",
        (
            r"(?:environment variable|secret|env var) [`'\"]?\$?(?P<v>(?-i:[A-Z][A-Z0-9_]{2,60}))[`'\"]? (?:is |was |must be )?(?:not (?:set|found|defined|provided)|missing|unset|empty|required|set)",
            r"\b(?P<v>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]{2,60}))[`'\"]? (?:environment variable |secret )?(?:is |was )(?:not set|empty|missing|unset|not defined|required)",
            r"\b(?P<v>[A-Za-z_]\w{1,60}): (?:unbound variable|parameter (?:null or )?not set)",
            r"environ.{0,300}?KeyError: '(?P<v>(?-i:[A-Z][A-Z0-9_]{2,60}))'",
            r"Unable to get (?:the )?(?P<v>(?-i:[A-Z][A-Z0-9_]{2,60})) env variable",
        ),
        "`{v}` is not set in this step.",
        "A secret that does not exist under this name, or that this run may not see (a fork, another "
        "environment, a called workflow without `secrets:`), is an empty text and no error.",
        "Hand it to the step as `env:`, and compare its name with Settings → Secrets and variables, and "
        "with the job's `environment:`.",
    ),
    _(
        "fm-version",
        (
            r"(?P<w>(?:unable to|c(?:ould|an)(?: ?not|n't)|failed to) (?:determine|detect|find|get|infer|compute|parse|extract|read|obtain) (?:(?:a|an|the|any|its|your|project|package|current|next|latest|valid|dynamic|release|module) ){0,4}version\b(?! that).{0,80})",
            r"(?P<w>\b(?:tag|version)\b.{0,80}? is (?:not|no) (?:an? )?(?:valid |correct )?(?:\w+ )?(?:semver|SemVer|semantic version|version|PEP ?440)\b.{0,40})",
            r"(?:InvalidVersion|NoTagError|InvalidTagError)\w{0,6}: (?P<w>[^|]{6,160})",
            r"(?P<w>\bNo version (?:found|detected|could be determined)\b.{0,80})",
            r"(?P<w>\bNo tags available\b.{0,60})",
            r"(?P<w>\bInvalid (?:manual |PEP 440 )version:? .{1,60})",
            r"(?P<w>\bversion (?:number )?\S{1,40} does not (?:match|conform to|comply with|follow) PEP ?440.{0,20})",
            r"(?P<w>\bNew version must be .{1,60})",
            r"(?P<w>\bversion (?:did not change|doesn't seem to follow semver)\b)",
            r"(?P<w>\b(?:value|part)\b.{0,100}? cannot be bumped\b|valid serialization format in .{1,100}|\bversion can only be set when .{1,60})",
        ),
        "No usable version could be worked out.",
        "The tool's words: {w}. It reads the version from git's tags, from a file, or from pyproject.toml, and "
        "found none there that it understands.",
        "Where it comes from git, the checkout of the building job needs tags and history (`fetch-depth: 0`), and "
        "the tag the form that its settings name. Where it comes from a file, compare the path and the line.",
    ),
    _(
        "fm-exists",
        r"\b(?:version|release|tag|package) \S{0,60}\d\S{0,60}:? (?:is |has |was )?already (?:been )?(?:exists?|released|published|uploaded|tagged|taken)"
        r"|\balready exists (?:for|in|on|at) (?:the )?(?:package|version|release|index|registry|repository|channel|feed)\b"
        r"|already produced newsfiles for this version",
        "This version was released before.",
        "A check of the workflow found it, or a tool that makes each version once.",
        "Raise the version, commit it, and release that commit. If only a later step failed, re-run the "
        "failed job instead.",
        hides=("fm-present",),
    ),
    _(
        "fm-credentials",
        (
            r"denied: (?:requested access|permission_denied|installation not allowed|permission).{0,80}",
            r"\bunauthorized: (?:authentication required|access|incorrect).{0,80}",
            r"\b(?:invalid keyData|(?:invalid|malformed|(?:un|not )(?:parsable|able to parse)|could not (?:parse|decode|load|read)|error loading) .{0,30}?(?:private|PEM|SSH|signing) ?key)",
            r"(?:failed to push|unexpected status|error pushing|pushing) .{0,240}?: 40[13] (?:Forbidden|Unauthorized)",
            r"\binsufficient_scope\b|no basic auth credentials",
            r"\bE(?:NEEDAUTH|401|403)\b",
            r"\bAccessDenied(?:Exception)?\b|is not authorized to perform",
            r"ExpiredToken|security token included in the request is (?:invalid|expired)",
            r"(?:Error response from daemon|Error):? .{0,100}?: (?:unauthorized|denied)",
            r"authentication (?:failed|required)|Not logged in\b|\blogin failed\b|(?<!HTTP)Error: (?:401 )?Unauthorized\b",
            r"\b(?:tokens?|keys?|credentials?|session|certificate)(?: has| have)?(?: is| are| been)?(?: revoked or)? (?:expired|revoked|no longer valid)\b|\bInvalid (?:API key|(?:access |auth )?token)\b",
            r"\b(?:not authorized|not have permission) to (?:publish|upload|push)\b",
            r"\buser \S{1,60} does not have (?:\w+ ){0,2}(?:permission|access)",
            # The classes that clients of services (anaconda, boto, Google, Azure, GitLab, SSH) raise.
            r"\w\.(?:Unauthorized|Forbidden|PermissionDenied|BadCredentialsException|NoCredentialsError|DefaultCredentialsError|RefreshError): \S",
            r"Auth(?:entication)?(?:Error|Exception|Failed): \S",
            r"Authorization error accessing|Unable to locate credentials|do not currently have an active account",
            r"\b(?:token|key|credentials?)\b.{0,40}? (?:does not have|do not have|lacks?|without|needs?|requires?|has insufficient)\b.{0,40}?\b(?:scopes?|permissions?|privileges?)\b",
            r"Response code 40[13] \((?:Unauthorized|Forbidden)\)|\bGitlab\w{0,30}Error: 40[13]\b",
            r"\b(?:incorrect|wrong|bad) (?:username|user name)(?:/| (?:and|or) )password|Login has failed\b",
            rf"\b{_LACKING}(?: (?:the|any|valid|default|application|your|registry|login|auth|authentication|access|API)){{0,3}} credentials?\b",
            r"\b(?:credentials?|password|access token|auth token|API (?:key|token))(?: for \S{1,80})? (?:is |are |was |were |has |have |must be )?(?:required|missing|invalid|expired|incorrect|not found|not be found|not valid|not provided|not set|not supplied|not accepted)",
        ),
        "A service refused this step's credentials.",
        "They are missing, expired, or may not do this (another registry, another organisation, a token "
        "without the scope).",
        "The line names the service: renew its token, give the job the permission it asks for "
        "(`packages: write` for ghcr.io), and compare the secret's name with the workflow.",
        hides=("fm-npm", "fm-refused"),
    ),
    _(
        "fm-resolve",
        (
            r"\bPackages? missing in current .{1,40}? channels",
            r"\b(?:PackagesNotFoundError|ResolvePackageNotFound|LibMambaUnsatisfiableError|UnsatisfiableError)\b",
            r"Your dependencies could not be resolved|DistributionNotFound: The '",
            r"Unable to find a resolution|Failed to resolve requirements from",
            r"Cannot find a matching candidate|not find a version that (?:matches|satisfies)",
            r"failed to select a version for",
            r"\bhas requirement \S{1,120}(?: \S{1,60})?, but you(?:'ll)? (?:will )?have\b",
            r"\bunsatisfiable (?:dependenc|requirement|constraint|package)|problems while solving",
            r"c(?:ould|an)(?: ?not|n't) (?:solve|resolve)(?: for)?(?: the| all)? (?:environment|dependenc|requirement)",
        ),
        "Requirements cannot be met together.",
        "One of them is not there, or two of them ask for different versions of a third.",
        "The lines around it name them: loosen one, or write the lock file again and commit it.",
    ),
    _(
        "fm-lock",
        (
            r"lock ?file .{0,100}?(?:out of (?:date|sync)|outdated|not up[- ]to[- ]date|needs to be updated|does not (?:match|satisfy))",
            r"frozen-lockfile|`npm ci` can only install packages when",
            r"(?:Pipfile|pdm|poetry|pixi)\.lock .{0,60}?(?:out of date|not match|outdated|hash)",
            r"pyproject\.toml changed significantly since poetry\.lock was last generated",
            r"poetry\.lock is not up to date with pyproject\.toml",
            r"The lock file is not compatible with the current version of Poetry",
            r"The lockfile at `?uv\.lock`? needs to be updated",
            r"Unable to find lockfile at `?uv\.lock",
            r"\bNo lock ?file (?:found|at)\b|[Ll]ock ?file does not exist|not (?:listed )?in (?:the )?lock ?file\b|lock file does not have a metadata entry",
            r"Cargo\.lock is required by|Unable to read the lock file|lockfile may be broken|Resolving from lockfile failed",
            r"(?:needs to be updated but|update the lock file .{0,200}?because) --(?:locked|frozen) was passed",
        ),
        "The lock file does not match the project.",
        "A version or a requirement was changed without writing the lock file again; the release raises the "
        "version, which many lock files hold too.",
        "Write it again with the tool that made it (`uv lock`, `poetry lock`, `pdm lock`, `cargo update --workspace`), "
        "commit it with the new version, and release that commit.",
        hides=("fm-npm",),
        tier="symptom",
    ),
    _(
        "fm-document",
        (
            r"\bJSONDecodeError\b|is not valid JSON|Unexpected (?:token|end of JSON)|jq: error|jq: parse error|parse error: Invalid",
            r"codec can't decode byte \w{1,6} in position|Unsupported `?Content-Type",
            r"failed to (?:parse|decode|deserialize) (?:the |an? )?(?:\S{1,80}\.(?:json|ya?ml|xml)\b|JSON\b|YAML\b|response\b)",
            r"yaml\.(?:scanner|parser)\.\w+Error|could not find expected ':'|mapping values are not allowed",
        ),
        "An answer or a file could not be read.",
        "A step wanted JSON or YAML and got something else: an error page, nothing at all, or a file with a "
        "mistake in it.",
        "Print what the step reads before it reads it. If it comes from a server, look at the status of the "
        "answer first.",
    ),
    _(
        "fm-extension",
        (
            r"ImportError: .{0,200}?: (?:undefined symbol:|symbol not found in \w{1,20} namespace) (?P<w>\S{1,120})",
            r"ImportError: DLL load failed.{0,200}",
            r"ImportError: dlopen\(.{0,300}",
            # What else Python's own loader says.
            r"ImportError: (?:Module use of \S+ conflicts|dynamic module |cannot load module more than once|bad magic number|initialization of )",
            r"ImportError: .{0,200}?cannot open shared object file",
            r"version `GLIBC(?:XX)?_[\d.]+' not found",
            r"(?:module (?:was )?compiled (?:against|using) |numpy\.\w{1,20} size changed|incompatible architecture|is not a valid Win32 application)",
        ),
        "The compiled module cannot be loaded.",
        "A library that it was linked with is not there or is another one: it was not bundled into the "
        "wheel, or was built for another Python, system or machine.",
        "Bundle it (`auditwheel repair`, `delocate-wheel`, `delvewheel repair`) and try the repaired wheel in "
        "an environment without the library; build on the oldest system that you support.",
    ),
    _(
        "fm-image",
        (
            r"manifest for (?P<i>\S{1,160}) not found|pull access denied for (?P<j>\S{1,120})",
            r"manifest unknown|\['docker', 'pull', '(?P<i>[^']{1,160})'",
            r"failed to resolve source metadata for (?P<i>\S{1,160})",
        ),
        "A container image could not be fetched.",
        "Its name or tag is not in the registry (old manylinux images are removed), it is private, or the "
        "registry did not answer.",
        "Try `docker pull` with the name that the message has; correct it where it is set (`container:`, "
        "`CIBW_MANYLINUX_…_IMAGE`, a Dockerfile), or re-run the job.",
    ),
    _(
        "fm-download",
        (
            r"curl: \(22\).{0,60}?(?P<c>[45]\d\d)",
            r"awaiting response\.\.\. (?P<c>[45]\d\d)|gzip: stdin: not in gzip format",
            r"urllib\.error\.HTTPError: HTTP Error (?P<c>[45]\d\d)",
            r"\bline \d+:?\s+(?P<c>404):{1,2} ?(?:Not Found|command not found)",
        ),
        "A download failed ({c}).",
        "404: there is no such file at that address any more; 401 and 403: it wants credentials; 5xx: the "
        "server is out of order. None: what came is no archive, but mostly an error page.",
        "Open the address that the step uses; correct its version or name, or re-run the job.",
    ),
    _(
        "fm-hash",
        (
            r"\b(?:checksums?|hash(?:es)?|MD5|md5|sha-?(?:1|256|512)?(?:sum)?|digests?|size)(?: of [^|]{1,120}?| for [^|]{1,120}?)? (?:mismatch|did not match|does not match|do not match|doesn't match|verification failed|is wrong|is incorrect)",
            r"\b(?:wrong|mismatched|unexpected|incorrect) (?:checksum|hash|md5|sha-?\d+|digest)|not found in known hashes|not match any known checksums",
        ),
        "A file has other bytes than expected.",
        "It was replaced or cut off on its way, or the hash in the recipe, lock file or step is of another release.",
        "Compare the file's hash with the one that its publisher gives. If the release is right, write the hash "
        "again; if a download was cut off, re-run the job.",
    ),
    _(
        "fm-present",
        (
            r"(?<![\w.@~/\\:-])(?P<f>[\w.@~/\\:-]{2,160})[`'\"]?,? already exists(?: and is not an empty directory|,? and|\b)(?!\.? (?:Remov|Overwrit|Skip|Replac|Ignor))",
            r"(?:mkdir|ln|mv|cp): .{0,60}?[`'](?P<f>[^'`]{1,160})'?: File exists",
            r"FileExistsError: \[(?:Errno 17|WinError 183)\][^:]{1,120}: '(?P<f>[^']{1,200})",
        ),
        "`{f}` is there already.",
        "An earlier step, an earlier run on the same machine, or a person made it, and this step makes it only once.",
        "Look who made it. If it is what this step would make, let the step pass when it is there; if it is "
        "left over, remove it first.",
    ),
    _(
        "fm-prompt",
        r"EOFError: EOF when reading a line|the input device is not a TTY|Can not control echo on the terminal"
        r"|cannot prompt|(?:prompt|input|confirm)\w{0,6} .{0,60}?non-interactive|\?.{3,120}? \(Y/n\)",
        "A program asks a question, and nobody can answer.",
        "No person sits before a job: what it asks for (a password, a yes) must stand in the call.",
        "Give the answer as an option (`--yes`, `--non-interactive`, `--skip-confirmation`) or as the "
        "environment variable that the program names in its help.",
    ),
    _(
        "fm-crash",
        (
            r"Segmentation fault|\(core dumped\)|\bSIG(?:SEGV|ABRT|ILL)\b|Illegal instruction|Fatal Python error",
            r"\b(?:code|status):? (?:32212\d{5}|-10737\d{5}|0xC0000\w{3})\b",
            r"(?:status|exit) code:? -(?:4|6|7|8|11)\b",
        ),
        "A program crashed.",
        "Compiled code failed: an extension built for another Python or processor, or a fault of its own.",
        "Run the command on that system with `python -X faulthandler`; for wheels, compare the architecture "
        "of the build with that of the test.",
    ),
    _(
        "fm-proxy",
        (
            r"\bProxyError\b|Tunnel connection failed|407 Proxy",
            r"requested URL was rejected|\bblocked by .{0,40}?(?:firewall|proxy|policy)|Attention Required! \| Cloudflare",
        ),
        "A proxy or firewall did not let the connection through.",
        "`HTTPS_PROXY` (or a setting of pip or git) sends it through a proxy that refuses it or wants a login; "
        "or a firewall in front of the server refuses this kind of request.",
        "Correct the address and login in `HTTPS_PROXY`, or name the hosts in `NO_PROXY` that need none. A page "
        "that gives a support ID is the firewall's: give the ID to those who run it.",
        hides=("fm-credentials", "fm-network", "up-bare-status"),
    ),
    _(
        "fm-changelog",
        (
            r"(?P<w>\bno (?:changelog|news|release notes?)\b.{0,40}?(?:fragments?|entry|entries|section|found).{0,60})",
            r"(?P<w>(?:section|entry|heading|notes) for (?:version )?v?\d[\w.]{0,30} (?:was |is )?(?:not found|missing).{0,60})",
            r"(?P<w>(?:changelog|CHANGELOG\S{0,10}) (?:has no|does not (?:have|contain)) .{1,80})",
        ),
        "The changelog has nothing for this version.",
        "A step looks for its entry, and says: {w}.",
        "Write the entry under the heading that the step looks for, commit it, and release that commit.",
    ),
    _(
        "fm-refuses",
        (
            rf"{_ERROR}(?P<w>{_ON}\b(?:{_WANTS})\b[^|]{{0,120}})",
            rf"{_ERROR}(?P<w>{_ON}\b(?:{_REFUSES})\b[^|]{{0,120}})",
            rf"{_ERROR}(?P<w>(?:Unknown|Unsupported|Unrecogni[sz]ed|Invalid|Malformed|Unexpected|Illegal|Ambiguous|Conflicting|Incompatible|Cyclic|Duplicate|Multiple|More than one|Not allowed to|Refusing to|Bad) (?!Request\b)[^|]{{3,140}})",
            rf"{_ERROR}(?P<w>Expected [^|]{{2,80}}?,? (?:but )?(?:got|found|received)\b[^|]{{1,80}})",
            r"(?P<w>\b(?:Unknown|Unsupported|Unrecogni[sz]ed) [\w-]{3,20}(?: [\w-]{3,20}){0,2}: \S[^|]{0,100})",
        ),
        "A tool refuses what it is given.",
        "It says: {w}. It does not accept, or no longer accepts, an option, a setting, a value or a version.",
        "Correct what it names, in the step's call, in pyproject.toml or in the tool's own file. If you changed "
        "nothing, a new release of the tool may have: see its changelog, or pin the version before it.",
        confidence="possible",
    ),
    _(
        "fm-missing",
        (
            rf"{_ERROR}(?! ?Not Found\b)(?P<w>{_ON}\b(?:not found|(?:does|do|did)(?: not|n't) exist|(?:is|was|are) missing|no such|not (?:been )?(?:installed|configured|provided|specified|available|present)|(?:did not|didn't|does not|doesn't) match any|match(?:es|ed)? no)\b[^|]{{0,100}})",
            rf"{_ERROR}(?P<w>(?:Could not|Couldn't|Cannot|Can't|Unable to|Failed to|Did not|Didn't) (?:find|locate|resolve|detect|determine(?! dependencies)|retrieve|read(?! propert)|access|open|load|import)\b[^|]{{2,140}})",
            rf"{_ERROR}(?P<w>(?:No|Missing|None of the) [\w'`\" -]{{2,60}}?(?: (?:found|match(?:ed|es|ing)?|exists?|section|setting|configuration|available|provided|given|specified|set|defined|configured|selected|supplied|detected)\b|:)[^|]{{0,100}})",
        ),
        "Something that this step needs is not there.",
        "It says: {w}.",
        "Check the name, and that an earlier step of the same job makes, fetches, installs or sets it: each job "
        "starts on an empty machine with an empty environment.",
        confidence="possible",
        unless=r"\b(?:HTTP|status|[Ee]rror|code)?:? ?4\d\d\b",
    ),
    _(
        "fm-build",
        (
            r"metadata-generation-failed|MetadataGenerationFailed",
            r"(?:Failed building wheel|Could not build wheels) for (?P<p>[\w.-]{1,80})",
        ),
        "A package could not be built.",
        "pip shows that a build ended with an error, and the error itself is not in this part of the log: it "
        "stands above (`See above for output`).",
        "Read upwards to the first error, or run `python -m pip wheel -v` with the same Python. If the package "
        "is not yours, its release has no wheel for this Python and platform: pin one that has, or use an older "
        "Python.",
        confidence="possible",
        without=r"\b(?!MetadataGeneration|InstallationSubprocess)[A-Z]\w+(?:Error|Exception): |error: (?!metadata|subprocess|legacy|Process completed|failed.(?:to )?(?:build|wheel)|could not build)\w|\bfatal: ",
    ),
)
