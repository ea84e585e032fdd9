"""A release that is prepared first: `release -- minor`, onto the branch or by a pull request.

The branch's checks are green as soon as somebody asks (`checks`), and a reviewer squashes the pull
request when the command has asked about it a while (`review`); a cell may have them do otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import observer
from preparing import add, make_ready
from scene import NAME, VERSION, Scene, built_files

NEXT, NEXT_TAG = "1.3.0", "v1.3.0"
BRANCH = f"release/{NAME}-{NEXT}"
PREPARED = ("minor", "proposed")
CI = "on: push\njobs:\n  tests:\n    runs-on: ubuntu-latest\n    steps: [{run: pytest}]\n"
RULESET = {
    "id": 7, "name": "main", "target": "branch", "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [{"type": "pull_request"}], "current_user_can_bypass": "never",
}  # fmt: skip
_LOOKS = 2  # at the open pull request, before somebody merges it


@dataclass
class PreparedScene(Scene):
    """`minor` commits onto main, whose pushes are tested; `proposed` goes by a pull request."""

    review: str = "squash"
    checks: str | None = "success"

    @property
    def command(self):
        return ("release", "minor")

    def begin(self):
        self.artifacts = tuple(built_files(NEXT))
        make_ready(self.world)
        if self.story == "minor":
            add(self.world, _dot_github__workflows__ci_dot_yml=CI)
        else:
            self.world.github.settings.rulesets.append(RULESET)
        self.commit = self.world.git("rev-parse", "HEAD")
        self.people(_LOOKS)

    def people(self, looks=0):
        """Have the others there who test and review."""
        faults = self.world.github.faults
        faults.before("/repos/*/check-runs*", self.check, method="GET", times=None)
        faults.before("/repos/*/pulls/*", self.merge, method="GET", times=None, skip=looks)

    def clear_faults(self):
        super().clear_faults()
        self.people()

    def check(self):
        """The checks of what the branch has now."""
        head = self.head_there()
        if self.checks and all(one.head_sha != head for one in self.world.github.check_runs):
            self.world.github.add_check_run(head, "tests", conclusion=self.checks)

    def merge(self):
        """What the reviewer does with an open pull request."""
        for pull in self.world.github.pulls:
            if pull.state == "open" and self.review:
                getattr(self, f"_{self.review}")(pull)

    def _squash(self, pull):
        self.world.github.squash(pull)

    def _merge(self, pull):
        github = self.world.github
        github.squash(pull)
        tree, parent = f"{pull.merge_commit}^{{tree}}", f"{pull.merge_commit}^"
        head = f"refs/heads/{pull.head}"
        arguments = ("commit-tree", tree, "-p", parent, "-p", head, "-m", f"Merge {pull.head}")
        pull.merge_commit = self.there(*arguments)
        self.there("update-ref", f"refs/heads/{pull.base}", pull.merge_commit)

    def _tidy(self, pull):
        self._squash(pull)
        self.there("update-ref", "-d", f"refs/heads/{pull.head}")

    def _later(self, pull):
        self._squash(pull)
        self.push_another()

    def _close(self, pull):
        pull.state = "closed"

    def _conflict(self, pull):
        pull.mergeable_state = "dirty"

    def push_another(self):
        """Somebody pushes to main."""
        head = self.head_there()
        blob = self.world.runner.run(
            ["git", "--git-dir", str(self.world.remote), "hash-object", "-w", "--stdin"],
            cwd=self.world.remote, text="more\n",
        ).stdout.strip()  # fmt: skip
        listed = self.there("ls-tree", head)
        tree = self.world.runner.run(
            ["git", "--git-dir", str(self.world.remote), "mktree"],
            cwd=self.world.remote, text=f"{listed}\n100644 blob {blob}\tmore.txt\n",
        ).stdout.strip()  # fmt: skip
        made = self.there("commit-tree", tree, "-p", head, "-m", "Another")
        self.there("update-ref", "refs/heads/main", made)

    # --- what is there -------------------------------------------------------------------------

    def there(self, *arguments):
        return self.world.git(*arguments, cwd=self.world.remote)

    def head_there(self):
        return self.there("rev-parse", "refs/heads/main")

    def raised(self):
        """The commits of the remote's main that raised the version, the newest first."""
        return observer.raised(self.world, VERSION, NEXT)

    def wanted(self, sent=None):
        there = self.raised()
        return replace(
            super().wanted(sent),
            version=NEXT,
            bytes_of={path.name: observer.sha256(path) for path in built_files(NEXT)},
            tag=NEXT_TAG,
            earlier=(f"v{VERSION}",),
            workflow=".github/workflows/publish.yml",
            publisher=(f"you/{NAME}", "publish.yml", "pypi"),
            commit=there[0] if there else "nothing",
        )

    def missing(self, sent=None):
        return [*observer.unprepared(self.world, VERSION, NEXT), *super().missing(sent)]

    def doubled(self):
        counts = {
            "commits that raise the version": len(self.raised()),
            "pull requests": sum(one.state != "closed" for one in self.world.github.pulls),
        }
        several = [f"{count} {what}" for what, count in counts.items() if count > 1]
        return [*several, *super().doubled()]

    def has_moved_on(self):
        return False
