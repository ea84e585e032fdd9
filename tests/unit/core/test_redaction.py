"""Each known kind of token, in each position, is hidden; names, addresses and documents are not."""

import json
import time
from urllib.parse import quote

import pytest

from known_tokens import TOKENS
from nox_release.core.redaction import REDACTED, is_plain_word, redact, secrets_of, words_as_secrets

POSITIONS = (
    "{}",
    "before {} after",
    "'{}'",
    "TOKEN={}",
    "{}, and more",
    "({}).",
    "https://x-access-token:{}@github.com/o/r.git",
    "https://{}@github.com/o/r.git",
    "https://{}:@github.com/o/r.git",
    "https://github.com/o/r?token={}&x=1",
    "Authorization: Bearer {}",
    '{{"authorization": "bearer {}"}}',
    "+AUTHORIZATION: basic {}",
    "git -c http.extraheader='Authorization: token {}' fetch",
    "first line\n{}\nthird line",
)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("kind", TOKENS)
def test_every_kind_of_token_is_hidden_in_every_position(kind, position):
    secret = TOKENS[kind].removeprefix("TOKEN_")
    shown = redact(position.format(TOKENS[kind]))
    assert secret not in shown
    assert all(part not in shown for part in secret.split(".") if len(part) > 8)
    assert REDACTED in shown


@pytest.mark.parametrize("kind", TOKENS)
def test_what_stands_around_a_token_stays(kind):
    secret = TOKENS[kind]
    before = "TOKEN_" if secret.startswith("TOKEN_") else ""
    assert redact(f"before {secret} after.") == f"before {before}{REDACTED} after."
    assert redact(f"It is {secret}.") == f"It is {before}{REDACTED}."


@pytest.mark.parametrize(
    "login",
    ["me:pass", "me:pa:ss", "me:p@ss", "a" * 40, "hunter2:", ":hunter2", "hunter2", "x" * 900],
)
def test_the_login_of_an_address_is_hidden(login):
    assert redact(f"https://{login}@host/x") == f"https://{REDACTED}@host/x"


def test_a_private_key_is_hidden():
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabcd\n-----END OPENSSH PRIVATE KEY-----"
    assert redact(f"x {key} y") == f"x {REDACTED} y"


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/octo/pypi-publishing-helper-tools",
        '{"homepage":"https://example.org","topics":["a@b"]}',
        "ssh://git@github.com/o/r.git",
        "https://git@github.com/o/r.git",
        "git@github.com:o/r.git",
        "Write to https://example.org/a, or to me@example.org.",
        "ghs_ is how they begin",
        "0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_a_name_and_a_document_are_no_secrets(text):
    assert redact(text) == text


def test_a_given_secret_is_hidden_as_it_stands_in_addresses_and_documents():
    secret = 'pa"ss/wörd@1'
    text = " ".join([secret, quote(secret, safe=""), json.dumps(secret)])
    assert redact(text, [secret]) == f'{REDACTED} {REDACTED} "{REDACTED}"'


def test_each_line_of_a_given_secret_is_hidden_where_lines_come_one_by_one():
    assert redact("second-line", ["first-line\nsecond-line"]) == REDACTED


def test_variables_are_secret_by_their_names():
    environ = {
        "TWINE_PASSWORD": "demo",
        "MY_DEPLOY_TOKEN": "abc-123-xyz",
        "DB_PASSWORD": "postgres",  # a word: hidden only under the names that we know
        "TOKENIZERS_PARALLELISM": "false",
        "GPG_KEY": "7169605F62C751356D054A26A821E680E5FA6305",
        "AWS_SHARED_CREDENTIALS_FILE": "/home/me/.aws/credentials",
    }
    assert set(secrets_of(environ)) == {"demo", "abc-123-xyz"}
    assert words_as_secrets(environ) == ("TWINE_PASSWORD",)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("demo", True), ("main", True), ("123456", True), ("abc", True), ("hunter2", False)],
)
def test_a_secret_that_is_a_word_is_known(text, plain):
    assert is_plain_word(text) is plain


SEEDS = [
    "pypi-", "pypi-A", "eyJ", "eyJ.", "eyJa.b.", "ghs_", "ghs_.", "github_pat_", "gl", "glpat-",
    "://", "://a:", "https://", "https://a@", "a@", ":", "authorization: ", "Authorization:",
    "UTHORIZATION=", "X190b2tlbl9fO", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-", " ", "\n",
    "\0", "a", "A", ".", "[secret]",
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_megabyte_of_anything_is_read_in_no_time(seed):
    text = seed * (1_000_000 // len(seed))
    started = time.process_time()
    redact(text)
    redact(f"https://{text}", ["secret-word"])
    assert time.process_time() - started < 20
