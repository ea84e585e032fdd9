"""What is shown: the same words everywhere, nothing from strangers that a terminal would obey."""

import io
import json
import os
import re
import sys
import time

import pytest

from known_tokens import TOKENS
from nox_release.checks.judging import what_must_be_known
from nox_release.checks.release.preflight import (
    GH_UNREACHABLE,
    INDEX_UNREACHABLE,
    REMOTE_UNREACHABLE,
)
from nox_release.core.errors import (
    ChecksFailed,
    CommandError,
    ConfigurationError,
    Declined,
    NoxReleaseError,
)
from nox_release.core.findings import Location, Passed, Rule, Severity, Skipped, find, skipped
from nox_release.edges.as_called import as_called, with_options
from nox_release.edges.as_json import error_as_json, finding_as_json
from nox_release.edges.console import Console
from nox_release.edges.process import Runner
from nox_release.edges.screen import _breaks, safe
from nox_release.operations import OPERATIONS

RULE = Rule(
    id="readme-missing",
    subject="project",
    severity=Severity.WARNING,
    title="There is a readme",
    why="The page on PyPI stays empty.",
    remedy='Add `readme = "README.md"`.',
    link="https://packaging.python.org/",
)


def shown(draw, *, environ=None, interactive=False, width=None):
    stream = io.StringIO()
    console = Console.for_terminal(
        environ=environ or {}, interactive=interactive, file=stream, width=width
    )
    draw(console)
    return stream.getvalue()


def test_piped_output_has_no_escape_codes_and_whole_lines():
    finding = find(RULE, "word " * 60, where=Location(file="pyproject.toml", line=3))
    text = shown(lambda console: console.finding(finding))
    assert "\x1b" not in text
    assert "\r" not in text
    assert "! warning: pyproject.toml:3: word word" in text
    assert max(map(len, text.splitlines())) > 300


class Terminal(io.StringIO):
    def isatty(self):
        return True


def on_a_terminal(draw, *, width=40):
    stream = Terminal()
    draw(
        Console.for_terminal(
            environ={"TERM": "xterm", "NO_COLOR": "1"},
            interactive=False,
            file=stream,
            width=width,
        )
    )
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()


def test_on_a_terminal_words_wrap_under_their_own_indent():
    lines = on_a_terminal(lambda console: console.mark("advice", "word " * 12, indent=2))
    assert lines == [
        "  · advice: word word word word word",
        "    word word word word word word word",
    ]


@pytest.mark.parametrize("way", ["line", "mark", "paste", "table"])
def test_an_address_is_never_broken_on_a_terminal(way):
    address = "https://pypi.org/manage/project/demo/settings/publishing/?provider=github&owner=you"

    def draw(console):
        if way == "mark":
            console.mark("ok", f"see {address}")
        elif way == "table":
            console.table(("", ""), [("page", address)])
        else:
            getattr(console, way)(address, indent=4)

    assert any(line.endswith(address) for line in on_a_terminal(draw))


