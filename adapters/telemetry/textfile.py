"""`--metrics-textfile`: a file that node_exporter's textfile collector reads."""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from adapters.telemetry.page import Page, without
from controller.errors import UsageFault
from controller.telemetry.values import Collect, Family

MODE = 0o644
"""Readable for node_exporter, which runs as another user."""


class MetricsTextfile:
    """Implements `controller.telemetry.values.Outlet`. The file is always complete: it is
    written under another name and renamed (rename(2)). node_exporter ignores names other than
    `*.prom`, so also the file being written. The disk must be local."""

    def __init__(self, path: Path) -> None:
        self.name = f"--metrics-textfile {path}"
        self._path = path.absolute()
        self._beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
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
        try:
            self._write_beside(self._page.text())
            self._beside.replace(self._path)
        except OSError as error:
            self._forget()
            return f"not written: {error.strerror}"
        return None

    async def add(self, families: Sequence[Family]) -> str | None:
        names = {family.metric.name for family in families}
        try:
            self._refuse_what_is_no_file()
            kept = self._path.read_bytes() if self._path.exists() else b""
            self._write_beside(without(kept, names) + Page(lambda: families).text())
            self._beside.replace(self._path)
        except UsageFault as fault:
            return f"not written: {fault}"
        except OSError as error:
            self._forget()
            return f"not written: {error.strerror}"
        return None

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
