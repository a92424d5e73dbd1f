"""TLS files that are rotated while poolroll runs."""

import ssl
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import trustme

from controller.metrics_servers import MetricsServer
from tests.adapters.prometheus.stub import at, source, stub, vector


class Authority:
    """An authority with its server's and client's certificates."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def write(self, folder: Path) -> None:
        """What poolroll uses: in place, as some tools rotate it."""
        client = self._ca.issue_cert("poolroll.test")
        self._ca.cert_pem.write_to_path(str(folder / "ca.pem"))
        client.cert_chain_pems[0].write_to_path(str(folder / "client.pem"))
        client.private_key_pem.write_to_path(str(folder / "client.key"))

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self._ca.cert_pem.bytes().decode())
        self._ca.issue_cert("127.0.0.1").configure_cert(context)
        return context


def server_of(port: int, folder: Path) -> MetricsServer:
    return replace(
        at(f"https://127.0.0.1:{port}"),
        ca=str(folder / "ca.pem"),
        cert=str(folder / "client.pem"),
        key=str(folder / "client.key"),
    )


async def test_rotated_files_are_used_at_once(tmp_path: Path) -> None:
    """Trust and client certificate change together with the server's: the next question is let in.
    While the new files cannot be used, halfway through, the former stay in use."""
    former, new = Authority(), Authority()
    former.write(tmp_path)
    async with AsyncExitStack() as stack:
        async with stub(lambda _: vector("1"), former.serving()) as first:
            port = first.port
            server = server_of(port, tmp_path)
            asker = await stack.enter_async_context(source(server, is_hasty=True))
            assert (await asker.read("q")).value == 1.0
            (tmp_path / "client.key").write_text("half a")
            assert (await asker.read("q")).value == 1.0
            (tmp_path / "ca.pem").unlink()
            assert (await asker.read("q")).value == 1.0
        new.write(tmp_path)
        async with stub(lambda _: vector("2"), new.serving(), port):
            assert (await asker.read("q")).value == 2.0
