"""Being let in by a real Prometheus: TLS, client certificates and passwords."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from controller.core.gates.evidence import Missing, Reading
from controller.metrics_servers import MetricsServer, Secret
from tests.adapters.prometheus.stub import at, source
from tests.support.prometheus import RealPrometheus

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "s3cret-of-basic"
HASHED = "$2b$04$abcdefghijklmnopqrstuu3Tc21VjlRgT7jxFIx5wxFwVvMHri5m6"
"""bcrypt of `PASSWORD`, at the least cost."""


@dataclass
class Vault:
    """A Prometheus that speaks TLS under the name prom.test alone, and asks for everything."""

    prometheus: RealPrometheus
    folder: Path
    server: MetricsServer
    """With all that it asks for."""

    def path(self, name: str) -> str:
        return str(self.folder / name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vault(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Vault]:
    folder = tmp_path_factory.mktemp("vault")
    ours, other = trustme.CA(), trustme.CA()
    served, client = ours.issue_cert("prom.test"), ours.issue_cert("poolroll.test")
    stranger = other.issue_cert("stranger.test")
    for name, blob in (
        ("ca.pem", ours.cert_pem),
        ("served.pem", served.cert_chain_pems[0]),
        ("served.key", served.private_key_pem),
        ("client.pem", client.cert_chain_pems[0]),
        ("client.key", client.private_key_pem),
        ("stranger.pem", stranger.private_key_and_cert_chain_pem),
    ):
        blob.write_to_path(str(folder / name))
    web = {
        "tls_server_config": {
            "cert_file": str(folder / "served.pem"),
            "key_file": str(folder / "served.key"),
            "client_ca_file": str(folder / "ca.pem"),
            "client_auth_type": "RequireAndVerifyClientCert",
        },
        "basic_auth_users": {"poolroll": HASHED},
    }
    async with RealPrometheus(folder, {}, web=web) as prometheus:
        server = replace(
            at(prometheus.url),
            username="poolroll",
            password=Secret(inline=PASSWORD),
            ca=str(folder / "ca.pem"),
            cert=str(folder / "client.pem"),
            key=str(folder / "client.key"),
            server_name="prom.test",
        )
        yield Vault(prometheus, folder, server)


async def asked(server: MetricsServer) -> Reading:
    async with source(server) as one:
        return await one.read("vector(1)")


async def test_all_that_is_asked_for(vault: Vault) -> None:
    """Own authority, client certificate, server name and password together are let in."""
    reading = await asked(vault.server)
    assert (reading.value, reading.words) == (1.0, "")


async def test_without_verification(vault: Vault) -> None:
    """`verify: false` takes any certificate."""
    reading = await asked(replace(vault.server, verify=False, ca=None, server_name=None))
    assert reading.value == 1.0


@pytest.mark.parametrize("password", [Secret(inline="wrong"), None])
async def test_a_wrong_password(vault: Vault, password: Secret | None) -> None:
    """401 is told as not being let in; it is not tried again."""
    reading = await asked(replace(vault.server, password=password))
    assert (reading.value, reading.missing) == (None, Missing.FAILED)
    name = vault.prometheus.url
    assert reading.words == f"{name}: access denied (401): credentials missing or wrong"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ca": None}, "TLS: its certificate is not valid: unable to get local issuer certificate"),
        ({"server_name": None}, "TLS: its certificate is not valid: IP address mismatch"),
        ({"server_name": "b.test"}, "TLS: its certificate is not valid: Hostname mismatch"),
        ({"cert": None, "key": None}, "client certificate"),
        ({"cert": "stranger.pem", "key": None}, "client certificate"),
    ],
)
async def test_tls_that_fails(vault: Vault, changed: dict[str, str | None], why: str) -> None:
    """Whose certificate is not trusted, and why, is told; also when the connection ends before the
    alert that says so can be read."""
    if changed.get("cert") is not None:
        changed = {**changed, "cert": vault.path("stranger.pem")}
    reading = await asked(replace(vault.server, **changed))  # type: ignore[arg-type]
    assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
    assert why in reading.words


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ca": "none.pem"}, "none.pem cannot be used: no such file or directory"),
        ({"ca": "client.key"}, "client.key cannot be used: "),
        ({"cert": "none.pem"}, "none.pem with the key "),
        ({"key": "served.key"}, "served.key cannot be used: key values mismatch"),
    ],
)
async def test_files_that_cannot_be_used(vault: Vault, changed: dict[str, str], why: str) -> None:
    """The file is named."""
    paths = {key: vault.path(name) for key, name in changed.items()}
    reading = await asked(replace(vault.server, **paths))  # type: ignore[arg-type]
    assert (reading.value, reading.missing) == (None, Missing.FAILED)
    assert why in reading.words


async def test_http_where_it_speaks_tls(vault: Vault) -> None:
    """The mend is told: the URL's scheme."""
    reading = await asked(replace(vault.server, url=vault.server.url.replace("https", "http")))
    assert reading.missing is Missing.FAILED
    assert reading.words.endswith(": it speaks TLS: its URL must begin with https://")
