"""No exception of the library leaks, and none is quoted."""

import asyncio
import socket
import ssl

import httpx
import pytest

from adapters.probes.http import HttpAsker
from adapters.probes.words import network_fault, public_url, url_secrets
from adapters.words import hide
from controller.tasks import HttpProbe

_RAISED = sorted(
    {
        kind
        for kind in vars(httpx).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    },
    key=lambda kind: kind.__name__,
)


def _made(kind: type[Exception]) -> Exception:
    """An instance with a secret in its text, whatever its constructor asks for."""
    if issubclass(kind, httpx.HTTPStatusError):
        request = httpx.Request("GET", "http://s3cret@a/")
        return kind("s3cret", request=request, response=httpx.Response(500))
    try:
        return kind("s3cret")
    except TypeError:
        return kind()


class _Raising(httpx.AsyncBaseTransport):
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self._error


def test_there_are_exceptions_to_map() -> None:
    """The table below is not empty because the library moved its exceptions."""
    assert {httpx.ConnectError, httpx.InvalidURL, httpx.StreamClosed} <= set(_RAISED)


@pytest.mark.parametrize("error", [_made(kind) for kind in _RAISED], ids=lambda e: type(e).__name__)
async def test_library_exceptions_are_mapped(error: Exception) -> None:
    """Each exception class of httpx becomes words that quote nothing of it."""
    asker = HttpAsker(HttpProbe("http://127.0.0.1/"), transport=_Raising(error))
    seen = await asker.ask()
    await asker.aclose()
    assert seen
    assert "s3cret" not in seen


@pytest.mark.parametrize(
    "error",
    [ssl.SSLError("s3cret"), OSError("s3cret"), TimeoutError("s3cret"), ValueError("s3cret")],
)
async def test_system_exceptions_are_mapped(error: Exception) -> None:
    """Also what the system raises below the library becomes words."""
    asker = HttpAsker(HttpProbe("http://127.0.0.1/"), transport=_Raising(error))
    seen = await asker.ask()
    await asker.aclose()
    assert seen
    assert "s3cret" not in seen


def test_reason_is_found_behind_other_exceptions() -> None:
    """What says why may be a cause, or one of a group."""
    refused = ConnectionRefusedError(111, "x")
    outer = OSError("all failed")
    outer.__cause__ = ExceptionGroup("attempts", [ValueError(), refused])
    assert network_fault(outer) == "connection refused"
    assert network_fault(socket.gaierror(-2, "Name or service not known")) == (
        "the name cannot be resolved: name or service not known"
    )
    assert network_fault(ValueError("x")) is None


def test_circle_of_causes_ends() -> None:
    """Exceptions that are each other's cause are looked at once."""
    one, two = ValueError(), ValueError()
    one.__cause__, two.__cause__ = two, one
    assert network_fault(one) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h:80/p?a=1", "http://h:80/p?a=1"),
        ("https://u:p@h/p", "https://***@h/p"),
        ("https://token@h/p", "https://***@h/p"),
        ("http://h/?access_token=x&b=2&PASSWORD=y", "http://h/?access_token=***&b=2&PASSWORD=***"),
        ("http://h/?api_key=x#sig=y", "http://h/?api_key=***"),
        ("http://h/?sig=x&signature=y&design=z", "http://h/?sig=***&signature=***&design=z"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://u:p/w@h:80/?token=x", "http://***@h:80/"),
        ("http://h:port/?token=x", "http://h:port/"),
        ("", ""),
        ("[", "["),
    ],
)
def test_public_url(url: str, shown: str) -> None:
    """Of a URL only what is no secret is shown."""
    assert public_url(url) == shown


def test_what_is_hidden_in_a_url_is_known() -> None:
    """What a URL hides is hidden in an answer that echoes it, too."""
    secrets = url_secrets("http://us3r:pa55@h/?token=k3y-9&a=plain")
    assert hide("us3r pa55 k3y-9 plain", secrets) == "*** *** *** plain"
    assert url_secrets("http://[") == []


def test_short_words_are_not_hidden() -> None:
    """A header value like `1` garbles nothing."""
    assert hide("status 1", ["1", "Bearer abcdef"]) == "status 1"
    assert hide("abcdef", ["Bearer abcdef"]) == "***"


async def test_cancelling_is_not_swallowed() -> None:
    """Cancelling a question ends it as cancelled."""
    task = asyncio.ensure_future(HttpAsker(HttpProbe("http://127.0.0.1:1/")).ask())
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_name_that_the_server_does_not_know() -> None:
    """Asked by its address, the key that is missing is named; with it, nothing is left to say."""
    alert = ssl.SSLError("s3cret")
    alert.reason = "TLSV1_UNRECOGNIZED_NAME"
    seen = {}
    for name in (None, "www.example.com"):
        probe = HttpProbe("https://127.0.0.1/", verify=False, server_name=name)
        seen[name] = await HttpAsker(probe, transport=_Raising(alert)).ask()
    assert seen == {
        None: "TLS failed: tlsv1 unrecognized name; `server_name` says which name to ask for",
        "www.example.com": "TLS failed: tlsv1 unrecognized name",
    }
