"""What is secret by its form."""

import time

import pytest

from controller.redaction import blotted, discreet, is_secret_name, secrets_in

EVERYWHERE = {
    "https://u:pw@wiki/x": "https://***@wiki/x",
    "go to https://token@h, or http://u:p@h2": "go to https://***@h, or http://***@h2",
    "https://h/x?token=abc&page=2#top": "https://h/x?token=***&page=2#top",
    "https://h/x?page=2&X-Amz-Signature=f0&y=1": "https://h/x?page=2&X-Amz-Signature=***&y=1",
    "http://h/?api_key=${vars.key}x": "http://h/?api_key=***",
    'curl -H "Authorization: Bearer abc.def"': 'curl -H "Authorization: Bearer ***"',
    "authorization: basic dXNlcg==": "authorization: basic ***",
    "# Bearer S3cretHeader2": "# Bearer ***",
    "deploy --password=hunter2 -v": "deploy --password=*** -v",
    "DB_PASSWORD=hunter2 started": "DB_PASSWORD=*** started",
    "sh -c 'PGPASSWORD=\"hunter2\" psql'": "sh -c 'PGPASSWORD=\"***\" psql'",
    "[x, --db-token=${vars.t}]": "[x, --db-token=***]",
    "x --password='two words' y": "x --password='***' y",
    'sh -c "x --password=\\"two words\\" y"': 'sh -c "x --password=\\"***\\" y"',
}

OUTPUTS = {
    "password: hunter2": "password: ***",
    '{"access_token": "abc", "n": 1}': '{"access_token": "***", "n": 1}',
    "Authorization: abcdef": "Authorization: ***",
    'Authorization: "abc def" x': 'Authorization: "***" x',
    '"{\\"password\\": \\"abc def\\", 1}"': '"{\\"password\\": \\"***\\", 1}"',
    "API_KEY: 'xyz'": "API_KEY: '***'",
}

NOTHING = (
    "https://wiki.example.net/web?page=2",
    "step 1 ended with exit code 3",
    "the bearer of news",
    "4 tokens left",
    "mail to ops@example.net",
    "unix:/run/haproxy/admin.sock",
    "no password given",
)


@pytest.mark.parametrize(("text", "shown"), EVERYWHERE.items())
def test_everywhere(text: str, shown: str) -> None:
    """In files as in what programs print; twice is as good as once."""
    assert blotted(text) == discreet(text) == blotted(shown) == shown


@pytest.mark.parametrize(("text", "shown"), OUTPUTS.items())
def test_in_outputs(text: str, shown: str) -> None:
    """In what programs print; in a file such lines are keys, which have their own rules."""
    assert discreet(text) == discreet(shown) == shown
    assert blotted(text) == text


@pytest.mark.parametrize("text", NOTHING)
def test_plain_words_stay(text: str) -> None:
    """What is no secret is not garbled."""
    assert discreet(text) == blotted(text) == text


def test_secrets_are_found() -> None:
    """For the variables that are named in them."""
    assert set(secrets_in("http://${vars.u}@h/?token=${vars.t}")) == {"${vars.u}", "${vars.t}"}


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [("token", True), ("db_password", True), ("API_KEY", True), ("version", False),
     ("token_count", False), ("keyboard", False)],
)  # fmt: skip
def test_names(name: str, is_secret: bool) -> None:
    """A variable's name alone may say it."""
    assert is_secret_name(name) is is_secret


def test_long_outputs_take_no_time() -> None:
    """No text makes the search slow: 128 KiB of the worst, many times over."""
    began = time.monotonic()
    for word in (
        "token",
        "a-",
        "://",
        "password=",
        "bearer ",
        "authorization: ",
        "?key=",
        "token='",
        "pwd: \\",
    ):
        discreet(word * (128 * 1024 // len(word)))
    assert time.monotonic() - began < 10
