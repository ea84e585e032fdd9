"""What operations have to say, and the few questions they have."""

from __future__ import annotations

import contextlib
import io
import json as json_module
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any, TextIO

from nox_release.core.errors import ChecksFailed, ConfigurationError, Declined, NoxReleaseError
from nox_release.core.findings import SUBJECTS, Finding, Result, Severity, Skipped
from nox_release.core.redaction import redact
from nox_release.edges.as_json import error_as_json
from nox_release.edges.screen import UNPRINTABLE, Screen, escaped, is_unicode

# In JSON documents: what is, or is to be, in a file, and what a log says.
_OF_THE_INDEX = "PyPI would say"
_AS_FOUND = ("message", "refusal", "title", "reason", "detail")
_VERBATIM = ("patch", "line", "captures", "first_errors")


class Console(Screen):
    """Shows findings, errors and documents, and asks the few questions there are."""

    @classmethod
    def for_terminal(
        cls,
        *,
        environ: Mapping[str, str],
        interactive: bool,
        json: bool = False,
        file: TextIO | None = None,
        width: int | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Console:
        """A console on standard output. Where that is for a JSON document, what people read goes
        to standard error, and nowhere when that is no terminal either.

        `names` are the names of the registered sessions, see `as_called`.
        """
        stream = file or sys.stdout
        target = stream
        if json and file is None:
            target = sys.stderr if sys.stderr.isatty() else io.StringIO()
        for one in {stream, target}:
            if isinstance(one, io.TextIOWrapper):  # names and words in letters it does not have
                one.reconfigure(errors="backslashreplace")
        return cls(
            target,
            stream=stream,
            environ=environ,
            interactive=interactive,
            json=json,
            width=width,
            names=names,
        )

    def _document(self, value: Any) -> Any:
        """A JSON document whose commands are those that the screen would show."""
        if isinstance(value, str):
            return self._as_called(value)
        if isinstance(value, dict):
            kept = (*_VERBATIM, *_AS_FOUND) if "status" in value else _VERBATIM
            return {key: one if key in kept else self._document(one) for key, one in value.items()}
        return [self._document(one) for one in value] if isinstance(value, list | tuple) else value

    # --- findings and errors -----------------------------------------------------------------

    def finding(self, finding: Finding, *, indent: int = 0, advised: bool = False) -> None:
        """One finding: what, where, why, and what to do, unless it was `advised` a moment ago. What
        programs said stands below the first line of `why`, and is for those who ask for every reason.
        """
        where = f"{finding.where}: " if _says_more(finding) else ""
        why, *said = finding.why.split("\n")
        if self.is_verbose:
            why = "\n".join(filter(None, (why, *said)))
        hidden = " (-v shows what was said)" if said and not self.is_verbose else ""
        self.mark(
            finding.severity.value,
            hidden,
            finding=f"{where}{finding.message}",
            indent=indent,
            detail=f"[{finding.id}]",
        )
        inner = indent + 2
        if advised:
            self.line("fix: as above", indent=inner)
            return
        for label, text in (
            ("why", why),
            (_OF_THE_INDEX, finding.refusal),
            ("fix", finding.fix),
            ("see", finding.link),
        ):
            if text:
                # What the index would say is its own, and has no command of ours.
                ours, theirs = ("", text) if label == _OF_THE_INDEX else (text, "")
                style = "" if label == "fix" else "dim"
                self.line(f"{label}: {ours}", quoted=theirs, indent=inner, style=style)
        if finding.patch:
            self.quote(finding.patch.rstrip("\n"), indent=inner)

    def result(self, result: Result, *, advised: bool = False) -> None:
        """What a check came to: what was found, what is not known, or what is fine."""
        if isinstance(result, Finding):
            self.finding(result, advised=advised)
        elif isinstance(result, Skipped):
            self.mark("not known", result.then, finding=f"{result.title}: {result.reason}")
        else:
            self.mark("ok", result.title, detail=result.detail)

    def results(self, results: Iterable[Result], *, verbose: bool = True) -> None:
        """The checklist, grouped by subject."""
        everything = list(results)
        for subject in (*SUBJECTS, *sorted({r.subject for r in everything} - set(SUBJECTS))):
            group = [result for result in everything if result.subject == subject]
            if not group:
                continue
            self.title(subject[0].upper() + subject[1:])
            self.listed(one for one in group if verbose or isinstance(one, Finding | Skipped))

    def listed(self, results: Iterable[Result]) -> None:
        """One after the other, with the same advice given once."""
        advice: set[Finding] = set()
        for result in results:
            if isinstance(result, Finding):
                words = replace(result, message="", where=None)
                self.result(result, advised=bool(result.fix) and words in advice)
                advice.add(words)
            else:
                self.result(result)

    def annotate(self, findings: Iterable[Finding]) -> None:
        """Inside GitHub Actions: annotations on file and line, and a job summary."""
        findings = tuple(findings)
        self.found += findings
        if not self.in_actions:
            return
        names = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
        rows = []
        for finding in findings:
            place = ""
            if finding.where and finding.where.file:
                place = f"file={_property(self.clean(finding.where.file))},"
                if finding.where.line is not None:
                    place += f"line={finding.where.line},"
            said = " ".join(filter(None, (self.clean(finding.message), self.shown(finding.fix))))
            body = _annotation(said)
            self._write(f"::{names[finding.severity]} {place}title={finding.id}::{body}\n")
            where = str(finding.where or "")
            rows.append(
                f"| {finding.severity} | {finding.id} | {_cell(self.clean(where))} "
                f"| {_cell(self.clean(finding.message))} |"
            )
        if rows:
            self.summary(
                "\n".join(["| severity | id | where | what |", "|---|---|---|---|", *rows])
            )

    def summary(self, markdown: str) -> None:
        """Append to the job summary of GitHub Actions, where there is one."""
        path = self._environ.get("GITHUB_STEP_SUMMARY")
        if self.in_actions and path:
            with contextlib.suppress(OSError), open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
                file.write(redact(markdown, self._secrets) + "\n")

    def error(self, error: NoxReleaseError) -> None:
        """An error: what happened, why, what to do; a declined question is no error.

        Where a document is expected and none was written, the error is that document.
        """
        if self.is_json and not self._has_answered:
            self.json({"error": error_as_json(error)})
        elif self.is_json and isinstance(self._file, io.StringIO):
            self._file = sys.stderr  # the document is out: this error has no other place
        self._is_hidden = False
        if isinstance(error, Declined):
            self.line(error.message)
            if error.hint:
                self.line(error.hint)
            return
        self.line()
        if isinstance(error, ChecksFailed):
            for finding in _in_the_same_words(error.findings):
                self.finding(finding)
            self.annotate(error.findings)
        self.mark("error", error.message)
        if isinstance(error, ConfigurationError) and error.problems:
            for problem in error.problems:
                self.line(f"- {problem}", indent=2)
        elif error.reason and hasattr(error, "output"):  # a program's words
            self.line(quoted=error.reason, indent=2)
        elif error.reason:
            self.line(error.reason, indent=2)
        if error.hint:
            self.line(error.hint, indent=2, style="bold" if self.is_terminal else "")

    def interrupted(self, by: str = "", *, acts: bool = False) -> None:
        """Ctrl-C, or the signal `by` which this program was ended: what that means here. What `acts`
        on the world does so only after it was agreed to, and can be gone on with.
        """
        self.line()
        how = f"Interrupted{by and f' by {by}'}"
        if not acts:
            self.line(f"{how}.")
        elif not self._has_agreed:
            self.line(f"{how} before anything was changed.")
        else:
            self.line(f"{how}. Nothing is undone; the same command goes on where this one stopped.")

    # --- asking and waiting ------------------------------------------------------------------

    def confirm(self, question: str, *, yes: bool, otherwise: str = "--yes") -> None:
        """Return when the maintainer agrees.

        Raises:
            Declined: they did not, or nobody can be asked; `otherwise` names the option that
                answers the question.
        """
        if yes:
            self._has_agreed = True
            return
        if not self.interactive:
            raise Declined(
                f"Not confirmed: {question}",
                hint=f"Nobody can be asked here; add {otherwise} to agree beforehand.",
            )
        if not self._is_agreed(question):
            raise Declined("Stopped: nothing was done.", hint="")
        self._has_agreed = True

    def _is_agreed(self, question: str) -> bool:
        """The answer to a question; what is neither yes nor no is asked again."""
        while True:
            self._write(f"{self.clean(question)} [y/N] ")
            try:
                answer = input().strip().lower()
            except EOFError:
                self.line()
                return False
            if answer in ("y", "yes"):
                return True
            if answer in ("", "n", "no"):
                return False
            self.line("Please answer y or n.")

    def pause(self, text: str) -> None:
        """Wait for Enter."""
        self._write(f"{self.clean(text)} ")
        with contextlib.suppress(EOFError):
            input()

    def ask_secret(self, question: str) -> str:
        """What a person types, unseen; empty when nobody can be asked."""
        import getpass

        if not self.interactive:
            return ""
        try:
            return getpass.getpass(f"{self.clean(question)} ").strip()
        except EOFError:
            return ""

    def open_page(self, address: str) -> bool:
        """Open a page in the maintainer's browser; False when there is none."""
        import webbrowser

        try:
            return webbrowser.open(address)
        except webbrowser.Error:
            return False

    def json(self, document: Any) -> None:
        """The one machine-readable document, on standard output."""
        self._has_answered = True
        ascii_only = not is_unicode(self._stream)
        said = self._document(document)
        text = json_module.dumps(said, indent=2, sort_keys=False, ensure_ascii=ascii_only)
        # Only strings can hold what a terminal or the runner would obey, and they know escapes.
        text = UNPRINTABLE.sub(lambda found: escaped(found[0]), redact(text, self._secrets))
        self._write(text.replace("##[", f"#{escaped('#')}[") + "\n", self._stream)


def _annotation(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _annotation(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")


def _in_the_same_words(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings that say one and the same, as one with all their ids."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.severity, one.where, one.message, one.fix), []).append(one)
    for same in groups.values():
        ids, whys = (
            dict.fromkeys(each) for each in zip(*((o.id, o.why) for o in same), strict=True)
        )
        yield replace(same[0], id=", ".join(ids), why="\n".join(whys))


def _says_more(finding: Finding) -> bool:
    """Whether the place tells more than the message, which may begin with the file's name."""
    place = str(finding.where or "")
    return bool(place) and not finding.message.startswith(f"`{PurePath(place).name}`")
