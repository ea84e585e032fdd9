"""Replay what a real Warehouse answered against the stand-in index, and count agreement.

    python tests/tools/oracle_index.py [ORACLE-FOLDER] [--verbose]

The folder holds `uploads.jsonl` with `files/`, and `oidc.jsonl`. Every case is put to a fresh
index over HTTP, in the state that its `pre`, `after`, `publishers` and `pending` describe; the
status, the texts, the state afterwards and the e-mails are compared. Exit status 1 when one
disagrees.
"""

from __future__ import annotations

import base64
import collections
import hashlib
import http.client
import io
import json
import os
import re
import sys
import tarfile
import tempfile
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_version

from nox_release.rehearsal.catalogue import RehearsalProject, RehearsalRelease, StoredFile

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from disturbed import DisturbedIndex
from nox_release.rehearsal.multipart import Form
from nox_release.rehearsal.oidc import GITHUB_ISSUER, PendingPublisher
from nox_release.rehearsal.serving import Server
from nox_release.rehearsal.uploading import deposited_form

HOSTS = {
    "{pypi-host}": "pypi.org",
    "{upload-host}": "upload.pypi.org",
    "{testpypi-host}": "test.pypi.org",
    "{docs-host}": "docs.pypi.org",
}
# When the token cases were recorded: their absolute times are relative to it.
RECORDED = 1795334088
# Warehouse asks GitHub for the owner while it reads the form.
GITHUB_TROUBLE = (
    (r"403|rate.limit", "GitHub has rate-limited this action. Try again in a few minutes."),
    (r"GitHub.*\b5\d\d\b|unexpected error", "Unexpected error from GitHub. Try again."),
    (
        r"connection error|GitHub (is )?unreachable",
        "Unexpected connection error from GitHub. Try again in a few minutes.",
    ),
    (r"time(d )?.?out", "Unexpected timeout from GitHub. Try again in a few minutes."),
)
BOUNDARY = "oracle-boundary-3f1c"


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


# Values and texts of the oracle


def full(value: Any) -> Any:
    """`value` with its abbreviations written out and the hosts put back."""
    if isinstance(value, dict):
        if "repeat" in value and "times" in value:
            return value["prefix"] + value["repeat"] * value["times"] + value["suffix"]
        if set(value) == {"concat"}:
            return "".join(full(part) for part in value["concat"])
        return {key: full(one) for key, one in value.items()}
    if isinstance(value, list):
        return [full(one) for one in value]
    if isinstance(value, str):
        for mark, host in HOSTS.items():
            value = value.replace(mark, host)
    return value


def same_text(one: str, other: str) -> bool:
    """Equal but for the order inside brackets, which differs from run to run."""

    def ordered(match: re.Match[str]) -> str:
        return "[" + ", ".join(sorted(match.group(1).split(", "))) + "]"

    return re.sub(r"\[([^\]]*)\]", ordered, one) == re.sub(r"\[([^\]]*)\]", ordered, other)


def prose(case: dict[str, Any]) -> str:
    return " · ".join([case.get("desc", ""), *case.get("pre", []), case.get("account") or ""])


def wheel(filename: str, metadata: str, size: int = 0) -> bytes:
    """A valid wheel of this name; `size` bytes long when that is more than it needs."""
    stem = "-".join(filename.split("-")[:2])
    top = f"{filename.split('-', maxsplit=1)[0]}/__init__.py"
    info = f"{stem}.dist-info"
    kind = "Wheel-Version: 1.0\nGenerator: o\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members = {
        top: filename.encode(),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": kind.encode(),
    }
    if size:
        members[top.replace("__init__.py", "big.bin")] = bytes(size)
    record = "".join(f"{name},,\n" for name in [*members, f"{info}/RECORD"])
    members[f"{info}/RECORD"] = record.encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def duration(text: str) -> float | None:
    """Seconds of the first length of time in `text`."""
    found = re.search(r"(\d+|a|an|one|ten|two) ?(s|sec|second|min|minute|h|hour|day)s?\b", text)
    if not found:
        return None
    number = {"a": 1, "an": 1, "one": 1, "two": 2, "ten": 10}.get(found.group(1))
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}[found.group(2)[0]]
    return (number or int(found.group(1))) * unit


def moment_of(case: dict[str, Any]) -> datetime:
    """When a case was recorded, to the second where its words and its times tell."""
    moment: float = RECORDED
    length = duration(case.get("desc", ""))
    for name, value in (case.get("claims_changed_from_normal") or {}).items():
        if name in ("exp", "iat", "nbf") and isinstance(value, int) and length is not None:
            moment = value + length if "ago" in case["desc"] else value - length
    return datetime.fromtimestamp(moment, timezone.utc)