def test_commands_and_what_is_in_a_file_can_be_pasted_as_they_stand():
    command = 'git add noxfile.py .github/workflows/publish.yml && git commit -m "Publish"'
    assert on_a_terminal(lambda console: console.paste(command, indent=4)) == [f"    {command}"]
    text = "on:\n\n  release: # a comment that is wider than the screen is"
    assert on_a_terminal(lambda console: console.quote(text)) == text.splitlines()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "]0;titlex"),
        ("a\x00b\x9bc", "abc"),
        ("over\rwrite", "over\nwrite"),
        ("left\u202eright", "leftright"),
        ("::set-output name=x::y", ": :set-output name=x::y"),
        ("ok\n  ::error::boo", "ok\n  : :error::boo"),
        ("ok\u2028::error::boo", "ok\n: :error::boo"),
        ("##[group]x", "# #[group]x"),
        ("said: ##[error]boo", "said: # #[error]boo"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_strangers_text_cannot_speak_to_the_terminal_or_to_actions(text, cleaned):
    assert safe(text) == cleaned


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_letters_that_the_output_does_not_have_are_no_error(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    console = Console.for_terminal(environ={}, interactive=False, file=stream)
    console.mark("ok", "日本 \udce9.py")
    stream.flush()
    assert rb"\udce9.py" in raw.getvalue()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_document_is_json_in_any_encoding_and_holds_no_commands(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    console = Console.for_terminal(environ={}, interactive=False, file=stream, json=True)
    document = {"name": "é 日本 😀 \udce9", "said": "\x1b[31m \x9b31m ##[error]boo \u202e"}
    console.json(document)
    stream.flush()
    text = raw.getvalue().decode(encoding)
    assert json.loads(text) == document
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert "##[" not in text


def test_brackets_are_text_not_markup():
    assert "[demo] [/x]" in shown(lambda console: console.line("[demo] [/x]"))


def test_the_checklist_is_grouped_and_says_what_is_not_known():
    text = shown(
        lambda console: console.results(
            [
                Skipped(id="index", subject="index", title="Project on PyPI", reason="no network"),
                find(RULE, "There is no readme."),
                Passed(id="name", subject="project", title="Name", detail="demo"),
            ]
        )
    )
    assert text.index("Project\n") < text.index("Index\n")
    assert "? not known: Project on PyPI: no network" in text
    assert "+ Name" in text or "✓ Name" in text


def test_the_same_advice_is_given_once_in_a_list():
    both = [find(RULE, f"{name} has none.") for name in ("one", "other")]
    text = shown(lambda console: console.results(both))
    assert text.count("why: The page on PyPI stays empty.") == 1
    assert text.count("https://packaging.python.org/") == 1
    assert text.rstrip().endswith("! warning: other has none.  [readme-missing]\n  fix: as above")


def test_a_place_that_the_message_begins_with_is_not_said_twice():
    where = Location(file="dist/demo-1.0.tar.gz")
    text = shown(lambda console: console.finding(find(RULE, "`demo-1.0.tar.gz` is.", where=where)))
    assert text.startswith("! warning: `demo-1.0.tar.gz` is.  [")
    text = shown(lambda console: console.finding(find(RULE, "It is.", where=where)))
    assert text.startswith("! warning: dist/demo-1.0.tar.gz: It is.  [")


def test_an_error_says_what_why_and_what_next():
    error = NoxReleaseError("It broke.", reason="A wire.", hint="Mend it.")
    lines = [line.strip() for line in shown(lambda console: console.error(error)).splitlines()]
    assert lines[-3:] == ["✗ error: It broke.", "A wire.", "Mend it."]


def test_every_configuration_problem_is_shown():
    error = ConfigurationError("Two problems.", problems=["one", "two"])
    text = shown(lambda console: console.error(error))
    assert "- one" in text
    assert "- two" in text


def test_nobody_to_ask_is_a_no_that_names_the_option():
    with pytest.raises(Declined) as caught:
        shown(lambda console: console.confirm("Publish?", yes=False))
    assert "--yes" in caught.value.hint


def test_nonsense_is_asked_again_and_no_is_no(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("dunno\nyes\n"))
    text = shown(lambda console: console.confirm("Publish?", yes=False), interactive=True)
    assert text == "Publish? [y/N] Please answer y or n.\nPublish? [y/N] "
    for answer in ("n\n", "\n", "", "NO\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(Declined):
            shown(lambda console: console.confirm("Publish?", yes=False), interactive=True)


def test_an_interruption_before_the_question_says_that_nothing_was_changed():
    def interrupted(*, agreed, acts=True):
        def draw(console):
            if agreed:
                console.confirm("Publish?", yes=True)
            console.interrupted(acts=acts)

        return shown(draw).strip()

    assert interrupted(agreed=False) == "Interrupted before anything was changed."
    assert interrupted(agreed=True).startswith("Interrupted. Nothing is undone")
    assert interrupted(agreed=True, acts=False) == "Interrupted."


def test_waits_print_one_line_per_change_when_piped():
    def wait(console):
        with console.waiting("Run 7", where="https://example.org/7") as waiting:
            waiting.update("queued")
            waiting.update("queued")
            waiting.update("build success; test: Run tests")
            waiting.update("build success; test success")

    text = shown(wait)
    assert text.count("queued") == 1
    assert text.count("Run 7") == 1
    assert text.count("build success") == 1
    assert "test success" in text
    assert "https://example.org/7" in text


def test_findings_become_annotations_inside_actions_and_cannot_inject_any(tmp_path):
    summary = tmp_path / "summary"
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    finding = find(RULE, "a\n::error::b | <x>", where=Location(file="a,b.toml", line=2))
    text = shown(lambda console: console.annotate([finding]), environ=environ)
    assert text.startswith("::warning file=a%2Cb.toml,line=2,title=readme-missing::a%0A")
    assert len(text.splitlines()) == 1
    assert "\\|" in summary.read_text()
    assert shown(lambda console: console.annotate([finding])) == ""


def test_findings_are_json_with_stable_keys():
    document = finding_as_json(find(RULE, "m", where=Location(file="f", key="k", line=1)))
    assert json.loads(json.dumps(document))["id"] == "readme-missing"
    assert (document["file"], document["key"], document["line"]) == ("f", "k", 1)
    assert document["patch"] == ""


def test_a_document_has_the_change_that_a_finding_proposes():
    assert finding_as_json(find(RULE, "m", patch="-a\n+b\n"))["patch"] == "-a\n+b\n"


def test_what_stops_a_release_is_annotated_inside_actions(tmp_path):
    summary = tmp_path / "summary.md"
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    finding = find(RULE, "No readme.", where=Location(file="pyproject.toml", line=3))
    error = ChecksFailed("One thing stands in the way.", findings=[finding])
    text = shown(lambda console: console.error(error), environ=environ)
    assert "::warning file=pyproject.toml,line=3,title=readme-missing::No readme." in text
    assert "| readme-missing |" in summary.read_text()


def test_an_error_is_the_document_where_one_is_expected_and_none_was_written(capsys):
    error = ConfigurationError(
        "Two things.", problems=["`a` is wrong", "`b` is"], hint="Mend them."
    )
    console = Console.for_terminal(environ={}, interactive=False, json=True)
    console.error(error)
    written = capsys.readouterr()
    assert json.loads(written.out)["error"] == {
        "message": "Two things.",
        "reason": error.reason,
        "hint": "Mend them.",
        "problems": ["`a` is wrong", "`b` is"],
        "results": [],
    }
    assert written.err == ""  # no terminal: the document is alone on both streams
    console = Console.for_terminal(environ={}, interactive=False, json=True)
    console.json({"ok": True})
    console.error(error)
    written = capsys.readouterr()
    assert json.loads(written.out) == {"ok": True}
    assert "- `b` is" in written.err


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("Next: nox -s release", "Next: nox -s release -- --index testpypi --package 'a b'"),
        ("`nox -s release -- 1.4.0`", "`nox -s release -- --index testpypi --package 'a b' 1.4.0`"),
        ("nox -s build, then", "nox -s build -- --package 'a b', then"),
        ("nox -s release -- --index testpypi", "nox -s release -- --index testpypi"),
        ("nox -s release -- minor --index testpypi", "nox -s release -- minor --index testpypi"),
        (
            "nox -s mine and nox -s other",
            "nox -s mine and nox -s other",
        ),
    ],
)
def test_the_next_command_is_about_the_same_index_and_package(text, shown_as):
    assert with_options(text, index="testpypi", package="a b") == shown_as
    assert with_options(text, index=None, package=None) == text


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Next: nox -s release", "Next: nox-release release"),
        ("`nox -s release -- 1.4.0 --yes`, then", "`nox-release release 1.4.0 --yes`, then"),
        ("twine upload 2>&1 | nox -s diagnose -- -", "twine upload 2>&1 | nox-release diagnose -"),
        ("nox -s check-project, nox -s init", "nox-release check-project, nox-release init"),
        (
            "your own nox -s tests, nox -s release-notes",
            "your own nox -s tests, nox -s release-notes",
        ),
    ],
)
def test_without_a_noxfile_commands_are_those_of_the_script(text, called):
    assert as_called(text, names={}) == called
    assert as_called(text) == text


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_session_is_known_by_its_name(name):
    assert as_called(f"nox -s {name}", names={name: f"pypi-{name}"}) == f"nox -s pypi-{name}"


