"""HAProxy with a door that asks for a certificate, and tunnels to it as the chart writes them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trustme

from tests.support.haproxies import HAPROXIES, program

NAME: Final = "lb.example.net"
"""In the certificate of the door."""
_CONFIG: Final = """
global
    stats socket {folder}/admin.sock level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen door
    bind 127.0.0.1:{port} ssl crt {folder}/door.pem ca-file {folder}/ca.pem verify required
    server itself unix@{folder}/admin.sock
listen web
    mode http
    bind 127.0.0.1:{users}
"""


class Door:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        certificate = self.authority.issue_cert(NAME)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "door.pem"))

    @asynccontextmanager
    async def open(self, servers: Sequence[str] = ()) -> AsyncIterator[None]:
        """`servers`: lines of the backend `web`, which users reach, too."""
        text = _CONFIG.format(folder=self.folder, port=self.port, users=free_port())
        text += "".join(f"    server {one}\n" for one in servers)
        async with haproxy(self.folder / "door.cfg", text):
            yield

    def secret(self, by: trustme.CA | None = None) -> Mapping[str, bytes]:
        """Of a client."""
        given = (by or self.authority).issue_cert("poolroll")
        return {
            "tls.crt": given.cert_chain_pems[0].bytes(),
            "tls.key": given.private_key_pem.bytes(),
            "ca.crt": self.authority.cert_pem.bytes(),
        }


def mounted(items: Sequence[Mapping[str, Any]], secret: Mapping[str, bytes], folder: Path) -> None:
    """As a kubelet lays the items of a Secret out."""
    folder.mkdir()
    for one in items:
        (folder / one["path"]).write_bytes(secret[one["key"]])


@asynccontextmanager
async def haproxy(file: Path, text: str) -> AsyncIterator[None]:
    """In the foreground, as in a container."""
    file.write_text(text)
    started = await asyncio.create_subprocess_exec(
        str(program(HAPROXIES[0])), "-f", str(file), "-db", "-q"
    )
    try:
        yield
    finally:
        started.kill()
        await started.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
