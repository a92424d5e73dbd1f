"""The last words of a command: what is told of its output where it failed."""

from controller.core.events.said import LENGTH, MOST, said_last
from tests.support.tables import table

LONG = "/usr/lib/" + "x" * 300 + ": no space left"


@table(
    "output said",
    {
        "nothing": ("", ""),
        "blank lines alone": (" \n\n", ""),
        "one line": ("  it broke \n", "it broke"),
        "the reason before the advice": (
            "Reading\nE: held packages\nE: try --fix\nsee the log\n\n",
            "E: held packages / E: try --fix / see the log",
        ),
        "lines without letters": ("E: no\n-----\n}\n", "E: no"),
        "figures alone": ("12\n100 %\n", "100 %"),
        "a progress bar": ("get\n 10%\r 50% a\r\nE: no\r\n", "get / 50% a / E: no"),
        "colours": ("\x1b[31mE:\x1b[0m no\n\x1b[0m\n", "E: no"),
        "a long line": (LONG, "…" + LONG[1 - LENGTH :]),
    },
)
def test_said_last(output: str, said: str) -> None:
    """The end of the last lines that say something, as one line."""
    assert said_last(output) == said
    assert len(said) <= MOST
