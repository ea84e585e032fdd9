"""The table of what passes to each kind of child."""

import os
import subprocess

import pytest

from nox_release.edges.children import (
    CHILDREN,
    GH,
    GIT,
    GIT_ACTING,
    GIT_REMOTE,
    INSTALLER,
    STRANGER,
    UPLOADER,
)

LOGIN = "https://me:pass@mirror.example/simple"
# A variable, and the kinds of children that get it.
TABLE = {
    "PATH=/bin": CHILDREN,
    "HOME=/home/me": CHILDREN,
    "HTTPS_PROXY=http://me:pass@proxy:3128": CHILDREN,
    "PIP_INDEX_URL=https://mirror.example/simple": CHILDREN,
    f"PIP_INDEX_URL={LOGIN}": {INSTALLER},
    f"UV_DEFAULT_INDEX={LOGIN}": {INSTALLER},
    "UV_INDEX_MIRROR_PASSWORD=pass": {INSTALLER},
    "UV_PUBLISH_TOKEN=x": set(),
    "TWINE_PASSWORD=x": {UPLOADER},
    "TWINE_USERNAME=me": {UPLOADER},
    "PYPI_TOKEN=x": set(),
    "HATCH_INDEX_AUTH=x": set(),
    "GH_TOKEN=x": {GH, GIT_REMOTE, GIT_ACTING},
    "GITHUB_TOKEN=x": {GH, GIT_REMOTE, GIT_ACTING},
    "gh_token=x": {GH, GIT_REMOTE, GIT_ACTING},
    "SSH_AUTH_SOCK=/tmp/agent": {GIT, GIT_REMOTE, GIT_ACTING},
    "AWS_SECRET_ACCESS_KEY=x": {UPLOADER, INSTALLER, GIT_REMOTE, GIT_ACTING},
    "AWS_PROFILE=release": {UPLOADER, INSTALLER, GIT_REMOTE, GIT_ACTING},
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN=x": set(),
    "ACTIONS_ID_TOKEN_REQUEST_URL=x": set(),
    "MY_SECRET=x": set(),
    "DATABASE_PASSWORD=x": set(),
    "SOME_API_KEY=x": set(),
    "DATABASE_URL=postgres://me:pass@db/x": set(),
    "NOTE=pypi-AgEIcHlwaS5vcmcCJDU3ZTk5xxxxxxx": set(),
}


@pytest.mark.parametrize("child", CHILDREN, ids=lambda child: child.name)
@pytest.mark.parametrize("variable", TABLE)
def test_a_child_gets_what_the_table_says(variable, child):
    name, _, value = variable.partition("=")
    assert (name in child.environ({name: value})) == (child in TABLE[variable])


@pytest.mark.parametrize("child", CHILDREN, ids=lambda child: child.name)
def test_every_git_below_a_child_is_a_careful_one(child, tmp_path):
    environ = {
        **os.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Me",
    }
    for key, value in {
        "user.name": "Me",
        "safe.bareRepository": "explicit",
        "core.fsmonitor": "false",
    }.items():
        done = subprocess.run(
            ["git", "config", key],
            cwd=tmp_path,
            env=child.environ(environ),
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == value


def test_settings_of_git_that_hold_a_login_do_not_reach_strangers(tmp_path):
    environ = {
        **os.environ,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "http.extraheader",
        "GIT_CONFIG_VALUE_0": "AUTHORIZATION: basic abcdefgh",
        "GIT_CONFIG_KEY_1": "user.name",
        "GIT_CONFIG_VALUE_1": "Me",
    }
    done = subprocess.run(
        ["git", "config", "--list", "--show-scope"],
        cwd=tmp_path,
        env=STRANGER.environ(environ),
        check=True,
        capture_output=True,
        text=True,
    )
    assert "user.name=Me" in done.stdout
    assert "abcdefgh" not in done.stdout
    assert "abcdefgh" in GIT.environ(environ)["GIT_CONFIG_VALUE_0"]
