"""The page in a real browser: it renders, runs nothing and asks nobody for anything."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from controller.report.page import page
from tests.report import journals
from tests.report.page.outline import outline
from tests.report.test_hostile import hostile_page

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--window-size=500,900",
    "--virtual-time-budget=2000",
    "--dump-dom",
)


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("no chromium on PATH: install the system's package `chromium`")


async def browse(html: str, folder: Path) -> tuple[str, str]:
    """The document as it stands when it was loaded, and what the browser logged."""
    path = folder / "page.html"
    path.write_text(html)
    process = await asyncio.create_subprocess_exec(
        chromium(),
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"file://{path}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(40):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    return out.decode(), err.decode()


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[str, list[str]]]:
    """Where somebody listens, and the first line of each request that came."""
    came: list[str] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append((await reader.readline()).decode())
        writer.write(b"HTTP/1.0 404 Not Found\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", came


async def test_the_page_renders_without_a_word_on_the_console(tmp_path: Path) -> None:
    """All sections, bars and dots are in the browser's document, and it complains of nothing."""
    html = page(journals.row(), journals.halted().records)
    dom, log = await browse(html, tmp_path)
    assert "CONSOLE" not in log
    assert outline(dom).structure() == outline(html).structure()
    for tag in ("rect", "polyline", "circle", "path", "text"):
        assert len(outline(dom).those(tag)) == len(outline(html).those(tag)) > 0


async def test_a_hostile_page_runs_nothing_and_asks_nobody(tmp_path: Path) -> None:
    """No request reaches the address that hostile text names, though an image without the
    page's policy would; no script changes the title."""
    async with listener() as (address, came):
        html = hostile_page(address)
        dom, log = await browse(html, tmp_path)
        assert "CONSOLE" not in log
        assert outline(dom).structure() == outline(html).structure()
        assert "<title>owned</title>" not in dom
        assert not came
        loud = f"<!DOCTYPE html><img src='http://{address}/seen'>"
        await browse(loud, tmp_path)
        assert [line.split()[1] for line in came] == ["/seen"]


async def test_nothing_is_wider_than_a_narrow_window(tmp_path: Path) -> None:
    """Long names and outputs wrap: one never scrolls sideways on a phone."""
    measure = "`wide ${document.documentElement.scrollWidth} of ${innerWidth}`"
    probe = f"<script>document.title = {measure}</script></body>"
    html = re.sub(r"<meta http-equiv[^>]*>", "", hostile_page()).replace("</body>", probe)
    dom, _ = await browse(html, tmp_path)
    found = re.search(r"<title>wide (\d+) of (\d+)</title>", dom)
    assert found is not None
    assert int(found[1]) <= int(found[2])