def sdist(filename: str, metadata: str) -> bytes:
    stem = filename.removesuffix(".tar.gz")
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, data in (("PKG-INFO", metadata.encode()), ("module.py", filename.encode())):
            member = tarfile.TarInfo(f"{stem}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


# The state before a case


def plant(
    index: DisturbedIndex, project: RehearsalProject, version: str, filename: str, data: bytes
) -> None:
    """A file that is there already, whatever it holds."""
    release = project.release(version)
    if release is None:
        release = RehearsalRelease(version=version, created=index.now())
        project.releases[canonicalize_version(version)] = release
    release.files.append(
        StoredFile(
            filename=filename,
            packagetype="bdist_wheel" if filename.lower().endswith(".whl") else "sdist",
            python_version="py3",
            size=len(data),
            md5=hashlib.md5(data).hexdigest(),
            sha256=hashlib.sha256(data).hexdigest(),
            blake2_256=hashlib.blake2b(data, digest_size=32).hexdigest(),
            upload_time=index.now(),
            path=f"00/00/{filename}",
        )
    )
    index.catalogue.used_filenames.add(filename)


def plant_project(index: DisturbedIndex, state: dict[str, Any], spare: str) -> RehearsalProject:
    """The project of an `after`, without the file `spare`."""
    project = index.create_project(state["name"])
    for owner in state["owners"]:
        project.roles[index.add_user(owner).username] = "Owner"
    if state["status"] != "active":
        project.status = state["status"]
    for number in range(state.get("publishers") or 0):
        values = {"owner": "octo-org", "repository": f"before-{number}", "workflow": "release.yml"}
        index.register_publisher(project.name, **values)
    for version, filenames in state["releases"].items():
        if spare in filenames and len(filenames) == 1:
            continue
        project.releases.setdefault(
            canonicalize_version(version),
            RehearsalRelease(version=version, created=index.now()),
        )
        for filename in filenames:
            if filename != spare:
                plant(index, project, version, filename, f"other bytes of {filename}".encode())
    return project


def set_bytes(project: RehearsalProject, filename: str, data: bytes) -> None:
    for one in project.files():
        if one.filename == filename:
            one.sha256 = hashlib.sha256(data).hexdigest()
            one.blake2_256 = hashlib.blake2b(data, digest_size=32).hexdigest()


def arrange(index: DisturbedIndex, case: dict[str, Any], data: bytes) -> RehearsalProject | None:
    """The index as it was before an upload case; the project, if there was one."""
    text, filename = prose(case), case["file"]["filename"]
    name = next((value for key, value in case.get("form") or [] if key == "name"), "")
    project = None
    if case.get("project_existed_before"):
        state = case.get("after") or {
            "name": name,
            "status": "active",
            "owners": ["orcowner"],
            "releases": {},
        }
        spare = filename if case["verdict"] == "accepted" else ""
        project = plant_project(index, state, spare)
    if case["verdict"] == "accepted-no-change" and project is not None:
        set_bytes(project, filename, data)  # PyPI takes again what it has, and nothing else
    else:
        arrange_bytes(index, project, text, filename, data)
    for says in case["pre"]:
        arrange_from_prose(index, project, says, text)
    return project


def arrange_bytes(
    index: DisturbedIndex,
    project: RehearsalProject | None,
    text: str,
    filename: str,
    data: bytes,
) -> None:
    there = [one.filename for one in project.files()] if project else []
    if filename in there:
        return
    if re.search(r"delet", text):
        if re.search(r"(same|old|that|deleted) file|same (bytes|sdist|wheel)", text) and (
            not re.search(r"(another|other) filename|new version", text)
        ):
            index.catalogue.used_filenames.add(filename)
        return
    if re.search(r"same (bytes|content)", text):
        if there:
            set_bytes(project, there[0], data)
        else:
            other = index.create_project("orc-elsewhere", owner="orcowner")
            plant(index, other, "1.0", "orc_elsewhere-1.0-py3-none-any.whl", data)


def arrange_from_prose(
    index: DisturbedIndex, project: RehearsalProject | None, says: str, text: str
) -> None:
    flags = r"(disallow-[\w-]+|read-only|disable-[\w-]+)"
    if "flag" in says:
        index.flags.update(re.findall(flags, says) or re.findall(flags, text))
    if "prohibit" in says:
        for named in re.findall(r"\borc-[\w.-]*\w", says):
            index.prohibit(named)
    if found := re.search(r"(\d+) users? created (\d+) projects|two users created (\d+)", says):
        count = int(found.group(3) or found.group(2))
        for _ in range(2 * count):
            index.accounts.created_by_address.hit("127.0.0.1")
    elif found := re.search(r"created (\d+) (new )?projects", says):
        user = index.add_user(account_user(text))
        for _ in range(int(found.group(1))):
            index.accounts.created_by_address.hit("127.0.0.1")
            index.accounts.created_by_user.hit(user.id)
    owner = re.search(r"(?:owned by|owner|of|by)\W{1,2}(orc\w+)", says)
    if owner and re.search(r"exist|created", says):
        for other in re.findall(r"\borc-[\w.-]*\w", says):
            if not index.has_project(other):
                index.create_project(other, owner=owner.group(1))
    if project is None:
        return
    if found := re.search(r"(\d+) days? (?:ago|old)", says):
        for release in project.releases.values():
            index.age_release(project.name, release.version, int(found.group(1)))
    if found := re.search(r"lifecycle_status ([\w-]+)", says):
        index.set_status(project.name, found.group(1))
    elif says.startswith("archived"):
        index.set_status(project.name, "archived")
    if found := re.search(r"release (\S+) has .* Summary '([^']*)'", says):
        first = project.release(found.group(1))
        assert first is not None
        first.fields = {"summary": (found.group(2),)}
    if found := re.search(r"release (\S+) (?:is |was )?yanked", says):
        index.yank(project.name, found.group(1))
    if found := re.search(r"(?i)(\w+) is (?:a |an )?(owner|maintainer)", says):
        index.add_role(project.name, found.group(1), found.group(2).title())
    if found := re.search(r"limit (?:of |is |set to )?(\d+) MiB", says):
        project.file_limit = int(found.group(1)) * 1024**2
    if found := re.search(r"(\d+) GiB (?:minus|less) (\d+) bytes", says):
        project.extra_size = int(found.group(1)) * 1024**3 - int(found.group(2))
    if found := re.search(r"(?i)organi[sz]ation( orc[\w-]+)?", says):
        project.organization = (found.group(1) or "orc-org").strip()
        standing = re.search(r"(?i)inactive|(not in|no) good.standing|good_standing=?.?false", says)
        project.organization_active = not standing
        if not re.search(r"no role|not a member|outsider", text):
            project.unlisted.add(account_user(text))


def account_user(text: str) -> str:
    found = re.search(r"(?:token|user) of (orc\w+)", text)
    return found.group(1) if found else "orcowner"


# Who asks


def add_accounts(index: DisturbedIndex, case: dict[str, Any]) -> str:
    text = prose(case)
    name = account_user(case.get("account") or "")
    index.add_user("orcowner")
    index.add_user("orcother")
    user = index.add_user(name)
    index.add_user("orcunverified").verified_email = False
    index.add_user("orcno2fa").two_factor = False
    user.frozen = bool(re.search(r"frozen", text))
    user.active = not re.search(r"inactive|is_active=false", text)
    return name


def authorization(
    index: DisturbedIndex, case: dict[str, Any], name: str, project: RehearsalProject | None
) -> str | None:
    account = case["account"]
    if account == "none":
        return None
    token = api_token(index, case, name, project)
    if re.search(r"(?i)bearer", account):
        return f"Bearer {token}"
    if account.startswith("token header"):
        return f"token {token}"
    user, secret = "__token__", token
    if re.search(r"^username|^user name", account):
        user = name
        secret = token if "token" in account else "password"
    elif account.startswith("@token"):
        user = "@token"
    elif account.startswith("__TOKEN__"):
        user = "__TOKEN__"
    if "pypi-garbage" in account:
        secret = "pypi-garbage"
    elif "without prefix" in account:
        secret = token.removeprefix("pypi-")
    elif "empty" in account:
        secret = ""
    elif re.search(r"altered|changed|truncated", account):
        secret = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    elif "white space" in account:
        secret = f"  {token}\n"
    elif "quoted" in account:
        secret = f'"{token}"'
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def api_token(
    index: DisturbedIndex, case: dict[str, Any], name: str, project: RehearsalProject | None
) -> str:
    from pypitoken import Token

    account = case["account"]
    if "minted" in account:
        return minted(index, case, project)
    if "deleted project" in account:
        return case["_scoped"]
    if "project-scoped" in account or "project scope" in account:
        named = re.search(r"orc-[\w.-]+", account)
        here = project is not None and not re.search(r"other|elsewhere", account)
        target = named.group() if named else project.name if here else "orc-elsewhere"
        if not index.has_project(target):
            index.create_project(target, owner=name)
        return index.token(name, projects=[target])
    token = Token.load(index.token(name))
    start = int(index.now().timestamp())
    if "attenuated" in account or "narrowed" in account:
        if re.search(r"(?i)expir|date|time", account):
            text = prose(case)
            begin, end = start - 900, start + 600
            if re.search(r"(?i)\b(past|expired|over|ago)\b", text):
                end = start - 300
            elif re.search(r"(?i)not yet|future|begins|starts", text):
                begin = start + 300
            token.restrict(not_before=begin, not_after=end)
        if re.search(r"ProjectName", account):
            own = case["form"] and dict(map(tuple, case["form"]))["name"]
            other = re.search(r"other", account)
            names = ["orc-something-else"] if other else [re.sub(r"[-_.]+", "-", own).lower()]
            token.restrict(project_names=names)
        if re.search(r"(?i)user", account.partition("(")[2]):
            token.restrict(user_id="0" * 8)
    elif "deleted" in account:
        index.accounts.delete(token.dump())
    elif re.search(r"other index|another index|testpypi|unknown", account):
        return Token.create("test.pypi.org", "0" * 32, "key").dump()
    return token.dump()


def minted(index: DisturbedIndex, case: dict[str, Any], project: RehearsalProject | None) -> str:
    """A token exchanged for the project's publisher, or for one of another project."""
    text = prose(case)
    publishers = (case.get("after") or {}).get("publishers")
    foreign = re.search(
        r"token (minted )?(of|for|from) (project )?(A\b|a\.yml|another|the other)"
        r"|other project's token",
        text,
    )
    if project is None or foreign or (publishers == 0 and "publisher removed" not in text):
        target = index.create_project("orc-pending-name", owner="orcowner")
    else:
        target = project
    values = {"owner": "octo-org", "repository": "oracle", "workflow": "release.yml"}
    publisher = index.register_publisher(target.name, **values)
    jwt = index.github_jwt("octo-org/oracle", "release.yml")
    answer = index.publishing.mint(json.dumps({"token": jwt}).encode())
    if "publisher removed" in text:
        publisher.project_ids.discard(target.id)
    if re.search(r"(?i)expired|\b(old|later|after minting|ago)\b", text) and (
        "lifecycle" not in text
    ):
        index.clock.sleep(duration(text) or 901)
    return answer["token"]


# Asking


def ask(
    server: Server, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, str, str, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        kind = answer.getheader("Content-Type", "").partition(";")[0]
        return answer.status, answer.reason, kind, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def encoded(case: dict[str, Any], fields: list[tuple[str, str]], data: bytes) -> bytes:
    """The form, with what the case says about its wrapping."""
    text = prose(case)
    digests = {
        "sha256_digest": hashlib.sha256(data).hexdigest(),
        "blake2_256_digest": hashlib.blake2b(data, digest_size=32).hexdigest(),
    }
    own = {name for name, _ in fields}
    if not re.search(r"(no|without( any)?) (message )?digest", text):
        given = {"sha256_digest", "blake2_256_digest", "md5_digest"} & own
        fields = [*fields, *(pair for pair in digests.items() if not given)]
    action = re.search(r":action[= ]+(\w+)", text)
    protocol = re.search(r"protocol.version (\S+)", text)
    if not re.search(r"(no|missing|without) :action", text):
        fields = [(":action", action.group(1) if action else "file_upload"), *fields]
    if "protocol_version" not in own:
        fields = [*fields, ("protocol_version", protocol.group(1) if protocol else "1")]
    pieces = []
    for name, value in fields:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        if re.search(rf"{name} (field )?sent as a? ?(file|tuple)", text):
            head += '; filename="x"'
        pieces.append(f"{head}\r\n\r\n".encode() + value.encode() + b"\r\n")
    if not re.search(r"(no|without) (content|file) ?(part|field|$| ·)", text):
        filename = case["file"]["filename"].replace("\\", "\\\\").replace('"', '\\"')
        kind = re.search(r"image/\w+", text)
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; '
        head += f'filename="{filename}"\r\n'
        if not re.search(r"(no|without) Content-Type", text):
            head += f"Content-Type: {kind.group() if kind else 'application/octet-stream'}\r\n"
        pieces.append(f"{head}\r\n".encode() + data + b"\r\n")
    return b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()


class Replay:
    """One server; each case gets a fresh index behind it."""

    def __init__(self, oracle: Path) -> None:
        self.oracle = oracle
        self.server = Server(lambda *_: [])
        self.server.start()

    def index(self, directory: str, case: dict[str, Any]) -> DisturbedIndex:
        index = DisturbedIndex(Path(directory), clock=Clock(moment_of(case)))
        # Which accounts exist on GitHub was a constant answer, too.
        index.registrations.github_owners = {"octo-org": ("octo-org", "1001")}
        self.server.application = index.app
        return index

    def run(self, case: dict[str, Any]) -> list[str]:
        """What disagrees."""
        kind = case["group"]
        with tempfile.TemporaryDirectory() as directory:
            index = self.index(directory, case)
            if kind == "pending-form":
                return pending_form(index, case)
            if kind == "oidc-ttl":
                return time_to_live(index, self.server, case)
            if kind in ("oidc-mint", "oidc-wire"):
                return exchange(index, self.server, case)
            return self.upload(index, case)

    def data(self, case: dict[str, Any]) -> bytes:
        kept = list((self.oracle / "files" / case["id"]).glob("*"))
        kept = [one for one in kept if one.name != "NOT-KEPT.txt"]
        if kept:
            return kept[0].read_bytes()
        size = case["file"].get("size", 0)
        filename, metadata = case["file"]["filename"], case.get("metadata") or ""
        if filename.endswith(".tar.gz"):
            return sdist(filename, metadata)
        if size <= 300_000:
            return wheel(filename, metadata)
        # As long as the one that was not kept, to the byte.
        return wheel(filename, metadata, size + 1 - len(wheel(filename, metadata, 1)))

    def upload(self, index: DisturbedIndex, case: dict[str, Any]) -> list[str]:
        data = self.data(case)
        name = add_accounts(index, case)
        fields = [(key, value) for key, value in case.get("form") or []]
        if not fields:
            fields = list(self.fields(case, data).fields)
            case = {**case, "form": fields}
        if "deleted project" in case["account"]:
            doomed = index.create_project(dict(fields)["name"], owner=name)
            case["_scoped"] = index.token(name, projects=[doomed.name])
            index.delete_project(doomed.name)
        project = arrange(index, case, data)
        for key, value in case.get("extra_form") or []:
            fields.append((key, attestations(key, value)))
        allowed = authorization(index, case, name, project)
        # The state of project and flags is that of the upload, later than the exchange.
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "*/*"}
        if allowed is not None:
            headers["Authorization"] = allowed
        address = re.sub(r"^\{BASE\}|^https?://[^/]+", "", case.get("url") or "/legacy/")
        emails = len(index.publishing.emails)
        before = len(index.faults.seen)
        status, reason, _, _, got = ask(
            self.server, "POST", address, headers, encoded(case, fields, data)
        )
        assert len(index.faults.seen) > before
        wrong = []
        if status != case["status"]:
            wrong.append(f"status {status} {reason!r}, not {case['status']} {case['reason']!r}")
        elif not same_text(reason, case["reason"]):
            wrong.append(f"text {reason!r}, not {case['reason']!r}")
        wrong += differing_state(index, case)
        subjects = [f"[PyPI] {one.subject}" for one in index.publishing.emails[emails:]]
        if "emails" in case and sorted(subjects) != sorted(case["emails"]):
            wrong.append(f"e-mails {subjects}, not {case['emails']}")
        wrong += differing_metadata(index, case)
        for header, value in (case.get("ratelimit_headers") or {}).items():
            shown = re.sub(r"t=\d+", "t=", got.get(header, ""))
            if shown != re.sub(r"t=\d+", "t=", value):
                wrong.append(f"{header}: {shown!r}, not {value!r}")
        return wrong

    def fields(self, case: dict[str, Any], data: bytes) -> Form:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / case["file"]["filename"]
            path.write_bytes(data)
            return deposited_form(path, Path(directory))


def attestations(key: str, value: str) -> str:
    """The recorded ones are cut short; as many of the same shape stand for them."""
    length = re.search(r"\.\.\.\((\d+) chars\)$", value)
    if key != "attestations" or not length:
        return value
    one = {
        "version": 1,
        "verification_material": {"certificate": "MIIC", "transparency_entries": [{"a": 1}]},
        "envelope": {"statement": "e30=", "signature": "MEUC"},
    }
    return json.dumps([one] * round(int(length.group(1)) / 5372))


def state_of(index: DisturbedIndex, name: str) -> dict[str, Any] | None:
    project = index.catalogue.find(name)
    if project is None:
        return None
    return {
        "name": project.name,
        "status": project.served_status,
        "releases": {
            release.version: sorted(one.filename for one in release.files)
            for release in project.releases.values()
        },
        "owners": sorted(user for user, role in project.roles.items() if role == "Owner"),
    }


def differing_state(index: DisturbedIndex, case: dict[str, Any]) -> list[str]:
    expected = case.get("after")
    name = dict(map(tuple, case["form"])).get("name", "")
    if expected is None:
        there = index.has_project(name) if name else False
        if case.get("project_exists_after") is not None and (
            there != case["project_exists_after"] and not case.get("project_existed_before")
        ):
            return [f"the project is {'' if there else 'not '}there afterwards"]
        return []
    got = state_of(index, expected["name"])
    wanted = {key: expected[key] for key in ("name", "status", "owners")}
    wanted["owners"] = sorted(wanted["owners"])
    wanted["releases"] = {key: sorted(value) for key, value in expected["releases"].items()}
    if wanted["status"] in ("archived-noindex", "quarantine-enter", "quarantine-exit"):
        wanted["status"] = RehearsalProject(
            name="x", created=index.now(), status=wanted["status"]
        ).served_status
    return [] if got == wanted else [f"afterwards {got}, not {wanted}"]


def differing_metadata(index: DisturbedIndex, case: dict[str, Any]) -> list[str]:
    """What the JSON API shows of a new release, beside what Warehouse stored."""
    stored = case.get("stored")
    if not stored or case["status"] != 200:
        return []
    from nox_release.rehearsal import reading

    name = dict(map(tuple, case["form"]))["name"]
    answer = reading.project_json(
        index.catalogue,
        index.project(name).normalized_name,
        stored["version"],
        reading.Roots("", ""),
        "",
    )
    info = json.loads(answer.body)["info"]
    wrong = []
    for key, value in stored.items():
        if key == "html_len":
            continue
        shown = info.get(key)
        if key == "project_urls":
            # Warehouse keeps with each address whether it could verify it.
            value = {label: address for label, (address, _) in value.items()}  # noqa: PLW2901
        if (shown or None) != (value or None):
            wrong.append(f"{key} {shown!r}, not {value!r}")
    return wrong


# Token exchange and registration


def exchange(index: DisturbedIndex, server: Server, case: dict[str, Any]) -> list[str]:
    request = case.get("request") or {"method": "GET", "path": "/_/oidc/audience"}
    for one in ("orcowner", "orcother", "orcpend"):
        index.add_user(one)
    arrange_exchange(index, case)
    body = request.get("body")
    if body is None and request["method"] == "POST":
        body = json.dumps({"token": identity_token(index, case)})
    emails = len(index.publishing.emails)
    status, _, kind, answer, _ = ask(
        server, request["method"], request["path"], {}, (body or "").encode()
    )
    wrong = []
    if status != case["status"]:
        wrong.append(f"status {status} {answer[:300]!r}, not {case['status']}")
    if case.get("content_type") and kind != case["content_type"].partition(";")[0]:
        wrong.append(f"content type {kind}, not {case['content_type']}")
    wrong += differing_answer(case, answer, status)
    for name, expected in (case.get("project_after") or {}).items():
        got = state_of(index, name)
        keys = ("name", "status", "releases", "owners")
        wanted = {key: expected[key] for key in keys} if expected is not None else None
        if got != wanted:
            wrong.append(f"afterwards {name} is {got}, not {wanted}")
    subjects = [f"[PyPI] {one.subject}" for one in index.publishing.emails[emails:]]
    if sorted(subjects) != sorted(case.get("emails", [])):
        wrong.append(f"e-mails {subjects}, not {case.get('emails', [])}")
    return wrong


def differing_answer(case: dict[str, Any], answer: bytes, status: int) -> list[str]:
    expected = case.get("json")
    if expected is None or status != case["status"]:
        return []
    got = json.loads(answer)
    if "token" in expected:
        length = re.search(r"\((\d+) chars\)", expected["token"])
        if sorted(got) != sorted(expected) or not got["token"].startswith("pypi-"):
            return [f"answer {got}"]
        # The length tells for how many projects the token is.
        if length and len(got["token"]) != int(length.group(1)):
            return [f"a token of {len(got['token'])} characters, not {length.group(1)}"]
        return []
    if "validation error for TokenPayload" in str(expected):
        # Pydantic says the rest, which nobody reads: the code is what counts.
        got, expected = ([one["code"] for one in part["errors"]] for part in (got, expected))
    return [] if got == expected else [f"answer {got}, not {expected}"]


def arrange_exchange(index: DisturbedIndex, case: dict[str, Any]) -> None:
    text = prose(case)
    after = case.get("project_after") or {}
    pending_names = {row["project_name"] for row in case.get("pending") or []}
    for row in case.get("publishers") or []:
        if not index.has_project(row["project"]):
            index.create_project(row["project"], owner="orcowner")
        index.register_publisher(
            row["project"],
            owner=row["owner"],
            repository=row["repository"],
            workflow=row["workflow"],
            environment=row.get("environment"),
            owner_id=row.get("owner_id") or "1001",
        )
    if "publisher row without projects" in text:
        claims = case["claims"]
        doomed = index.create_project("orc-doomed", owner="orcowner")
        owner, _, repository = claims["repository"].partition("/")
        row = index.register_publisher(
            "orc-doomed", owner=owner, repository=repository, workflow="release.yml"
        )
        row.project_ids.discard(doomed.id)
    used = re.search(r"second use|repeats a used|same JWT again|already used", text)
    if used:
        # The first use was before any pending publisher of this case.
        refused = "refused JWT is not burnt" in text
        kept, index.publishing.publishers = index.publishing.publishers, []
        if not refused:
            index.publishing.publishers = kept
        try_mint(index, identity_token(index, case))
        index.publishing.publishers = kept
    for row in case.get("pending") or []:
        add_pending(index, row, case)
    for name, state in after.items():
        if state is None or name == case.get("created_by_mint"):
            continue
        if index.has_project(name):
            index.delete_project(name)
            existing = plant_project(index, state, "")
            for publisher in index.publishing.publishers:
                publisher.project_ids.add(existing.id)
        elif name in pending_names and "deleted_by_creation" in str(case["pending"]):
            owner = index.add_user(state["owners"][0])
            index.create_for(name, owner, address="127.0.0.1")
            index.catalogue.delete_project(name)
            plant_project(index, state, "")
        else:
            plant_project(index, state, "")
    for says in case.get("pre") or []:
        project = index.catalogue.find((case.get("publishers") or [{"project": ""}])[0]["project"])
        arrange_from_prose(index, project, says, text)
    if "registration" in text and "disabled" in text:
        index.flags.add("disallow-new-project-registration")


def try_mint(index: DisturbedIndex, token: str) -> None:
    from nox_release.rehearsal.answers import Refused

    try:
        index.publishing.mint(json.dumps({"token": token}).encode())
    except Refused:
        return


def add_pending(index: DisturbedIndex, row: dict[str, Any], case: dict[str, Any]) -> None:
    claims = case.get("claims") or {}
    owner, _, repository = claims.get("repository", "octo-org/x").partition("/")
    file = re.search(r"[^/]+\.ya?ml(?=@)", claims.get("job_workflow_ref", ""))
    index.publishing.pending.append(
        PendingPublisher(
            owner=row.get("owner", owner),
            repository=row.get("repository", repository),
            workflow=row.get("workflow", file.group() if file else "release.yml"),
            environment=row.get("environment", ""),
            owner_id=row.get("owner_id") or "1001",
            project_name=row["project_name"],
            added_by=index.add_user(row.get("added_by", "orcowner")),
            organization=row.get("organization"),
            created=index.now(),
        )
    )


def identity_token(index: DisturbedIndex, case: dict[str, Any]) -> str:
    """The JWT that a case describes by its claims and in words."""
    start = int(index.now().timestamp())
    claims: dict[str, Any] = {
        "iss": GITHUB_ISSUER,
        "iat": start,
        "nbf": start,
        "exp": start + 300,
        "jti": f"jti-{case['id']}",
    }
    given = case.get("claims") or {}
    claims = {**claims, **given}
    if given and "iss" not in given:
        del claims["iss"]
    for name, value in (case.get("claims_changed_from_normal") or {}).items():
        if value is None:
            claims.pop(name, None)
        else:
            claims[name] = value
    words = f"{case.get('jwt') or ''} · {case.get('desc') or ''}"
    if re.search(r"alg(orithm)? none", words):
        return index.jwt(claims, header={"alg": "none", "kid": None})
    if found := re.search(r"\b(HS256|RS512|ES256|PS256|RS384)\b", case.get("jwt") or ""):
        return index.jwt(claims, header={"alg": found.group(1)})
    if re.search(r"(no|without) kid", words):
        return index.jwt(claims, header={"kid": None})
    if re.search(r"unknown (key|kid)|kid unknown|key unknown", words):
        return index.jwt(claims, header={"kid": "unknown"})
    token = index.jwt(claims)
    if re.search(
        r"(other|another|wrong|foreign) key|bad signature|signature (altered|wrong)", words
    ):
        head, body, signature = token.split(".")
        flipped = ("A" if signature[4] != "A" else "B") + signature[5:]
        return f"{head}.{body}.{signature[:4]}{flipped}"
    return token


def pending_form(index: DisturbedIndex, case: dict[str, Any]) -> list[str]:
    text = " · ".join([prose(case), case["user"], case.get("note") or ""])
    user = index.add_user(case["user"])
    form = case["form"]
    index.registrations.github_owners = {form.get("owner", ""): ("octo-org", "1001")}
    if re.search(r"unknown (GitHub )?(owner|user|account|organi)|404|does not exist", text):
        index.registrations.github_owners = {}
    for pattern, answer in GITHUB_TROUBLE:
        if re.search(pattern, text):
            index.registrations.github_answers[form["owner"]] = answer
    if re.search(r"without (a )?verified|unverified|no verified", text):
        user.verified_email = False
    for says in case["pre"]:
        arrange_from_prose(index, None, says, text)
        if found := re.search(r"(pf-dup\w*) registered", says):
            named = "orc-pf-dup" if found.group(1) else ""
            index.register_pending(case["user"], {**form, "project_name": named})
    if re.search(r"number 4|fourth|4th|more than 3|three .*registered|pf-lim3", text):
        for number in range(3):
            values = {"repository": f"r{number}", "project_name": f"orc-limit-{number}"}
            index.register_pending(case["user"], {**form, **values})
    got = index.register_pending(case["user"], form)
    wrong = []
    if got.accepted != case["accepted"]:
        wrong.append(f"accepted {got.accepted}: {got}")
    # In which words, only the page says: which fields it refuses is compared.
    if sorted(got.errors) != sorted(case["errors"]):
        wrong.append(f"errors {got.errors}, not {case['errors']}")
    row = got.publisher
    stored = None
    if isinstance(row, PendingPublisher):
        stored = {
            "project_name": row.project_name,
            "repository_owner": row.owner,
            "repository_name": row.repository,
            "workflow_filename": row.workflow,
            "environment": row.environment,
            "owner_id": row.owner_id,
        }
    if stored != case["stored"]:
        wrong.append(f"stored {stored}, not {case['stored']}")
    return wrong


def time_to_live(index: DisturbedIndex, server: Server, case: dict[str, Any]) -> list[str]:
    days = re.search(r"(\d+) days ago", case["desc"])
    named = re.search(r"orc-[\w-]+", json.dumps(case.get("emails") or ""))
    add_pending(index, {"project_name": named.group() if named else "orc-x"}, case)
    index.publishing.pending[0].created -= timedelta(days=int(days.group(1)) if days else 0)
    if not re.search(
        r"task (has |did )?not|before the (daily )?task|not yet deleted", case["desc"]
    ):
        index.pass_time()
    subjects = [f"[PyPI] {one.subject}" for one in index.publishing.emails]
    if subjects != (case.get("emails") or []):
        return [f"e-mails {subjects}, not {case.get('emails')}"]
    if "request" in case:
        index.publishing.emails.clear()
        rows = {"claims": {}, **case, "pending": [], "emails": case.get("emails", [])}
        return exchange(index, server, rows)
    return []


def replay(oracle: Path) -> list[tuple[dict[str, Any], list[str]]]:
    """Every case with what disagrees."""
    runner = Replay(oracle)
    results = []
    try:
        for file in ("oidc.jsonl", "uploads.jsonl"):
            for line in (oracle / file).read_text(encoding="utf-8").splitlines():
                case = full(json.loads(line))
                try:
                    results.append((case, runner.run(case)))
                except Exception as error:  # noqa: BLE001 - one case must not hide the others
                    results.append((case, [f"{type(error).__name__}: {error}"]))
    finally:
        runner.server.stop()
    return results


def main(arguments: list[str]) -> int:
    given = [one for one in arguments if not one.startswith("-")]
    told = given[0] if given else os.environ.get("NOX_RELEASE_ORACLE")
    oracle = Path(told or Path(__file__).parents[3] / "shared" / "oracle")
    results = replay(oracle)
    agreed: collections.Counter[str] = collections.Counter()
    disagreed: collections.Counter[str] = collections.Counter()
    for case, wrong in results:
        (disagreed if wrong else agreed)[case["group"]] += 1
        if wrong:
            print(f"{case['id']} ({case['desc']}):")
            for one in wrong:
                print(f"    {one}")
    print(f"\n{'group':<16}{'agreed':>8}{'disagreed':>11}")
    for group in sorted({case["group"] for case, _ in results}):
        print(f"{group:<16}{agreed[group]:>8}{disagreed[group]:>11}")
    print(f"{'all':<16}{agreed.total():>8}{disagreed.total():>11}")
    return 1 if disagreed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
