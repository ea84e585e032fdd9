"""The rehearsed world with troubles in it, and with what only PyPI's administrators can do."""

import secrets
from datetime import timedelta
from pathlib import Path

from packaging.utils import canonicalize_version

import warm
from made_once import built_once, once, share_interpreters
from nox_release.edges.process import Runner
from nox_release.rehearsal.catalogue import STATUSES, Catalogue
from nox_release.rehearsal.github import RehearsalGitHub
from nox_release.rehearsal.index import RehearsalIndex
from nox_release.rehearsal.oidc import AUDIENCE, GITHUB_ISSUER, PENDING_DAYS, Email
from nox_release.rehearsal.serving import Server
from nox_release.rehearsal.world import World
from troubles import SNAPSHOT, Faults, Faulty

_REMINDER_DAYS = 5


class DisturbedIndex(RehearsalIndex):
    """Every request meets `faults` first."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.faults = Faults(snapshot=lambda: snapshot(self.catalogue))
        self.app = Faulty(self._application, self.faults)
        self.server = Server(self.app)
        self.files_server = Server(Faulty(self._stored_files, self.faults))

    def start(self):
        self.faults.restart()
        return super().start()

    def stop(self):
        self.faults.stop()
        super().stop()

    def catalogue_for(self, environ):
        return environ.get(SNAPSHOT) or self.catalogue

    # --- what owners and administrators do -----------------------------------------------------

    def add_role(self, name, username, role="Maintainer"):
        self.project(name).roles[self.add_user(username).username] = role

    def set_status(self, name, status):
        """`active`, `archived` or `quarantined`."""
        if status not in STATUSES:
            raise ValueError(f"no such status: {status}")
        with self.catalogue.lock:
            project = self.project(name)
            project.status = status
            self.catalogue.touch(project)

    def yank(self, name, version, reason="", *, yanked=True):
        with self.catalogue.lock:
            release = self._release(name, version)
            release.yanked, release.yanked_reason = yanked, reason if yanked else ""
            self.catalogue.touch(self.project(name))

    def quarantine_release(self, name, version):
        with self.catalogue.lock:
            self._release(name, version).quarantined = True
            self.catalogue.touch(self.project(name))

    def age_release(self, name, version, days):
        """Let the release have been made `days` ago, its files too."""
        with self.catalogue.lock:
            release = self._release(name, version)
            shift = self.now() - timedelta(days=days) - release.created
            release.created += shift
            for one in release.files:
                one.upload_time += shift

    def _release(self, name, version):
        release = self.project(name).release(version)
        if release is None:
            raise LookupError(f"no release {version} of {name!r} on the rehearsal's index")
        return release

    def delete_file(self, filename):
        """As an owner may; the filename can never be used again."""
        with self.catalogue.lock:
            for project in self.catalogue.projects.values():
                for release in project.releases.values():
                    kept = [one for one in release.files if one.filename != filename]
                    if len(kept) != len(release.files):
                        release.files[:] = kept
                        self.catalogue.touch(project)
                        return
        raise LookupError(f"no file {filename!r} on the rehearsal's index")

    def delete_release(self, name, version):
        with self.catalogue.lock:
            project = self.project(name)
            del project.releases[canonicalize_version(version)]
            self.catalogue.touch(project)

    def prohibit(self, name):
        """Put a name on the administrators' list."""
        self.catalogue.prohibited.add(name)

    # --- what tests ask and arrange -------------------------------------------------------------

    def has_project(self, name: str):
        return self.catalogue.find(name) is not None

    def register_publisher(
        self, name, *, owner, repository, workflow, environment=None, owner_id="1001"
    ):
        """Attach a trusted publisher to an existing project, past the form."""
        with self.catalogue.lock:
            return self.publishing.attach(
                self.project(name),
                {
                    "owner": owner,
                    "owner_id": owner_id,
                    "repository": repository,
                    "workflow": workflow,
                    "environment": (environment or "").lower(),
                },
            )

    def github_jwt(
        self,
        repository,
        workflow,
        *,
        ref="refs/heads/main",
        sha="0" * 40,
        event_name="push",
        environment=None,
        audience=None,
        **claims,
    ):
        """An identity token as a job in `repository` (`owner/name`) gets it from GitHub."""
        start = int(self.now().timestamp())
        place = f"{repository}/.github/workflows/{workflow}@{ref}"
        full = {
            "iss": GITHUB_ISSUER,
            "aud": audience or AUDIENCE,
            "iat": start,
            "nbf": start,
            "exp": start + 300,
            "jti": secrets.token_hex(16),
            "sub": f"repo:{repository}:ref:{ref}",
            "repository": repository,
            "repository_owner": repository.partition("/")[0],
            "repository_owner_id": "1001",
            "job_workflow_ref": place,
            "workflow_ref": place,
            "ref": ref,
            "sha": sha,
            "event_name": event_name,
            "run_attempt": "1",
        }
        if environment is not None:
            full["environment"] = environment
        return self.jwt({**full, **claims})

    def pass_time(self):
        """The daily tasks: remind of pending publishers, and delete those of 30 days."""
        now = self.publishing.accounts.now()
        with self.publishing.catalogue.lock:
            for one in tuple(self.publishing.pending):
                age = now - one.created
                if age > timedelta(days=PENDING_DAYS):
                    self.publishing.pending.remove(one)
                    subject = f"Pending trusted publisher expired for {one.project_name}"
                elif age > timedelta(days=PENDING_DAYS - _REMINDER_DAYS) and not one.reminded:
                    one.reminded = True
                    subject = f"Pending trusted publisher for {one.project_name} expiring soon"
                else:
                    continue
                self.publishing.emails.append(Email(subject=subject, to=(one.added_by.username,)))


