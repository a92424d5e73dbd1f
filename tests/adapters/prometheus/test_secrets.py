"""Secrets: where they are read, when they are read again, and that they are never told (S12)."""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from traceback import format_exception

import pytest

from controller.core.gates.evidence import Missing
from controller.errors import MetricsRefused
from controller.metrics_servers import MetricsServer, Secret
from tests.adapters.prometheus.stub import Asked, Told, at, failure, source, stub, vector

HUSH = "hush-1f7a"


async def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read for each question."""
    async with stub(lambda _: vector("1")) as one:
        server = replace(at(one.url), bearer=Secret(env="POOLROLL_TEST_TOKEN"))
        async with source(server) as asker:
            for token in ("first", "second"):
                monkeypatch.setenv("POOLROLL_TEST_TOKEN", token)
                await asker.read("q")
    tokens = [asked.headers["authorization"] for asked in one.asked]
    assert tokens == ["Bearer first", "Bearer second"]


def _in_place(path: Path, text: str) -> None:
    path.write_text(text)


def _replaced(path: Path, text: str) -> None:
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


@pytest.mark.parametrize("rotate", [_in_place, _replaced])
async def test_a_file_is_read_again(tmp_path: Path, rotate: Callable[[Path, str], None]) -> None:
    """A rotated file counts at once, also one of the same size and time; the newline at its end
    is no part of the secret."""
    path = tmp_path / "token"
    secret = Secret(file=str(path))
    async with (
        stub(lambda _: vector("1")) as one,
        source(replace(at(one.url), bearer=secret)) as asker,
    ):
        for token in ("first", "other"):
            rotate(path, f"{token}\r\n")
            os.utime(path, (1, 1))
            await asker.read("q")
    tokens = [asked.headers["authorization"] for asked in one.asked]
    assert tokens == ["Bearer first", "Bearer other"]


def _missing(path: Path) -> str:
    return "cannot be read: no such file or directory"


def _folder(path: Path) -> str:
    path.mkdir()
    return "is not a regular file"


def _pipe(path: Path) -> str:
    os.mkfifo(path)
    return "is not a regular file"


def _empty(path: Path) -> str:
    path.write_text("\n")
    return "is empty"


def _huge(path: Path) -> str:
    path.write_text("x" * (64 * 1024 + 1))
    return "is larger than 64 KiB"


def _binary(path: Path) -> str:
    path.write_bytes(b"\xff\xfe")
    return "is not UTF-8 text"


@pytest.mark.parametrize("prepare", [_missing, _folder, _pipe, _empty, _huge, _binary])
async def test_a_file_without_a_secret(tmp_path: Path, prepare: Callable[[Path], str]) -> None:
    """The file is named, and nothing is asked without what lets in."""
    path = tmp_path / "token"
    why = prepare(path)
    secret = Secret(file=str(path))
    async with (
        stub(lambda _: vector("1")) as one,
        source(replace(at(one.url), bearer=secret)) as asker,
    ):
        reading = await asker.read("q")
    assert (reading.value, reading.missing) == (None, Missing.FAILED)
    assert reading.words == f"{one.url}: the file {path} with the bearer token {why}"
    assert one.asked == []


async def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.delenv("POOLROLL_TEST_TOKEN", raising=False)
    secret = Secret(env="POOLROLL_TEST_TOKEN")
    async with source(MetricsServer("http://127.0.0.1:1", headers={"X-Key": secret})) as asker:
        reading = await asker.read("q")
    assert reading.words == (
        "http://127.0.0.1:1: the environment variable POOLROLL_TEST_TOKEN with the value of the "
        "header X-Key is not set"
    )


async def test_a_basic_password() -> None:
    """Any characters, as UTF-8 in base64 (RFC 7617)."""
    async with stub(lambda _: vector("1")) as one:
        server = replace(at(one.url), username="me", password=Secret(inline="pä:ss"))
        async with source(server) as asker:
            assert (await asker.read("q")).value == 1.0
    assert one.asked[0].headers["authorization"] == "Basic bWU6cMOkOnNz"


def _echo(status: int) -> Callable[[Asked], Told]:
    """All that came, back in every text that a reply can have."""

    def tell(asked: Asked) -> Told:
        heard = " ".join(asked.headers.values())
        if status == 200:
            return vector("1", warnings=[heard])
        if status == 302:
            return Told(302, headers={"Location": f"http://127.0.0.2/{HUSH}?x={HUSH}"})
        if status == 502:
            return Told(502, heard.encode(), heard)
        return failure(status, "execution", heard) if status else Told(0)

    return tell


async def _asked(ask: Awaitable[object]) -> str:
    """All that anybody may print about the outcome."""
    try:
        return repr(await ask)
    except MetricsRefused as refused:
        return "".join([repr(refused), repr(refused.__context__), *format_exception(refused)])


SERVERS = [
    MetricsServer("", bearer=Secret(inline=HUSH)),
    MetricsServer("", username="me", password=Secret(inline=HUSH)),
    MetricsServer("", headers={"X-Key": Secret(inline=HUSH)}),
    MetricsServer("", headers={"X-Key": Secret(inline=f"{HUSH}\nX-Other: y")}),
    MetricsServer("", headers={"X Key": Secret(inline=HUSH)}),
    MetricsServer("", bearer=Secret(inline=f"{HUSH}ü")),
]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("status", [0, 200, 302, 400, 401, 403, 404, 422, 429, 500, 502, 503])
async def test_no_secret_is_told(
    server: MetricsServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in words, errors, what caused them, logs or any repr, though the server echoes all."""
    caplog.set_level(logging.DEBUG)
    async with stub(_echo(status)) as one:
        server = replace(server, url=one.url)
        async with source(server, is_hasty=True) as asker:
            said = [repr(server), repr(asker), asker.name]
            asks = (asker.read("q"), asker.freshness("up"), asker.alerts())
            said += [await _asked(ask) for ask in asks]
    said.append(caplog.text)
    assert HUSH not in "".join(said)
    assert "bWU6" not in "".join(said)
