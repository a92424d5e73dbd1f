"""Regular expressions on text of others, in a time that grows with its length alone.

Python's own matcher goes back and tries again: with `(a+)+b`, thirty letters take minutes. Here all
ways are followed at once (Thompson, "Regular Expression Search Algorithm", 1968), and the sets of
states that were met are kept, as RE2 does, which Alertmanager matches with. Back
references and looking around cannot be followed so, and RE2 does not know them; nor is `\b` known.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

MOST: Final = 2000
"""States of an expression; `{1,1000}` makes a thousand."""
_SHORT: Final = 200
"""Signs of a text that an expression of a former version is tried on."""
KEPT: Final = 5000
"""Moves from one set of states to the next that are kept."""

_parser: Final[Any] = import_module("re._parser")
_SPACES: Final = " \t\n\r\f\v"

Is = Callable[[str], bool]
_States = frozenset[int]


class Unknown(ValueError):
    """It cannot be matched in such a time. `str()` says why, and how to mend it."""


@dataclass(slots=True)
class _State:
    is_sign: Is | None = None
    """Reads one sign; None: reads nothing."""
    at: str = ""
    """Only at the `begin` or the `end` of the text."""
    then: list[int] = field(default_factory=list)


@lru_cache(maxsize=256)
def pattern_of(text: str) -> "Pattern":
    """Raises Unknown, re.error, OverflowError, RecursionError."""
    return Pattern(text)


def is_match(pattern: str, text: str) -> bool:
    """Whether it matches the whole text. What is not known can only come from a former version."""
    try:
        return pattern_of(pattern).is_all_of(text)
    except Unknown:
        return re.fullmatch(pattern, text[:_SHORT]) is not None


class Pattern:
    def __init__(self, text: str) -> None:
        parsed = _parser.parse(text)
        self._states: list[_State] = []
        self._moves: dict[tuple[_States, str], _States] = {}
        self._end = self._add(_State())
        self._begin = self._of(parsed, parsed.state.flags, self._end)

    def is_all_of(self, text: str) -> bool:
        """Whether it matches the whole text."""
        now = self._closed((self._begin,), is_begin=True, is_end=not text)
        for at, sign in enumerate(text, 1):
            now = self._moved(now, sign, is_end=at == len(text))
            if not now:
                return False
        return self._end in now

    def _moved(self, now: _States, sign: str, *, is_end: bool) -> _States:
        if not is_end and (now, sign) in self._moves:
            return self._moves[now, sign]
        read = [one for number in now if (one := self._states[number]).is_sign is not None]
        found = (then for one in read if one.is_sign and one.is_sign(sign) for then in one.then)
        after = self._closed(found, is_begin=False, is_end=is_end)
        if not is_end:
            if len(self._moves) >= KEPT:
                self._moves.clear()
            self._moves[now, sign] = after
        return after

    def _closed(self, numbers: Iterable[int], *, is_begin: bool, is_end: bool) -> _States:
        """With all that is reached without reading."""
        here = {"begin"} if is_begin else set()
        here |= {"end"} if is_end else set()
        seen: set[int] = set()
        todo = list(numbers)
        while todo:
            number = todo.pop()
            state = self._states[number]
            if number in seen or (state.at and state.at not in here):
                continue
            seen.add(number)
            if state.is_sign is None:
                todo += state.then
        return frozenset(seen)

    # --- the states of an expression, from its end to its beginning ---------------------------

    def _add(self, state: _State) -> int:
        if len(self._states) >= MOST:
            raise Unknown("is too large; write a shorter one")
        self._states.append(state)
        return len(self._states) - 1

    def _of(self, parts: Any, flags: int, then: int) -> int:
        for kind, value in reversed(list(parts)):
            then = self._part(str(kind), value, flags, then)
        return then

    def _part(self, kind: str, value: Any, flags: int, then: int) -> int:
        match kind:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return self._add(_State(_sign(kind, value, flags), then=[then]))
            case "SUBPATTERN":
                _, more, less, inner = value
                return self._of(inner, (flags | more) & ~less, then)
            case "BRANCH":
                return self._add(_State(then=[self._of(one, flags, then) for one in value[1]]))
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, inner = value
                return self._repeat(least, most, inner, flags, then)
            case "AT" if str(value) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
                return self._add(_State(at="begin", then=[then]))
            case "AT" if str(value) in ("AT_END", "AT_END_STRING"):
                return self._add(_State(at="end", then=[then]))
            case _:
                raise Unknown(r"uses \b, look-around or back references; write it without")

    def _repeat(self, least: int, most: int, inner: Any, flags: int, then: int) -> int:
        if most == _parser.MAXREPEAT:
            again = self._add(_State(then=[then]))
            self._states[again].then.append(self._of(inner, flags, again))
            then = again
        else:
            for _ in range(most - least):
                then = self._add(_State(then=[then, self._of(inner, flags, then)]))
        for _ in range(least):
            then = self._of(inner, flags, then)
        return then


def _sign(kind: str, value: Any, flags: int) -> Is:
    match kind:
        case "ANY":
            return lambda sign: sign != "\n" or bool(flags & re.DOTALL)
        case "LITERAL":
            is_it = _one("LITERAL", value)
        case "NOT_LITERAL":
            is_it = _one("LITERAL", value)
        case _:
            parts = [_one(str(name), inner) for name, inner in value if str(name) != "NEGATE"]

            def is_it(sign: str) -> bool:
                return any(part(sign) for part in parts)

    is_other = kind == "NOT_LITERAL" or (kind == "IN" and str(value[0][0]) == "NEGATE")
    if flags & re.IGNORECASE:
        return lambda sign: (is_it(sign) or is_it(sign.lower()) or is_it(sign.upper())) != is_other
    return lambda sign: is_it(sign) != is_other


def _one(name: str, value: Any) -> Is:
    match name:
        case "LITERAL":
            return lambda sign: len(sign) == 1 and ord(sign) == value
        case "RANGE":
            low, high = value
            return lambda sign: len(sign) == 1 and low <= ord(sign) <= high
        case _:
            return _category(str(value))


def _category(name: str) -> Is:
    """Of ASCII alone, as RE2 has them."""
    is_other = "_NOT_" in name
    kind = name.removeprefix("CATEGORY_").removeprefix("NOT_")

    def is_it(sign: str) -> bool:
        if kind == "SPACE":
            return sign in _SPACES
        is_digit = sign.isascii() and sign.isdigit()
        return is_digit if kind == "DIGIT" else sign == "_" or (sign.isascii() and sign.isalnum())

    return lambda sign: is_it(sign) != is_other