@pytest.mark.parametrize(
    ("ways", "command"),
    [
        ({"names": {"release": "pypi-release"}}, "nox -s pypi-release -- --index testpypi 1.0"),
        ({"names": {}}, "nox-release release --index testpypi 1.0"),
        ({}, "nox -s release -- --index testpypi 1.0"),
    ],
)
def test_a_document_names_the_commands_that_the_screen_does(ways, command):
    stream = io.StringIO()
    console = Console.for_terminal(environ={}, interactive=False, file=stream, json=True, **ways)
    console.keep_options(index="testpypi", package=None)
    said = "nox -s release -- 1.0"
    console.json({"next": {"command": said}, "hints": [f"Then {said}"], "patch": f"- run: {said}"})
    assert json.loads(stream.getvalue()) == {
        "next": {"command": command},
        "hints": [f"Then {command}"],
        "patch": f"- run: {said}",
    }


def test_colour_can_be_forced_where_there_is_no_terminal():
    stream = io.StringIO()
    console = Console.for_terminal(environ={"FORCE_COLOR": "1"}, interactive=False, file=stream)
    console.mark("ok", "word " * 60)
    with console.waiting("Asking"):
        pass
    assert "\x1b[32m" in stream.getvalue()
    assert stream.getvalue().count("\n") == 2, "lines stay whole, and nothing is drawn over"


