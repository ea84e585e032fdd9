"""The table of operations and the options that they really have."""

import pytest

from nox_release.operations import OPERATIONS
from nox_release.operations.running import parser_options


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_table_names_every_option(name):
    """`nox --usage` shows the table's, without loading the operation."""
    said = OPERATIONS[name].options.split()
    everywhere = {"-h", "--help", "-v", "--verbose", "-q", "--quiet"}
    assert set(parser_options(name)) >= everywhere
    assert sorted(said) == sorted(set(parser_options(name)) - everywhere)
