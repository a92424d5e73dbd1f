"""`--metrics-textfile`: a file that node_exporter's textfile collector reads."""

import asyncio
import fcntl
import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from adapters.telemetry.page import Page
from adapters.telemetry.shared_page import Keeps, merged
from controller.errors import UsageFault
from controller.telemetry.values import Collect, Family

MODE = 0o644
"""Readable for node_exporter, which runs as another user."""
MOST: Final = 8 * 1024 * 1024
"""Bytes of a former file that are read: what is longer is not ours."""
TRIES: Final = 20
_PAUSE: Final = 0.05


class _Busy(Exception):
    """Somebody else writes there, all the time."""


class MetricsTextfile:
    """Implements `controller.telemetry.values.Outlet`. The file is always complete: it is
    written under another name and renamed (rename(2)). node_exporter ignores names other than
    `*.prom`, so also the file being written. The disk must be local. Rollouts may share the file:
    each replaces its own lines alone, one at a time."""

    def __init__(self, path: Path) -> None:
        self.name = f"--metrics-textfile {path}"
        self._path = path.absolute()
        # In containers that share the folder every poolroll may have the same process number.
        self._beside = self._path.with_name(f".{self._path.name}.{token_hex(8)}")
        self._page: Page | None = None

    async def open(self, collect: Collect) -> None:
        self._page = Page(collect)
        try:
            self._refuse_what_is_no_file()
            self._write_beside(b"")
        except OSError as error:
            raise UsageFault(f"{self.name}: {error.strerror}") from error
        finally:
            self._forget()

    async def give(self) -> str | None:
        if self._page is None:
            raise RuntimeError("a text file that was not opened")
        return await self._put(self._page)

    async def add(self, families: Sequence[Family]) -> str | None:
        names = {family.metric.name for family in families}
        return await self._put(Page(lambda: families), lambda name, _: name not in names)

    async def _put(self, page: Page, keeps: Keeps | None = None) -> str | None:
        try:
            self._refuse_what_is_no_file()
            async with self._alone():
                text = merged(self._former(), page.text().decode(), keeps)
                self._write_beside(text.encode())
                self._beside.replace(self._path)
        except UsageFault as fault:
            return f"not written: {fault}"
        except _Busy:
            return "not written: somebody else writes there"
        except OSError as error:
            self._forget()
            return f"not written: {error.strerror}"
        return None

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """A file would have to stay there to be locked: the folder itself is."""
        fd = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for turn in range(TRIES):
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if turn == TRIES - 1:
                        raise _Busy from None
                    await asyncio.sleep(_PAUSE)
            yield
        finally:
            os.close(fd)

    def _former(self) -> str:
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            text = file.read(MOST + 1)
            return text.decode("utf-8", "replace") if len(text) <= MOST else ""
        return ""

    async def aclose(self) -> None:
        """Nothing to close; the file remains."""

    def _refuse_what_is_no_file(self) -> None:
        """A rename would replace a device or a link by a file."""
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(self._path.lstat().st_mode):
                raise UsageFault(f"{self.name}: exists already, and is not a regular file")

    def _write_beside(self, text: bytes) -> None:
        self._beside.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(self._beside, flags, MODE), "wb") as file:
            os.fchmod(file.fileno(), MODE)
            file.write(text)

    def _forget(self) -> None:
        with suppress(OSError):
            self._beside.unlink(missing_ok=True)