def test_quiet_shows_errors_the_verdict_and_the_next_command():
    stream = io.StringIO()
    console = Console.for_terminal(environ={}, interactive=False, file=stream)
    console.set_detail(quiet=True)
    console.title("Heading")
    console.mark("ok", "fine")
    console.finding(find(RULE, "a warning", severity=Severity.WARNING))
    with console.waiting("Asking") as waiting:
        waiting.update("still")
    console.command(["git", "push"])
    console.table(("a", "b"), [("c", "d")])
    console.mark("done", "Ready.")
    console.mark("step", "Next: release")
    console.paste("nox -s release", indent=4)
    assert stream.getvalue() == "✓ Ready.\n→ Next: release\n    nox -s release\n"
    console.mark("ok", "fine")
    console.error(NoxReleaseError("Wrong.", reason="Because.", hint="Do this."))
    assert stream.getvalue().endswith("✗ error: Wrong.\n  Because.\n  Do this.\n")


def test_a_command_is_shown_as_a_person_would_type_it_and_whole_when_verbose():
    commit = "0a" * 20
    push = ["/usr/bin/git", "push", "--atomic", "--", "origin", f"{commit}:refs/tags/v1.4.0"]

    def draw(console):
        console.command(push)
        console.command([*push[:-1], f"{commit}:refs/heads/main", push[-1]])
        console.command(["git", "tag", "--file=-", "--", "v1.4.0", commit])
        console.command(["gh", "release", "create", "--verify-tag", "--", "v1.4.0"])
        console.command(["gh", "run", "rerun", "--failed", "7"])
        console.command(["python", "-m", "twine", "upload", "--non-interactive", "a.whl"])
        console.set_detail(verbose=True)
        console.command(push)

    assert shown(draw).splitlines() == [
        "$ git push origin v1.4.0",
        "$ git push origin main v1.4.0",
        "$ git tag v1.4.0 0a0a0a0",
        "$ gh release create v1.4.0",
        "$ gh run rerun --failed 7",
        "$ twine upload a.whl",
        f"$ git push --atomic -- origin {commit}:refs/tags/v1.4.0",
    ]


def test_a_change_to_a_file_is_shown_as_it_is():
    patch = "-  run: nox -s build\n+  run: nox -s build -- --no-smoke\n"
    stream = io.StringIO()
    console = Console.for_terminal(environ={}, interactive=False, file=stream, names={})
    console.keep_options(index="testpypi", package="a")
    console.finding(find(RULE, "m", patch=patch))
    assert patch.splitlines()[0] in stream.getvalue()
    assert patch.splitlines()[1] in stream.getvalue()