def snapshot(catalogue):
    """The same state, apart from what happens later."""
    import copy

    with catalogue.lock:
        frozen = Catalogue(catalogue.directory, catalogue.now)
        frozen.projects = copy.deepcopy(catalogue.projects)
        frozen.used_filenames = set(catalogue.used_filenames)
        frozen.prohibited = set(catalogue.prohibited)
        frozen.withheld = set(catalogue.withheld)
        frozen.download_delay = catalogue.download_delay
        frozen.files_root = catalogue.files_root
        frozen.serial = catalogue.serial
        return frozen


class DisturbedGitHub(RehearsalGitHub):
    """Every request meets `faults` first."""

    def __init__(self, **options):
        super().__init__(**options)
        self.faults = Faults()
        self._disturbed = Faulty(super().application, self.faults)

    def application(self, environ, start_response):
        return self._disturbed(environ, start_response)

    def stop(self):
        self.faults.stop()
        super().stop()

    def squash(self, pull):
        """Merge a pull request as people do with a button: one commit with its tree on its base."""
        base, head = f"refs/heads/{pull.base}", f"refs/heads/{pull.head}"
        parent = self.bare.commit(base)
        made = self.bare.git(
            "-c", "user.name=GitHub", "-c", "user.email=noreply@github.com", "commit-tree",
            f"{head}^{{tree}}", "-p", str(parent), "-m", f"{pull.title} (#{pull.number})",
        )  # fmt: skip
        commit = str(made).strip()
        self.bare.git("update-ref", base, commit, str(parent))
        pull.state, pull.merge_commit, pull.merged_at = "merged", commit, self.clock.now()
        return commit


_AUDITED = {}


class WarmRunner(Runner):
    """Starts twine as a fork of a process that has loaded it, and zizmor once for what is the same."""

    def run(self, command, *, cwd, **options):
        if Path(command[0]).name != "zizmor":
            return super().run(command, cwd=cwd, **options)
        read = [*cwd.glob("zizmor.y*ml"), *cwd.glob(".github/**/*.y*ml")]
        asked = (*command, *((path.relative_to(cwd), path.read_bytes()) for path in sorted(read)))
        if asked not in _AUDITED:
            _AUDITED[asked] = super().run(command, cwd=cwd, **options)
        return _AUDITED[asked]

    def _start(self, argv, *given, **options):
        return super()._start(warm.instead_of(argv), *given, **options)


class DisturbedWorld(World):
    """A world around these two. What is the same in very many worlds is made once (`made_once`)."""

    github_type = DisturbedGitHub

    def __init__(self, directory, **options):
        super().__init__(directory, **options)
        self.runner = WarmRunner(environ=self.environ)

    def __enter__(self):
        share_interpreters(self.environ, self.directory / "cache" / "uv")
        super().__enter__()
        self.workflows.builder.build = built_once(self.workflows.builder.build)
        return self

    def make_index(self):
        return DisturbedIndex(self.directory / "index", clock=self.clock)

    def seed(self, source=None, *, files=None):
        if source is not None:
            super().seed(source)
            return
        fill = super().seed
        self.once(("seed", *sorted((files or {}).items())), lambda: fill(files=files))
        self.workflows.forget_pushes()

    def once(self, what, fill):
        """Have `fill` change the repositories; or put them as they are when it has changed the same
        ones before. `what` says what it does.
        """
        head = self.remote / "refs" / "heads" / self.branch
        before = head.read_text() if head.exists() else ""
        key = (what, before, self.owner, self.repository, self.branch, self.remote_name)
        once(key, fill, **{name: self.directory / name for name in ("github", "work", "built")})

    def mistakes(self):
        """Tracebacks of the stand-ins themselves: what they could not answer."""
        return [*self.github.errors, *self.index.server.errors]
