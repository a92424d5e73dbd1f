"""What a terminal shows: as much of one as poolroll needs (ECMA-48; xterm's DECTCEM)."""

import re
from typing import Final

_SEQUENCE: Final = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
_BEGUN: Final = re.compile(r"\x1b(\[\??[0-9;]*)?")


class Glass:
    """A screen of fixed size, and what has scrolled off it. A sign for which there is no cell left
    goes to the next row, as on a terminal with automatic margins."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.scrolled: list[str] = []
        self.has_cursor = True
        self._rows = [""] * height
        self._y = self._x = 0
        self._begun = ""

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self._rows]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def feed(self, text: str) -> None:
        """Raises AssertionError at a sequence that it does not know. One that is not whole yet
        waits for its end."""
        text, at = self._begun + text, 0
        self._begun = ""
        while at < len(text):
            if text[at] != "\x1b":
                self._sign(text[at])
                at += 1
                continue
            if _BEGUN.fullmatch(text, at):
                self._begun = text[at:]
                return
            found = _SEQUENCE.match(text, at)
            assert found, f"no sequence that is known: {text[at : at + 12]!r}"
            self._control(*found.groups())
            at = found.end()

    def _sign(self, sign: str) -> None:
        if sign == "\r":
            self._x = 0
        elif sign == "\n":
            self._x = 0  # the line discipline makes a CR LF of it (ONLCR, termios(3))
            self._down()
        else:
            if self._x == self.width:
                self._x = 0
                self._down()
            row = self._rows[self._y].ljust(self._x)
            self._rows[self._y] = row[: self._x] + sign + row[self._x + 1 :]
            self._x += 1

    def _down(self) -> None:
        if self._y + 1 < self.height:
            self._y += 1
            return
        self.scrolled.append(self._rows.pop(0).rstrip())
        self._rows.append("")

    def _control(self, private: str, figures: str, final: str) -> None:
        match final:
            case "A":
                self._y = max(0, self._y - int(figures or 1))
            case "H" if not figures:
                self._y = self._x = 0
            case "K" if not figures:
                self._rows[self._y] = self._rows[self._y][: self._x]
            case "J" if not figures:
                self._rows[self._y] = self._rows[self._y][: self._x]
                self._rows[self._y + 1 :] = [""] * (self.height - self._y - 1)
            case "h" | "l" if private and figures == "25":
                self.has_cursor = final == "h"
            case "m":
                pass
            case _:
                raise AssertionError(f"not known: {private}{figures}{final}")
