"""`release -- major --all-packages` in a workspace in which two packages follow a third."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass

from scene import SECONDS, Scene
from workspaces import change, make_workspace

VERSIONS = {"core-x": "2.0.0", "plug-x": "1.1.1", "cli-x": "1.0.3"}
SUBJECT = "Release core-x 2.0.0, plug-x 1.1.1 and cli-x 1.0.3"
BUILD = "import sys, tiny_backend as b; b.build_sdist(sys.argv[1]); b.build_wheel(sys.argv[1])"


@dataclass
class PackagesScene(Scene):
    """Each package has a release of its own, in the order in which they need each other."""

    seconds: int = 3 * SECONDS

    @property
    def command(self):
        return ("release", "major", "--all-packages")

    def seed(self):
        make_workspace(self.world)
        change(self.world, "core")

    def begin(self):
        """All is there with the workspace."""

    def build_on_the_runner(self, source, outdir):
        outdir.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-c", BUILD, str(outdir)],
            cwd=source,
            check=True,
            env={**os.environ, "PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return sorted(outdir.iterdir())

    # --- what is there -------------------------------------------------------------------------

    def there(self, *arguments):
        return self.world.git(*arguments, cwd=self.world.remote).strip()

    def missing(self, sent=None):
        head = self.there("rev-parse", "refs/heads/main")
        found = [] if self.subjects()[:1] == [SUBJECT] else ["the commit is not on main"]
        published = {one.tag for one in self.world.github.releases if not one.draft}
        for name, version in VERSIONS.items():
            tag = f"{name}-v{version}"
            files = self.world.index.filenames(name)
            if self.there("for-each-ref", "--format=%(*objectname)", f"refs/tags/{tag}") != head:
                found.append(f"{tag} is not on the commit")
            if tag not in published:
                found.append(f"no GitHub release {tag}")
            if sum(f"-{version}" in file for file in files) != 2:
                found.append(f"{name} {version} is not on the index")
        return found

    def subjects(self):
        return self.there("log", "--format=%s", "refs/heads/main").splitlines()

    def doubled(self):
        tags = Counter(one.tag for one in self.world.github.releases)
        several = [f"{count} GitHub releases {tag}" for tag, count in tags.items() if count > 1]
        commits = self.subjects().count(SUBJECT)
        return [*several, *([f"{commits} commits"] if commits > 1 else [])]

    def has_moved_on(self):
        return False
