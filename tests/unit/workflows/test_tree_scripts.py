"""Which scripts of the tree a step runs, and what those are sure to run."""

import pytest

from nox_release.workflows.syntax import parse_workflow
from nox_release.workflows.tree_scripts import commands_in, scripts_of


def step(run, more=""):
    text = f"on: push\njobs:\n  a:\n    steps:\n      - run: {run}\n{more}"
    return parse_workflow(text, file=".github/workflows/a.yml").jobs[0].steps[0]


@pytest.mark.parametrize(
    ("run", "scripts"),
    [
        ("bash scripts/release.sh", ("scripts/release.sh",)),
        ("./release v1", ("release",)),
        ("python -u tools/up.py --all && sh -e b.sh", ("tools/up.py", "b.sh")),
        ("scripts/publish --all", ("scripts/publish",)),
        ("tox -e release", ()),
        ("bash /opt/up.sh", ()),
        ("bash ../up.sh", ()),
        ("bash $HOME/up.sh", ()),
        ("python -m build", ()),
    ],
)
def test_scripts_are_those_that_are_named(run, scripts):
    assert scripts_of(step(run)) == scripts


def test_a_script_is_looked_for_where_the_step_works():
    assert scripts_of(step("./up.sh", "        working-directory: ci\n")) == ("ci/up.sh",)


SHELL = """\
#!/bin/sh
set -e
upload() {
  twine upload never/*
}
if [ "$1" = publish ]; then
  twine upload perhaps/*
fi
for f in a b; do twine upload $f; done
case $1 in
  x) twine upload x ;;
esac
gh release create \\
  "$TAG"
twine upload dist/*
exit 0
twine upload later/*
"""


def test_only_what_a_shell_script_always_runs_counts():
    lines = commands_in("up.sh", SHELL).splitlines()
    assert [line for line in lines if "upload" in line] == ["twine upload dist/*"]
    assert any(line.startswith("gh release create") for line in lines)


PYTHON = """\
import subprocess, sys

def main():
    subprocess.run([sys.executable, "-m", "build"], check=True)
    files = ["a"]
    subprocess.check_call(["twine", "upload", *files])
    if files:
        subprocess.run(["twine", "upload", "perhaps"])

def never():
    os.system("twine upload never")

print("twine upload said")
if __name__ == "__main__":
    sys.exit(main())
"""


def test_only_what_a_python_script_always_runs_counts():
    assert commands_in("up.py", PYTHON).splitlines() == ["'$' -m build", "twine upload '$'"]


@pytest.mark.parametrize("text", ["def (", "x" * 200_000, "print('twine upload dist/*')"])
def test_a_script_that_tells_nothing_is_empty(text):
    assert commands_in("up.py", text) == ""
