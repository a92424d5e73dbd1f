"""The known word that was probably meant. Pure, and loads nothing but Python's own."""

from collections.abc import Iterable
from difflib import get_close_matches

from controller.config.text.places import MAX_SHOWN, shown


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"?`; empty where nothing is close."""
    close = get_close_matches(word[:MAX_SHOWN], list(known), n=1)
    return f"did you mean {shown(close[0])}?" if close else ""
