"""Compare our verdicts with those that a real Warehouse gave.

    python tests/tools/oracle.py [DIRECTORY]

The directory (or $NOX_RELEASE_ORACLE, or ../shared/oracle beside this repository) holds
uploads.jsonl and the files. Two tables are printed, by group of cases:

files alone    what `check_distributions` says without being told anything, for the cases that the
               files decide
with the form  the first refusal, its status and its words, for the very fields that were sent

Exit code 1 when a refusal was missed, a file was refused that PyPI takes, or a text differs.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nox_release import check_distributions
from nox_release.checks import upload
from nox_release.core.findings import errors_in
from nox_release.files.archives import read_archive

ROOT = Path(__file__).parents[2]
# These turn on accounts, on what was uploaded before, or on the request.
STATEFUL = ("account", "reupload", "wire")
HOSTS = {
    "{pypi-host}": "pypi.org",
    "{upload-host}": "upload.pypi.org",
    "{docs-host}": "docs.pypi.org",
    "{testpypi-host}": "test.pypi.org",
    "{files-host}": "files.pythonhosted.org",
}


@dataclass(frozen=True)
class Case:
    id: str
    group: str
    description: str
    verdict: str
    status: int
    text: str
    filename: str
    path: Path | None
    form: dict
    sent_via: str
    before: tuple
    existed: bool

    @property
    def refused(self):
        return self.verdict in ("rejected", "server-error")

    @property
    def by_files_alone(self):
        """Whether the files decide: no state, no field or filename replaced on the way."""
        return (
            self.group not in STATEFUL
            and "overrides" not in self.sent_via
            and self.path is not None
            and self.path.name == self.filename
            and not self.needs_state
        )

    @property
    def by_form(self):
        return self.group not in STATEFUL and self.path is not None and not self.needs_limits

    @property
    def needs_limits(self):
        return any("limit" in each or "already holds" in each for each in self.before)

    @property
    def needs_state(self):
        return self.needs_limits or any(
            "prohibited" in each or re.match(r"project \S+ exists", each) for each in self.before
        )


def oracle_directory(argument=None):
    """The directory to use, or None."""
    given = argument or os.environ.get("NOX_RELEASE_ORACLE") or ROOT.parent / "shared" / "oracle"
    path = Path(given)
    return path if (path / "uploads.jsonl").is_file() else None


def read_cases(directory):
    with (directory / "uploads.jsonl").open(encoding="utf-8") as lines:
        return [_case(json.loads(line), directory) for line in lines if line.strip()]


def _case(row, directory):
    text = row["reason"] or ""  # what has no status line has no reason
    for placeholder, host in HOSTS.items():
        text = text.replace(placeholder, host)
    form = {}
    for key, value in row.get("form") or []:
        form.setdefault(key, []).append(_expanded(value))
    folder = directory / "files" / row["id"]
    files = [path for path in sorted(folder.glob("*")) if path.name != "NOT-KEPT.txt"]
    file = row.get("file") or {}
    return Case(
        id=row["id"],
        group=row["group"],
        description=row["desc"],
        verdict=row["verdict"],
        status=row["status"],
        text=text,
        filename=_expanded(file.get("filename") or ""),
        path=files[0] if files else None,
        form={key: tuple(values) for key, values in form.items()},
        sent_via=row["sent_via"],
        before=tuple(row["pre"]),
        existed=row["project_existed_before"],
    )


def _expanded(value):
    """Long strings are given in parts."""
    if isinstance(value, dict) and "concat" in value:
        return "".join(map(_expanded, value["concat"]))
    if isinstance(value, dict):
        return value["prefix"] + value["repeat"] * value["times"] + value["suffix"]
    return value


def first_refusal(case):
    """What our rules answer to the fields that were sent, or None."""
    archive = read_archive(case.path, case.filename)
    # The real command line recorded no fields: they are those that twine derives.
    form = case.form or upload.form_from(archive, case.filename)
    if not any(key.endswith("_digest") for key in form):
        form = {**form, "sha256_digest": ("0" * 64,)}
    for refusals in _steps(case, archive, form):
        for refusal in refusals:
            return refusal
    return None


def _steps(case, archive, form):
    filetype = form.get("filetype", ("",))[0]
    name = form.get("name", ("",))[0]
    yield upload.form_refusals(form)
    yield upload.metadata_refusals(form)
    if not case.existed:
        existing = [each.split()[1] for each in case.before if re.match(r"project \S+ exist", each)]
        prohibited = [each.split()[-1] for each in case.before if "prohibited" in each]
        yield upload.name_refusals(name, existing, prohibited=prohibited)
    yield upload.description_refusals(form)
    yield upload.filename_refusals(case.filename, filetype)
    yield upload.size_refusals(archive.size, name)
    yield upload.archive_refusals(archive, case.filename, form)


def by_form(case):
    """Agreement, and how ours differs from PyPI's if it does."""
    ours = first_refusal(case)
    if not case.refused:
        return ("agreed", "") if ours is None else ("false alarm", ours.text)
    if ours is None:
        return "missed", case.text
    theirs = upload.SERVER_ERROR if case.status >= 500 else case.text
    # The order of a set is shown in some texts, and differs from run to run.
    if (ours.status, _unordered(upload.status_line(ours))) == (case.status, _unordered(theirs)):
        return "agreed", ""
    return "other text", f"{ours.status} {ours.text!r} instead of {case.status} {theirs!r}"


