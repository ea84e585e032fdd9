"""The JSON schema of `[tool.nox-release]`, which editors read, says what the parser takes."""

import json
from dataclasses import fields
from importlib.resources import files

import fastjsonschema
import pytest

from nox_release.core.errors import ConfigurationError
from nox_release.project.pyproject import Settings, parse_settings

SCHEMA = json.loads(
    files("nox_release.project").joinpath("settings.schema.json").read_text(encoding="utf-8")
)
PROPERTIES = SCHEMA["properties"]
VALIDATE = fastjsonschema.compile(SCHEMA)
EXAMPLES = [(key, example) for key, one in PROPERTIES.items() for example in one["examples"]]


def takes(table):
    """Whether the parser takes a table, and whether the schema does."""
    answers = []
    for judge, refusal in (
        (parse_settings, ConfigurationError),
        (VALIDATE, fastjsonschema.JsonSchemaException),
    ):
        try:
            judge(table)
        except refusal:
            answers.append(False)
        else:
            answers.append(True)
    return tuple(answers)


def test_the_schema_has_every_setting_and_no_other():
    assert set(PROPERTIES) == {one.name.replace("_", "-") for one in fields(Settings)}


@pytest.mark.parametrize(("key", "example"), EXAMPLES, ids=[f"{k}-{e}"[:40] for k, e in EXAMPLES])
def test_both_take_each_example(key, example):
    assert takes({key: example}) == (True, True)


@pytest.mark.parametrize("key", PROPERTIES)
@pytest.mark.parametrize("value", [7, "", ["", "x"], [7], True], ids=repr)
def test_both_refuse_what_is_of_another_kind(key, value):
    assert takes({key: value}) == (False, False)


@pytest.mark.parametrize(
    "table",
    [
        {"tag-fromat": "v{version}"},
        {"tag-format": "v"},
        {"workflow": ".github/workflows/publish.yml"},
        {"index": {"upload-url": "https://example.org/upload/"}},
        {"index": {"upload-url": "https://e.org/", "simple-url": "https://e.org/", "web": "x"}},
    ],
    ids=str,
)
def test_both_refuse_a_wrong_table(table):
    assert takes(table) == (False, False)


def test_every_setting_is_explained():
    assert all(one["description"].endswith(".") for one in PROPERTIES.values())
