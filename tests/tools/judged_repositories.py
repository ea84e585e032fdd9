"""Every error and warning about public repositories, beside what a person thinks of it.

usage: python tests/tools/judged_repositories.py [--round N] FOLDER...

Each folder is a git directory, or a work tree, of a project in `tests/data/judged_repositories.txt`,
which has its name in its path (`owner+name`). Its files at the judged commit are audited by
`check-project` with no network; findings that are only about this machine are left out, and those
of zizmor are not counted. A verdict is *right* or *false* for an error; *useful*, *noise* or *wrong*
for a warning; both, with a comma, where a rule has been both. What nobody has judged is printed.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TABLE = Path(__file__).parents[1] / "data" / "judged_repositories.txt"
COUNTED = {"error": "right", "warning": "useful"}
VERDICTS = {"error": ("right", "false"), "warning": ("useful", "noise", "wrong")}
# Of the clone and the machine, not of the project.
NOT_OF_THE_PROJECT = ("index", "GitHub", "distributions")
OF_THE_CLONE = re.compile(
    r"zizmor|tree-|branch-|clone-|head-|version-not-raised|back-to-development"
)
NO_NETWORK = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9")


def table():
    """By project: its round, its commit, its folder, and the verdicts by rule."""
    rows, number = {}, 0
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"# round (\d+)", line):
            number = int(found[1])
        if not line or line.startswith("#"):
            continue
        name, commit, *verdicts = line.split()
        name, _, folder = name.partition(":")
        rows[name] = (number, commit, folder, dict(one.split("=") for one in verdicts))
    return rows


def audit(git_directory, name, commit, folder):
    """The errors and warnings of the project at that commit, by severity and rule."""
    with tempfile.TemporaryDirectory(prefix="judged-") as aside:
        environ = {**os.environ, **NO_NETWORK, "HOME": aside, "NO_COLOR": "1"}
        root = Path(aside, name.replace("/", "+"))

        def git(*arguments):
            command = ["git", "-C", root, *arguments]
            subprocess.run(command, env=environ, capture_output=True, check=False)

        clone = ["git", "clone", "-q", "-n", "-s", git_directory, root]
        subprocess.run(clone, env=environ, capture_output=True, check=True)
        git("remote", "set-url", "origin", f"https://github.com/{name}.git")
        git("update-ref", "HEAD", commit)
        git("read-tree", commit)
        git("checkout-index", "-q", "-a", "-f")  # a file too large for a mirror may be missing
        done = subprocess.run(
            [sys.executable, "-m", "nox_release", "check-project", "--json"],
            cwd=root / folder, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
    document = json.loads(done.stdout)
    return {
        (one["severity"], one["id"]): one["message"]
        for project in document.get("projects", ())
        for one in project["results"]
        if one["status"] == "finding"
        and one["severity"] in COUNTED
        and one["subject"] not in NOT_OF_THE_PROJECT
        and not OF_THE_CLONE.match(one["id"])
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--round", type=int, help="only those that were judged in this round")
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    rows, wanted = table(), []
    for folder in options.folders:
        name = next(
            (p.replace("+", "/") for p in folder.parts if p.replace("+", "/") in rows), None
        )
        if name and options.round in (None, rows[name][0]):
            wanted.append((folder, name))
    with ThreadPoolExecutor(2) as pool:
        audits = list(pool.map(lambda one: audit(*one, *rows[one[1]][1:3]), wanted))
    counts, unjudged = collections.Counter(), 0
    for (_, name), found in zip(wanted, audits, strict=True):
        for (severity, rule), message in sorted(found.items()):
            given = rows[name][3].get(rule, "").split(",")
            verdict = next((one for one in given if one in VERDICTS[severity]), "?")
            counts[severity, verdict] += 1
            unjudged += verdict == "?"
            if verdict != COUNTED[severity]:
                print(f"{name}: {severity} {rule}: {verdict}\n    {message}")
    print(f"\n{len(wanted)} repositories")
    for severity, good in COUNTED.items():
        of = {verdict: n for (one, verdict), n in sorted(counts.items()) if one == severity}
        share = 100 * of.get(good, 0) / (sum(of.values()) or 1)
        print(f"{severity}s: {sum(of.values())}, {good} {share:.0f} %: {of}")
    return int(bool(unjudged) or bool(counts["error", "false"]) or bool(counts["warning", "wrong"]))


if __name__ == "__main__":
    sys.exit(main())
