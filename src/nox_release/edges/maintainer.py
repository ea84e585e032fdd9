"""Who the maintainer is on the index: what the settings say, else the name twine would go by.

It is imported before the index is asked, so it loads little; `tokens` comes when it is needed.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nox_release.core.answers import CouldNotAsk
from nox_release.core.errors import CommandError, ConfigurationError
from nox_release.core.redaction import redact
from nox_release.edges.children import UPLOADER
from nox_release.edges.process import Runner
from nox_release.project.pyproject import Index, Settings
from nox_release.releases.observed import Maintainer, Ownership

# Source: Warehouse's `accounts/forms.py`, `UsernameMixin`. A token pasted for a name is none.
_USER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?")
_NAME_WITHIN = 3.0
_EMPTY_KEYRINGS = frozenset({"keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"})
# Without the folder it runs in: a file `keyring.py` there is not the keyring.
_PROGRAM = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "from nox_release.edges.keyring_user import main; main()"
)


def find_maintainer(
    settings: Settings,
    environ: Mapping[str, str],
    keyring: Keyring,
    ownership: Ownership | CouldNotAsk | None,
) -> Maintainer | None:
    """Who the maintainer is on the index chosen; `None` when nothing says so.

    `pypi-user` comes first, then TWINE_USERNAME, .pypirc and the keyring, in twine's order. The
    keyring is asked only when nothing else says it and `ownership` has names to compare with.
    """
    if settings.pypi_user:
        return Maintainer(user=settings.pypi_user)
    user = _name(environ.get("TWINE_USERNAME", ""))
    if user:
        return Maintainer(user=user, source="TWINE_USERNAME")
    user = _name(_in_pypirc(settings.index, environ))
    if user:
        return Maintainer(user=user, source="~/.pypirc")
    if ownership is None or isinstance(ownership, CouldNotAsk) or not ownership.roles:
        return None
    user = _name(keyring.user(settings.index))
    return Maintainer(user=user, source="the keyring") if user else None


def _in_pypirc(index: Index, environ: Mapping[str, str]) -> str:
    from nox_release.edges.tokens import read_pypirc

    try:
        return read_pypirc(index, environ).get("username") or ""
    except ConfigurationError:  # said where its credential is needed
        return ""


def _name(text: str) -> str:
    """The user name in `text`; empty when it is none, such as `__token__`, or a token itself."""
    from nox_release.edges.tokens import TOKEN_USER

    text = text.strip()
    if text == TOKEN_USER or not _USER_NAME.fullmatch(text) or redact(text) != text:
        return ""
    return text


def may_tell(environ: Mapping[str, str], *, platform: str = sys.platform) -> bool:
    """Whether this machine's keyring may tell a name, so that it is worth a process.

    The Keychain of macOS tells none unless it is given one, and the Secret Service needs a session
    bus. A keyring from elsewhere counts where it was chosen. Source: keyring's `core._detect_backend`
    and `util/platform_.py`; jeepney's `get_bus`.
    """
    chosen = environ.get("PYTHON_KEYRING_BACKEND")
    if chosen:
        return chosen not in _EMPTY_KEYRINGS
    if platform == "win32":
        return True
    if platform != "darwin" and environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    home = Path(environ.get("HOME") or "/")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return (config / "python_keyring" / "keyringrc.cfg").is_file()


class Keyring:
    """This machine's keyring, asked in a child process with a bound and no terminal.

    For a name it gets three seconds, once for each index, and opens no dialog where that can be
    helped (see `keyring_user`). Whatever goes wrong there means *not known*.
    """

    def __init__(self, runner: Runner, cwd: Path) -> None:
        self._runner = replace(runner, child=UPLOADER, title="the keyring")
        self._cwd = cwd
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}

    def user(self, index: Index) -> str:
        """The name it has for the upload address, which is what twine asks it for; else empty."""
        with self._lock:
            if index.upload_url not in self._known:
                self._known[index.upload_url] = self._ask(index.upload_url)
            return self._known[index.upload_url]

    @property
    def is_off(self) -> bool:
        """Whether it was switched off."""
        return self._runner.environ.get("PYTHON_KEYRING_BACKEND") in _EMPTY_KEYRINGS

    def credential(
        self, index: Index, user: str | None, *, within: float
    ) -> tuple[str, str] | CouldNotAsk:
        """Name and password for the upload address, empty where it has none.

        A person may have to unlock it, so the caller says how many seconds it gets.
        """
        if self.is_off:
            return "", ""
        try:
            return self._answer(index.upload_url, user, password=True, within=within)
        except CommandError:
            return CouldNotAsk(reason=f"the keyring gave no answer within {within:.0f} s")

    def _ask(self, service: str) -> str:
        if not may_tell(self._runner.environ):
            return ""
        try:
            return self._answer(service, None, password=False, within=_NAME_WITHIN)[0]
        except CommandError:
            return ""

    def _answer(
        self, service: str, user: str | None, *, password: bool, within: float
    ) -> tuple[str, str]:
        done = self._runner.run(
            [sys.executable, "-c", _PROGRAM],
            cwd=self._cwd,
            text=json.dumps({"service": service, "user": user, "password": password}),
            timeout=within,
            check=False,
        )
        try:
            name, secret = json.loads(done.stdout)
        except ValueError:  # it has none, or failed, each in its own way
            return "", ""
        return str(name), str(secret)