def _unordered(text):
    return re.sub(r"\[[^\]]*\]", lambda found: "".join(sorted(found[0])), text)


AGEING = ("classifier-unknown", "metadata-version", "wheel-platform")


def by_files(case):
    found = check_distributions([case.path])
    # PyPI may take by now what is newer than our lists: told as a warning, with its refusal.
    newer = [one for one in found if one.refusal and one.id in AGEING]
    findings = [*errors_in(found), *(newer if case.refused else ())]
    said = ", ".join(finding.id for finding in findings)
    if bool(findings) == case.refused:
        return "agreed", said
    return ("missed", case.text) if case.refused else ("false alarm", said)


COLUMNS = ("agreed", "missed", "false alarm", "other text")


def tally(cases, judge):
    """The table by group, and every disagreement."""
    table = {}
    disagreements = []
    for case in cases:
        outcome, detail = judge(case)
        table.setdefault(case.group, Counter())[outcome] += 1
        if outcome != "agreed":
            disagreements.append((case, outcome, detail))
    return table, disagreements


def _print(title, table, disagreements, cases):
    refused = Counter(case.group for case in cases if case.refused)
    print(f"\n{title}")
    print(f"{'':18}{'cases':>7}{'refused':>9}" + "".join(f"{name:>13}" for name in COLUMNS))
    for group, counts in sorted(table.items()):
        row = f"{group:18}{sum(counts.values()):7}{refused[group]:9}"
        print(row + "".join(f"{counts[name]:13}" for name in COLUMNS))
    total = sum(table.values(), Counter())
    row = f"{'all':18}{sum(total.values()):7}{sum(refused.values()):9}"
    print(row + "".join(f"{total[name]:13}" for name in COLUMNS))
    for case, outcome, detail in disagreements:
        print(f"  {outcome}: {case.id} ({case.description})\n      {detail[:300]}")


def with_sent_name(case, folder):
    """The case with its file under the name that was sent, where a file can have it."""
    if case.path is None or case.path.name == case.filename or not case.filename:
        return case
    path = Path(folder, case.id, case.filename)
    try:
        path.parent.mkdir()
        shutil.copy(case.path, path)
    except OSError:
        return case
    return Case(**{**vars(case), "path": path})


def main(arguments):
    directory = oracle_directory(arguments[0] if arguments else None)
    if directory is None:
        print("There is no oracle here: give its directory, or set NOX_RELEASE_ORACLE.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        cases = [with_sent_name(case, folder) for case in read_cases(directory)]
        alone = [case for case in cases if case.by_files_alone]
        formed = [case for case in cases if case.by_form]
        failed = False
        for title, some, judge in (
            ("files alone", alone, by_files),
            ("with the form", formed, by_form),
        ):
            table, disagreements = tally(some, judge)
            _print(title, table, disagreements, some)
            failed = failed or bool(disagreements)
    print(f"\n{len(cases) - len(formed)} of {len(cases)} cases turn on state and are not here.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
