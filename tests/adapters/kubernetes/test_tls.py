"""TLS: authorities, client certificates, names, rotated files, proxies."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from adapters.kubernetes.client.faults import Unreachable
from adapters.kubernetes.client.paths import PODS
from tests.adapters.kubernetes.stub import Stub, api_of, config_access, stub, told, written_config


def data(*blobs: trustme.Blob) -> str:
    return base64.b64encode(b"".join(blob.bytes() for blob in blobs)).decode()


def serving(authority: trustme.CA, name: str, *, asks: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    return context


@asynccontextmanager
async def cluster(context: ssl.SSLContext) -> AsyncIterator[Stub]:
    async with stub(lambda _: told({"kind": "Pod"}), context) as server:
        yield server


async def get(folder: Path, where: dict[str, Any], who: dict[str, Any] | None = None) -> None:
    access = config_access(written_config(folder, where, who or {}))
    async with api_of(access) as api:
        await api.get(PODS, "a", "shop")


async def test_its_own_authority(authority: trustme.CA, tmp_path: Path) -> None:
    async with cluster(serving(authority, "127.0.0.1")) as server:
        ours = {"server": server.url, "certificate-authority-data": data(authority.cert_pem)}
        await get(tmp_path, ours)
        with pytest.raises(Unreachable, match="its certificate is not valid"):
            await get(tmp_path, {"server": server.url})
        await get(tmp_path, {"server": server.url, "insecure-skip-tls-verify": True})
        async with plain() as url:
            with pytest.raises(Unreachable, match="does not speak TLS"):
                await get(tmp_path, {**ours, "server": url})


async def test_a_client_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    """From the data of a kubeconfig, which never comes to a disk."""
    mine = authority.issue_cert("me@example")
    async with cluster(serving(authority, "127.0.0.1", asks=True)) as server:
        where = {"server": server.url, "certificate-authority-data": data(authority.cert_pem)}
        await get(
            tmp_path,
            where,
            {
                "client-certificate-data": data(*mine.cert_chain_pems),
                "client-key-data": data(mine.private_key_pem),
            },
        )
        with pytest.raises(Unreachable):
            await get(tmp_path, where)


async def test_a_client_certificate_of_a_plugin(authority: trustme.CA, tmp_path: Path) -> None:
    mine = authority.issue_cert("me@example")
    given = {
        "clientCertificateData": b"".join(one.bytes() for one in mine.cert_chain_pems).decode(),
        "clientKeyData": mine.private_key_pem.bytes().decode(),
    }
    version = "client.authentication.k8s.io/v1"
    page = {"apiVersion": version, "kind": "ExecCredential", "status": given}
    (tmp_path / "page").write_text(json.dumps(page))
    who = {"exec": {"apiVersion": version, "command": "cat", "args": [str(tmp_path / "page")]}}
    async with cluster(serving(authority, "127.0.0.1", asks=True)) as server:
        where = {"server": server.url, "certificate-authority-data": data(authority.cert_pem)}
        await get(tmp_path, where, who)
    assert len(server.asked) == 1


async def test_rotated_files(authority: trustme.CA, tmp_path: Path) -> None:
    """Seen at the next call; a file that is half-written leaves the former in use."""
    other = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with (
        cluster(serving(authority, "127.0.0.1")) as server,
        api_of(
            config_access(
                written_config(
                    tmp_path, {"server": server.url, "certificate-authority": "ca.pem"}, {}
                )
            )
        ) as api,
    ):
        await api.get(PODS, "a", "shop")
        file.write_text("-----BEGIN CERTI")
        await api.get(PODS, "a", "shop")
        other.cert_pem.write_to_path(str(file))
        with pytest.raises(Unreachable, match="not valid"):
            await api.get(PODS, "a", "shop")


@pytest.mark.parametrize("is_proxied", [False, True])
async def test_another_name(authority: trustme.CA, tmp_path: Path, is_proxied: bool) -> None:
    """`tls-server-name`, through a proxy too."""
    async with cluster(serving(authority, "api.internal")) as server, tunnel(server) as proxy:
        where = {
            "server": server.url,
            "certificate-authority-data": data(authority.cert_pem),
            **({"proxy-url": proxy} if is_proxied else {}),
        }
        await get(tmp_path, {**where, "tls-server-name": "api.internal"})
        with pytest.raises(Unreachable, match="not valid"):
            await get(tmp_path, where)


async def test_a_proxy_that_refuses(authority: trustme.CA, tmp_path: Path) -> None:
    async with cluster(serving(authority, "127.0.0.1")) as server, tunnel(None) as proxy:
        with pytest.raises(Unreachable, match=r"the proxy \(proxy-url\) refused"):
            await get(tmp_path, {"server": server.url, "proxy-url": proxy})
    assert server.asked == []


@asynccontextmanager
async def plain() -> AsyncIterator[str]:
    """Answers whatever comes as plain HTTP."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def tunnel(to: Stub | None) -> AsyncIterator[str]:
    """A proxy for CONNECT."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            if to is None:
                writer.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
                writer.close()
                await writer.wait_closed()
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to.port)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*tasks)


async def test_a_server_that_takes_connections_and_starts_no_tls(tmp_path: Path) -> None:
    """As a frozen one does; a moment later the next call gets a connection of its own."""
    async with stub(lambda _: None) as server:
        where = {"server": server.url.replace("http:", "https:")}
        access = config_access(written_config(tmp_path, where, {}))
        async with api_of(access, seconds=2) as api:
            with pytest.raises(Unreachable, match="no connection in time"):
                await api.merge(PODS, "a", "shop", {})
