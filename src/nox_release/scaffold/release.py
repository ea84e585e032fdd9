"""The workflow by which a person has a release made in CI: a button, and the session `release`."""

from nox_release.scaffold.publish import CHECKOUT, SETUP_PYTHON, PublishPlan

BOT = "github-actions[bot]"
_ADDRESS = "41898282+github-actions[bot]@users.noreply.github.com"
COMMANDS = f"""\
git config --global user.name '{BOT}'
git config --global user.email '{_ADDRESS}'
gh auth setup-git
python -m pip install --disable-pip-version-check '{{tool}}'
nox-release prepare --check{{package}}
read -ra given <<< "$VERSION"
if [ "$DRY_RUN" = true ]; then given+=(--dry-run); else given+=(--yes); fi
nox-release release "${{{{given[@]}}}}"{{package}}
"""


def release_commands(plan: PublishPlan) -> str:
    """What the job runs: with the run's own token gh and git may write, and nothing else may."""
    package = f" --package {plan.package}" if plan.package else ""
    return COMMANDS.format(tool=plan.tool, package=package)


def release_workflow(plan: PublishPlan) -> str:
    """The whole text of release.yml."""
    script = "".join(f"          {line}\n" for line in release_commands(plan).splitlines())
    guard = f"\n    if: github.repository == '{plan.repository}'" if plan.repository else ""
    return f"""\
# Releases {plan.name}: Actions → Release → Run workflow, or
#   gh workflow run release.yml -f version=minor
# It pushes the tag with its own token and starts {plan.filename} on it, which alone may publish.
name: Release

on:
  workflow_dispatch:
    inputs:
      version:
        description: The version, or what to raise (patch, minor, major, minor rc)
        type: string
        required: true
      dry-run:
        description: Show the plan and stop
        type: boolean
        default: false

permissions: {{}}

concurrency:
  group: release
  cancel-in-progress: false # a second release waits for the first

jobs:
  release:
    name: Release{guard}
    runs-on: ubuntu-latest
    timeout-minutes: 120
    permissions:
      actions: write # starts {plan.filename} on the tag
      checks: read # reads the checks of the commit
      contents: write # pushes the tag, makes the GitHub release
      statuses: read # reads the older kind of checks
    steps:
      - name: Check out
        uses: {CHECKOUT}
        with:
          fetch-depth: 0 # the tags, and what lies between them
          persist-credentials: false

      - name: Set up Python
        uses: {SETUP_PYTHON}
        with:
          python-version: "{plan.python or "3.x"}"

      - name: Release
        shell: bash
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          VERSION: ${{{{ inputs.version }}}}
          DRY_RUN: ${{{{ inputs.dry-run }}}}
        run: |
{script}"""
