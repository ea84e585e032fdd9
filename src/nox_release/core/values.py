"""`dataclass` for frozen values, at a quarter of its price.

`dataclasses.dataclass` writes and compiles six methods for each class: half a millisecond, and a
command needs more than a hundred classes before its first word. Here only `__init__` is compiled;
the other five are the same for all. Type checkers see `dataclasses.dataclass`.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["assert_never", "dataclass", "field", "replace"]


def assert_never(value: NoReturn) -> NoReturn:
    """`typing.assert_never` of Python 3.11: type checkers see that every kind of value has its case."""
    raise AssertionError(f"no case for {value!r}")


def _value(**options: Any) -> Callable[[type], type]:
    if not (options.get("frozen") and options.get("slots")):
        return dataclasses.dataclass(**options)
    options["frozen"] = False

    def decorate(cls: type) -> type:
        methods = {name: method for name, method in _METHODS.items() if name not in vars(cls)}
        made: type = dataclasses.dataclass(cls, **options, eq=False, repr=False)
        names = [one.name for one in dataclasses.fields(made) if one.compare]
        methods["_compared"] = staticmethod(attrgetter(*names) if names else lambda _self: ())
        for name, method in methods.items():
            setattr(made, name, method)
        return made

    return decorate


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _repr(self: Any) -> str:
    shown = ", ".join(
        f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr
    )
    return f"{self.__class__.__qualname__}({shown})"


def _set(self: object, name: str, value: object) -> None:
    if hasattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_METHODS: dict[str, Any] = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
}

if not TYPE_CHECKING:
    dataclass = _value
