"""The command line of ssh, and what is made of what it and the host say. No host is asked."""

from typing import Any

import pytest

from adapters.hosts.driver.link import argv_of, parsed
from adapters.hosts.driver.words import Kind, failure_of

NONCE = "n0"
WAY: dict[str, Any] = {
    "host": "web1",
    "user": "",
    "port": None,
    "jump": "",
    "options": (),
    "sudo": False,
    "connect_timeout": 10,
}


def test_the_command_line() -> None:
    """What poolroll needs comes first, so that nothing overrules it; then the user's options; the
    host stands after the end of all options."""
    options = ("ProxyCommand=nc %h %p", "ServerAliveInterval=5")
    more = {"user": "deploy", "port": 2222, "jump": "a@b:3", "options": options, "sudo": True}
    argv = argv_of({**WAY, **more})
    assert argv[:2] == ["ssh", "-T"]
    assert argv.index("-oBatchMode=yes") < argv.index("-oProxyCommand=nc %h %p")
    assert argv.index("-oServerAliveInterval=5") < argv.index("-oServerAliveInterval=15")
    assert argv[-7:] == [
        *("-oServerAliveCountMax=3", "-oUser=deploy", "-oPort=2222", "-oProxyJump=a@b:3"),
        *("--", "web1", "exec sudo -n /bin/sh"),
    ]
    assert "-oStrictHostKeyChecking=yes" in argv


def test_host_keys_are_checked() -> None:
    """New ones are taken only by who says so."""
    argv = argv_of({**WAY, "options": ("StrictHostKeyChecking=accept-new",)})
    assert [one for one in argv if "StrictHost" in one] == ["-oStrictHostKeyChecking=accept-new"]
    assert argv[-3:] == ["--", "web1", "exec /bin/sh"]


@pytest.mark.parametrize(
    ("code", "said", "kind", "why"),
    [
        (
            255,
            "ssh: connect to host web1 port 22: No route to host\r\n",
            Kind.DOWN,
            "web1 does not answer to ssh: connect to host web1 port 22: No route to host",
        ),
        (
            255,
            'Authenticated to web1 ([::1]:22) using "publickey".\nclient_loop: send disconnect: '
            "Broken pipe\n",
            Kind.CUT,
            "the connection to web1 was cut: client_loop: send disconnect: Broken pipe",
        ),
        (
            255,
            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nThe fingerprint for the "
            "ED25519 key sent by the remote host is\nSHA256:abc.\nPlease contact your system "
            "administrator.\nOffending ED25519 key in /k:3\nHost key verification failed.\n",
            Kind.CHANGED,
            "web1: its host key has changed: now SHA256:abc; Offending ED25519 key in /k:3",
        ),
        (
            255,
            "deploy@web1: Permission denied (publickey).\n",
            Kind.DENIED,
            "web1 does not let us in: deploy@web1: Permission denied (publickey).",
        ),
        (
            1,
            'Authenticated to web1 (x) using "publickey".\nThis account is currently not '
            "available.\n",
            Kind.SHELL,
            "web1: no shell for the step (exit code 1): This account is currently not available.",
        ),
        (
            1,
            'Authenticated to web1 (x) using "publickey".\nsudo: a password is required\n',
            Kind.SUDO,
            "web1: no root by `sudo -n`: a password is required",
        ),
        (
            255,
            "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n"
            "kex_exchange_identification: Connection closed by remote host\n"
            "Connection closed by UNKNOWN port 65535\n",
            Kind.DOWN,
            "web1 does not answer to ssh: channel 0: open failed: connect failed: Connection "
            "refused",
        ),
        (
            255,
            "Connection closed by UNKNOWN port 65535\n",
            Kind.DOWN,
            "web1 does not answer to ssh: Connection closed by UNKNOWN port 65535",
        ),
        (255, "", Kind.DOWN, "web1 does not answer to ssh: no reason given"),
    ],
)
def test_why_it_failed(code: int, said: str, kind: Kind, why: str) -> None:
    """Not reached, cut off, another key, not let in and no shell are told apart."""
    failure = failure_of("web1", code, said)
    assert (failure.kind, failure.why) == (kind, why)


def test_an_answer() -> None:
    """What a login shell prints before is left out; the output may hold anything."""
    told = b"Welcome!\nn0 hello\nn0 begun b1\nn0 waits\nn0 ended exit 3\nn0 fake\n\xff no end"
    whole = parsed(told + b"\nn0 over\n", NONCE)
    assert whole.is_whole
    assert whole.words("begun") == ["b1"]
    assert whole.words("ended") == ["exit", "3"]
    assert whole.output == b"n0 fake\n\xff no end"
    part = parsed(told, NONCE)
    assert not part.is_whole
    assert part.output == b""
    assert part.words("begun") == ["b1"]


def test_an_answer_to_a_question() -> None:
    """Its end comes after its output."""
    answer = parsed(b"n0 hello\nn0 asked\nyes\n\nn0 ended exit 1\nn0 over\n", NONCE)
    assert (answer.output, answer.words("ended")) == (b"yes\n", ["exit", "1"])
    assert parsed(b"n0 hel", NONCE).lines == []
