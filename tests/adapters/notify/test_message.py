"""How a notice is put into a body, headers and an environment."""

import hashlib
import hmac
import json

from adapters.notify.message import MOST_ENV, MOST_TEXT, as_json, as_slack, environment, signed
from tests.adapters.notify.receiver import notice


def test_json_has_all_there_is() -> None:
    """The generic body is one object with every fact of the notice."""
    assert json.loads(as_json(notice("halted", "SEEN x", "LIMIT y"), "d1")) == {
        "delivery": "d1",
        "event": "halted",
        "name": "web",
        "rollout": "web-1",
        "at": "2024-01-02T03:04:05+00:00",
        "text": "rollout web: HALTED",
        "lines": ["SEEN x", "LIMIT y"],
        "member": "web1",
        "exit_code": 4,
    }


def test_signature_is_over_all_that_is_told() -> None:
    """A receiver that knows the secret can check time, event, delivery and body: no other fits."""
    told = {"event": "halted", "delivery": "d1"}
    headers = signed(b'{"a":1}', "s3cret", 1700000000, **told)
    proof = hmac.new(b"s3cret", b'1700000000.halted.d1.{"a":1}', hashlib.sha256).hexdigest()
    assert headers == {
        "X-Poolroll-Timestamp": "1700000000",
        "X-Poolroll-Signature": f"sha256={proof}",
    }
    assert signed(b'{"a":1}', "s3cret", 1700000001, **told) != headers
    assert signed(b'{"a":2}', "s3cret", 1700000000, **told) != headers
    other = {**told, "event": "done"}
    assert signed(b'{"a":1}', "s3cret", 1700000000, **other) != headers


def test_slack_text_is_a_headline_and_a_block() -> None:
    """All that others may have written stands in a fixed width, closed, and the three signs that
    mean something are escaped."""
    body = json.loads(as_slack(notice("halted", "SEEN  a < b & c", "```", text="<!channel>")))
    block = "&lt;!channel&gt;\nSEEN  a &lt; b &amp; c\n'''"
    assert body == {"text": f"rollout web: halted\n```\n{block}\n```"}


HOSTILE = "a\x1b[2J\x9b31m\u202eb\nc @everyone @Here [x](http://evil) <@U1> `x` @channel"


def test_nobody_is_called_and_nothing_is_obeyed() -> None:
    """What a server calls itself, or a command printed, is no mention, no link and no sign that a
    terminal obeys, in whatever way the notice goes out."""
    one = notice("halted", HOSTILE, text=HOSTILE)
    headline, _, block = json.loads(as_slack(one))["text"].partition("\n```\n")
    assert headline == "rollout web: halted"
    assert not any(mention in block.lower() for mention in ("@everyone", "@here", "@channel", "<"))
    body = json.loads(as_json(one, "d1"))
    env = environment(one, "d1")
    texts = (block.replace("\n", ""), body["text"], *body["lines"], env["POOLROLL_SUMMARY"])
    for text in texts:
        assert not set(text) & set("\x1b\x9b\u202e\n")


def test_slack_text_is_bounded_and_closed() -> None:
    """However much there is to tell, the message is short enough, and its block is closed."""
    text = json.loads(as_slack(notice("halted", *["x" * 100] * 1000)))["text"]
    assert len(text) <= MOST_TEXT + 4
    assert text.endswith("…\n```")


def test_environment_is_text_that_a_system_takes() -> None:
    """Bounded, without NUL, and every value is a text."""
    env = environment(notice("halted", "a\0b", "y" * 100_000), "d1")
    assert env["POOLROLL_EVENT"] == "halted"
    assert env["POOLROLL_ROLLOUT_NAME"] == "web"
    assert env["POOLROLL_ROLLOUT_ID"] == "web-1"
    assert env["POOLROLL_EXIT_CODE"] == "4"
    assert env["POOLROLL_TEXT"].startswith("rollout web: HALTED\na␀b\ny")
    assert max(map(len, env.values())) == MOST_ENV
    assert not [value for value in env.values() if "\0" in value]
