"""HTTPS probes: whom they trust, and that they say why not."""

import ssl
from pathlib import Path

import pytest
import trustme

from adapters.clock import SystemClock
from adapters.probes import OutsideValidator
from controller.tasks import HttpProbe, JobResult, TcpProbe
from tests.adapters.probes.support import ScriptedCommands, answering, once, probed, serving


def _server(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_private_authority(authority: trustme.CA, ca: str) -> None:
    """A certificate of the given authority passes."""
    async with serving(answering("v2"), _server(authority, "127.0.0.1")) as port:
        assert (await probed(HttpProbe(f"https://127.0.0.1:{port}/", contains="v2", ca=ca))).passed


async def test_unknown_authority(authority: trustme.CA) -> None:
    """A certificate of an authority that this machine does not know fails, unless told so."""
    async with serving(answering("v2"), _server(authority, "127.0.0.1")) as port:
        result = await probed(HttpProbe(f"https://127.0.0.1:{port}/"))
        assert not result.passed
        assert "the certificate is not valid: unable to get local issuer" in result.detail
        assert (await probed(HttpProbe(f"https://127.0.0.1:{port}/", verify=False))).passed


async def test_wrong_name(authority: trustme.CA, ca: str) -> None:
    """A certificate for another name fails, and says for which it should have been."""
    async with serving(answering("v2"), _server(authority, "other.example")) as port:
        result = await probed(HttpProbe(f"https://127.0.0.1:{port}/", ca=ca))
    assert not result.passed
    assert "the certificate is not valid: " in result.detail
    assert "127.0.0.1" in result.detail.partition("not valid")[2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no such file or directory"),
        ("", "TLS failed: no certificate or crl found"),
        ("-----BEGIN CERTIFICATE-----\nx\n", "TLS failed: "),
    ],
)
async def test_unusable_authorities(tmp_path: Path, text: str | None, why: str) -> None:
    """A file of authorities that is missing or holds none is told by its path."""
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    result = await probed(HttpProbe("https://127.0.0.1:1/", ca=str(path)))
    assert not result.passed
    assert f"the trusted authorities in {path} cannot be used: {why}" in result.detail


async def test_authorities_are_looked_at_before_a_rollout(ca: str, tmp_path: Path) -> None:
    """Where they matter: a rollout would take a member out in vain."""
    none = str(tmp_path / "none.pem")
    told = f"the trusted authorities in {none} cannot be used: no such file or directory"
    url = "https://127.0.0.1:1/"
    assert unusable(HttpProbe(url, ca=none)) == told
    assert unusable(HttpProbe(url, ca=ca)) is None
    assert unusable(HttpProbe(url, ca=none, verify=False)) is None
    assert unusable(HttpProbe("http://127.0.0.1:1/", ca=none)) is None
    assert unusable(TcpProbe("127.0.0.1", 1)) is None


def unusable(probe: HttpProbe | TcpProbe) -> str | None:
    validator = OutsideValidator(ScriptedCommands([JobResult()]), SystemClock())
    return validator.unusable(once(probe))


async def test_member_speaks_no_tls() -> None:
    """Plain HTTP where TLS was expected is told as what it is."""
    async with serving(
        lambda _, writer: writer.write(b"HTTP/1.0 200 OK\r\n\r\n"), reads=False, holds=True
    ) as port:
        result = await probed(HttpProbe(f"https://127.0.0.1:{port}/"))
    assert not result.passed
    assert "TLS failed: " in result.detail


async def test_a_server_name(authority: trustme.CA, ca: str) -> None:
    """A member is asked by its address for a name: by SNI, and its certificate must have that."""
    asked: list[str | None] = []
    context = _server(authority, "www.example.com")

    def by_name(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        asked.append(name)
        return None if name else int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)

    context.sni_callback = by_name
    async with serving(answering("v2"), context) as port:
        url = f"https://127.0.0.1:{port}/"
        named = await probed(HttpProbe(url, ca=ca, server_name="www.example.com"))
        other = await probed(HttpProbe(url, ca=ca, server_name="other.example.com"))
        blind = await probed(HttpProbe(url, verify=False, server_name="other.example.com"))
        bare = await probed(HttpProbe(url, ca=ca))
    assert (named.passed, other.passed, blind.passed, bare.passed) == (True, False, True, False)
    assert asked[:2] == ["www.example.com", "other.example.com"]
    assert "Hostname mismatch" in other.detail
    assert "TLS failed: " in bare.detail


async def test_a_certificate_for_a_name(authority: trustme.CA, ca: str) -> None:
    """Asked by its address, the key that is missing is named."""
    async with serving(answering("v2"), _server(authority, "www.example.com")) as port:
        result = await probed(HttpProbe(f"https://127.0.0.1:{port}/", ca=ca))
    assert "; `server_name` says which name to ask for" in result.detail