def test_commands_on_the_screen_bear_the_options_and_the_prefix():
    stream = io.StringIO()
    console = Console.for_terminal(
        environ={}, interactive=False, file=stream, names={"release": "pypi-release"}
    )
    console.keep_options(index="testpypi", package=None)
    console.mark("step", "Next: nox -s release")
    assert "nox -s pypi-release -- --index testpypi" in stream.getvalue()


def test_a_secret_of_the_environment_is_in_nothing_that_is_shown(tmp_path):
    secret, summary = "hunter2-hunter2", tmp_path / "summary"
    environ = {
        "TWINE_PASSWORD": secret,
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
    }

    def draw(console):
        console.hide("typed-secret")
        text = f"before {secret} and typed-secret"
        for way in (console.line, console.paste, console.quote, console.title):
            way(text)
        console.mark("ok", text, detail=text)
        console.command(["twine", text])
        console.table(("", ""), [(text, text)], title=text)
        finding = find(RULE, text, where=Location(file=text, line=3), fix=text, patch=text)
        console.results([finding, Skipped(id="x", subject="s", title=text, reason=text)])
        console.annotate([finding])
        console.error(NoxReleaseError(text, reason=text, hint=text))
        console.interrupted(by=text)
        with console.waiting(text, where=text) as waiting:
            waiting.update(text)
        console.json({"text": text, "patch": text})

    everything = shown(draw, environ=environ) + summary.read_text()
    assert secret not in everything
    assert "typed-secret" not in everything
    assert everything.count("[secret]") > 30


