"""Our values behave as frozen dataclasses do; only they are made faster."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from pathlib import Path

import pytest

import nox_release
from nox_release.core.values import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place."""

    x: int
    y: int = 0
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The same fields, in another class."""

    x: int
    y: int = 0


@dataclass(frozen=True, slots=True)
class Nothing:
    """No field at all."""


def test_values_compare_and_hash_by_their_fields():
    assert Point(x=1) == Point(x=1, y=0, note="not compared")
    assert hash(Point(x=1)) == hash(Point(x=1, note="not compared"))
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Other(x=1)
    assert Nothing() == Nothing()
    assert len({Point(x=1), Point(x=1), Nothing(), Nothing()}) == 2


def test_values_show_their_fields():
    assert repr(Point(x=1, secret="s")) == "Point(x=1, y=0, note='')"


def test_values_are_frozen():
    point = Point(x=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x  # type: ignore[misc]
    with pytest.raises(AttributeError):
        point.z = 2  # type: ignore[attr-defined]
    assert dataclasses.replace(point, y=3) == Point(x=1, y=3)


def test_values_can_be_copied_and_pickled():
    point = Point(x=1, note="n")
    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point


def test_every_module_makes_its_values_the_fast_way():
    root = Path(nox_release.__file__).parent
    slow = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    found = [path for path in root.rglob("*.py") if slow.search(path.read_text(encoding="utf-8"))]
    assert found == [root / "core" / "values.py"]
