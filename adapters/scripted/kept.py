"""Remembers, in the state folder, which members are out: where no balancer could say so."""

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from adapters.modes import share, share_folder
from controller.errors import StateError

_MOST: Final = 4096
"""Bytes of one record."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


class Stage(StrEnum):
    IN = "in"
    LEAVING = "leaving"
    """What is run before was begun, and has perhaps ended."""
    OUT = "out"
    RETURNING = "returning"
    """The same of what is run after."""


@dataclass(frozen=True, slots=True)
class Standing:
    stage: Stage = Stage.IN
    token: str = ""
    """Names the execution of what is run: the same token, the same execution."""


def begun(stage: Stage) -> Standing:
    """A change that has an execution of its own."""
    return Standing(stage, token_hex(8))


class Kept:
    """One file for each member, whole and on disk or as it was before."""

    def __init__(self, folder: Path | None) -> None:
        """None: for whoever only asks, where there is no state; every member is in."""
        self._folder = folder

    def of(self, key: str) -> Standing:
        """Raises StateError."""
        if self._folder is None:
            return Standing()
        path = self._folder / _name(key)
        try:
            raw = _read(path)
        except FileNotFoundError:
            return Standing()
        except OSError as error:
            raise StateError(f"{path} cannot be read: {error.strerror}") from None
        try:
            value = json.loads(raw)
            return Standing(Stage(value["stage"]), str(value["token"]))
        except (ValueError, LookupError, TypeError):
            raise StateError(
                f"{path} is damaged: it says whether {key} is out; remove it if it is not"
            ) from None

    def keep(self, key: str, standing: Standing) -> None:
        """Raises StateError."""
        if self._folder is None:
            raise StateError("there is no state folder to keep in what is out")
        path = self._folder / _name(key)
        try:
            _make(self._folder)
            _write(str(self._folder), str(path), json.dumps({"key": key, **asdict(standing)}))
        except OSError as error:
            raise StateError(f"{path} cannot be written: {error.strerror}") from None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:  # perhaps by another rollout, this moment
        if not folder.is_dir():
            raise
        return
    share_folder(str(folder))


def _read(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.read(fd, _MOST)
    finally:
        os.close(fd)


def _write(folder: str, path: str, text: str) -> None:
    fd = os.open(f"{path}.new", _NEW, 0o600)
    try:
        share(fd, folder)
        os.write(fd, text.encode())
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(f"{path}.new", path)  # noqa: PTH104
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _name(key: str) -> str:
    return f"{sha256(key.encode()).hexdigest()[:32]}.json"