@pytest.mark.parametrize(
    "seed", ["\n", " ", "\x1b[", "\x1b[0", ":", " :", "#", "\r", "\u2028", "a ", "pypi-", "eyJ"]
)
@pytest.mark.parametrize("draw", ["pipe", "terminal"])
def test_a_megabyte_of_anything_is_shown_in_no_time(seed, draw):
    text = seed * (1_000_000 // len(seed))
    started = time.process_time()
    if draw == "pipe":
        shown(lambda console: console.line(text))
    else:
        _breaks(text, 80)
    assert time.process_time() - started < 10


def test_what_somebody_else_wrote_is_quoted_to_the_letter():
    theirs = "Document nox -s release and nox -s build"

    def draw(console):
        console.keep_options(index="testpypi", package=None)
        console.line("commit 0123456  ", quoted=theirs)
        console.error(CommandError("It failed.", reason=theirs, hint="Run nox -s release."))
        console.finding(find(RULE, f"It runs `{theirs}`.", fix="Run nox -s release."))
        console.result(skipped(RULE, theirs, title="Whether it runs", fix="nox -s build tells"))

    stream = io.StringIO()
    draw(Console.for_terminal(environ={}, interactive=False, file=stream, names={}))
    assert stream.getvalue().splitlines() == [
        f"commit 0123456  {theirs}",
        "",
        "x error: It failed." if "x error" in stream.getvalue() else "✗ error: It failed.",
        f"  {theirs}",
        "  Run nox-release release --index testpypi.",
        f"! warning: It runs `{theirs}`.  [{find(RULE, '').id}]",
        "  why: The page on PyPI stays empty.",
        "  fix: Run nox-release release --index testpypi.",
        "  see: https://packaging.python.org/",
        f"? not known: Whether it runs: {theirs}; nox-release build tells",
    ]


@pytest.mark.parametrize("kind", TOKENS)
def test_every_kind_of_token_is_hidden_in_every_channel(kind, tmp_path):
    """What a child says, what it is called with, what it is raised with, and what is shown of it."""
    token, summary = TOKENS[kind].removeprefix("TOKEN_"), tmp_path / "summary"
    program = f"import sys; print({token!r}); sys.exit({token!r})"
    seen = []
    stream = io.StringIO()
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    console = Console.for_terminal(environ=environ, interactive=False, file=stream)
    runner = Runner(environ=dict(os.environ), announce=console.command, announced=True)
    with pytest.raises(CommandError) as caught:
        runner.run([sys.executable, "-c", program], cwd=tmp_path, on_line=seen.append)
    done = runner.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    console.error(caught.value)
    console.line(done.stdout, quoted=done.stderr)
    finding = find(RULE, token, where=Location(file=token), fix=token, patch=token)
    console.finding(finding)
    console.annotate([finding])
    console.json({"all": [token, done.stdout, error_as_json(caught.value)]})
    everything = "".join(
        [
            *seen, stream.getvalue(), summary.read_text(), repr(caught.value.__dict__),
            str(caught.value), repr(done), done.output, done.complaint,
        ]
    )  # fmt: skip
    assert token not in everything
    assert all(part not in everything for part in token.split(".") if len(part) > 8)


ROWS = [
    ("opentelemetry-instrumentation-x", "1.4.0 → 2.0.0", "3 commits", ""),
    ("y", "1.0 → 1.1", "must follow: `x>=1,<2` excludes 2.0.0", "→ x>=2,<3"),
]


def test_rows_that_are_too_wide_for_a_terminal_break_between_cells():
    terminal = Terminal()
    console = Console.for_terminal(environ={}, interactive=False, file=terminal, width=80)
    console.table(("", "", "", ""), ROWS)
    assert [line.rstrip() for line in terminal.getvalue().splitlines()] == [
        "opentelemetry-instrumentation-x  1.4.0 → 2.0.0",
        "    3 commits",
        "y                                1.0 → 1.1",
        "    must follow: `x>=1,<2` excludes 2.0.0  → x>=2,<3",
    ]


GIT_SAID = (
    "Could not ask the remote `origin`: fatal: unable to access 'https://github.com/a/b.git/': Could "
    "not resolve host: github.com. Try it: git ls-remote origin"
)
SSH_SAID = (
    "Could not ask the remote `origin`: git@github.com: Permission denied (publickey). fatal: Could "
    "not read from remote repository. Please make sure you have the correct access rights and the "
    "repository exists. Try it: git ls-remote origin"
)


def unasked(rule, reason):
    return Skipped(id=rule.id, subject="GitHub", title="what the remote has", reason=reason)


def test_one_cause_is_one_line_and_what_was_said_is_for_those_who_ask():
    silent = what_must_be_known(
        [unasked(REMOTE_UNREACHABLE, GIT_SAID), unasked(GH_UNREACHABLE, "No connection.")]
    )
    error = ChecksFailed("Stopped.", findings=silent)
    text = shown(lambda console: console.error(error))
    assert text == (
        "\n✗ error: GitHub cannot be reached (-v shows what was said)  "
        "[remote-unreachable, github-unreachable]\n"
        "  fix: Run the same command again when it can be reached\n"
        "✗ error: Stopped.\n"
    )

    def verbose(console):
        console.set_detail(verbose=True)
        console.error(error)

    assert f"  why: {GIT_SAID}\n  No connection.\n" in shown(verbose)


def test_an_index_that_answered_with_something_else_is_not_offline():
    said = "https://pypi.example/ answered: 200 text/html instead of JSON (HTML page “Log in”)"
    unknown = [unasked(rule, said) for rule in (REMOTE_UNREACHABLE, GH_UNREACHABLE)]
    index = Skipped(
        id=INDEX_UNREACHABLE.id, subject="index", title="what the index has", reason=said
    )
    messages = {one.message for one in what_must_be_known([*unknown, index])}
    assert messages == {"GitHub cannot be reached", f"What the index has: {said}"}


def test_of_gits_words_the_telling_ones_are_shown():
    (finding,) = what_must_be_known([unasked(REMOTE_UNREACHABLE, SSH_SAID)])
    assert finding.message == (
        "Could not ask the remote `origin`: git@github.com: Permission denied (publickey)."
    )
    assert finding.fix == "Try it: git ls-remote origin"
    assert finding.why.endswith(f"\n{SSH_SAID}")
