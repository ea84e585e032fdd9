"""The Nox sessions: which operations are registered, under which names, and how one is run.

Loading this module loads nothing heavy: `nox -l` must stay as fast as without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nox_release.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike

    from nox.registry import Func  # type: ignore[attr-defined] # it is not in nox's __all__
    from nox.sessions import Session

    from nox_release.operations.running import Caller

TAG = "nox-release"
_MARK = "_nox_release_operation"


class Registration(NamedTuple):
    """What `register` was told about one session."""

    operation: str
    options: tuple[str, ...]
    root: str | None


def register_sessions(
    *,
    only: Iterable[str] | None,
    names: Mapping[str, str],
    prefix: str,
    tags: Iterable[str],
    requires: Mapping[str, Sequence[str]],
    options: Mapping[str, Sequence[str]],
    root: str | PathLike[str] | None,
) -> dict[str, Func]:
    """See `nox_release.register`."""
    import os

    import nox.registry

    wanted = tuple(OPERATIONS) if only is None else tuple(only)
    _refuse_unknown([*wanted, *names, *requires, *options])
    marks = tuple(dict.fromkeys((TAG, *tags)))
    registered: dict[str, Func] = {}
    for operation in wanted:
        name = names.get(operation, prefix + operation)
        there = nox.registry.get().get(name)
        if there is not None and _operation_of(there) != operation:
            _say_skipped(name)
            continue
        if there is None:
            registration = Registration(
                operation=operation,
                options=tuple(options.get(operation, ())),
                root=None if root is None else os.fspath(root),
            )
            there = _decorate(registration, name, marks, requires.get(operation, ()))
        registered[operation] = there
    return registered


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in names:
        if name not in OPERATIONS:
            from nox_release.core.words import guess

            near, known = guess(name, OPERATIONS), ", ".join(OPERATIONS)
            raise ValueError(f"nox-release has no session {name!r}.{near} It has: {known}.")


def _say_skipped(name: str) -> None:
    """A session that a later version adds must never break a noxfile: it is left out."""
    from nox.logger import logger

    logger.warning(
        f"nox-release: this noxfile has its own session {name!r}, so ours is left out. To have "
        'both: nox_release.register(prefix="pypi-").'
    )


def _decorate(
    registration: Registration, name: str, tags: Sequence[str], requires: Sequence[str]
) -> Func:
    import inspect

    import nox

    # Sessions that ask cannot share the terminal; Nox knows the argument since 2026.
    more: dict[str, Any] = {"tags": list(tags), "requires": list(requires)}
    if "allow_parallel" in inspect.signature(nox.session).parameters:
        more["allow_parallel"] = False
    decorate = nox.session(name=name, default=False, venv_backend="none", **more)
    return decorate(_session_function(registration))


def _session_function(registration: Registration) -> Callable[[Session], None]:
    operation = OPERATIONS[registration.operation]

    def session_function(session: Session) -> None:
        _run_session(session, registration)

    session_function.__doc__ = (
        f"{operation.line}\n\nOptions, after `--`: {operation.options}\n`--help` explains them."
    )
    session_function.__name__ = registration.operation.replace("-", "_")
    setattr(session_function, _MARK, registration.operation)
    return session_function


def _operation_of(function: Func) -> str | None:
    """The operation that a registered session runs; `None` where it is not one of ours."""
    return getattr(function, _MARK, None)


def session_names() -> dict[str, str]:
    """What each operation is called in this noxfile, looked up now.

    A session that is defined below `register()` replaces ours of that name.
    """
    import nox.registry

    return {
        operation: name
        for name, function in nox.registry.get().items()
        if (operation := _operation_of(function)) is not None
    }


# --- running one ---------------------------------------------------------------------------------


def _run_session(session: Session, registration: Registration) -> None:
    name = registration.operation
    config = session._runner.global_config  # noqa: SLF001 - Nox offers no other way to know
    if config.install_only:
        session.log("Nothing to install.")
        return
    if not _was_asked_for(session, acts=OPERATIONS[name].acts):
        session.skip(f"it runs only when it is named: nox -s {session.name}")
    from nox_release.operations.running import INTERRUPTED, leave, run

    ended = run(
        name,
        [*registration.options, *session.posargs],
        caller_of(session, registration.root, names=session_names()),
    )
    if ended.status in INTERRUPTED:  # Nox would go on with the next session
        leave(ended.status)
    if ended.status:
        session.error(*([ended.reason.rstrip(".")] if ended.reason else []))


def _was_asked_for(session: Session, *, acts: bool) -> bool:
    """Whether this session is wanted, and not only left over by a filter.

    Nox ignores `default=False` once `-k` or `-t` is given: `-k "not lint"` selects every session
    here. One that is named, required or notified runs. One that `-k` or `-t` selects by a word of
    its own runs too, unless it `acts` on the world.
    """
    from nox.manifest import keyword_match

    runner = session._runner  # noqa: SLF001
    config = runner.global_config
    if {runner.name, *runner.signatures}.intersection(config.sessions or ()):
        return True
    words = [*runner.signatures, *runner.tags, runner.name]
    keywords = config.keywords or ""
    by_keyword = bool(keywords) and keyword_match(keywords, words)
    by_tag = bool(set(runner.tags).intersection(config.tags or ()))
    if acts:
        return not (by_keyword or by_tag)
    return by_tag or not (by_keyword and keyword_match(keywords, []))


def caller_of(
    session: Session, root: str | PathLike[str] | None, *, names: Mapping[str, str]
) -> Caller:
    """What a session knows of who runs it: its folder, environment, colour, ability to ask."""
    import os
    from pathlib import Path

    from nox_release.operations.running import Caller

    here = Path.cwd()  # Nox has gone to the noxfile's folder
    config = session._runner.global_config  # noqa: SLF001
    own = {key: value for key, value in session.env.items() if value is not None}
    removed = {key for key, value in session.env.items() if value is None}
    environ = {key: value for key, value in os.environ.items() if key not in removed}
    parallel = getattr(session, "parallel", False)
    return Caller(
        program=f"nox -s {session.name} --",
        root=here if root is None else (here / root).resolve(),
        typed_in=Path(session.invoked_from),
        environ={**environ, **own},
        interactive=session.interactive and not parallel,
        color=config.color if config.nocolor or config.forcecolor else None,
        names=names,
    )
