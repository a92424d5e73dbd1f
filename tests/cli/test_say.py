"""Words on standard output."""

import io
import sys

import pytest

from controller.cli.main import spell_out_signs
from controller.cli.say import folded, say


def test_long_lines_are_broken_between_words() -> None:
    """What goes on stands further in; words, and lines that fit, stay whole."""
    assert folded("  soak  30s under full traffic", 20) == ["  soak  30s under", "    full traffic"]
    assert folded("unix:/run/haproxy/admin.sock", 10) == ["unix:/run/haproxy/admin.sock"]
    assert folded("", 10) == [""]


def test_signs_are_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the locale does not have them: ours by name, any other as a question mark."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    spell_out_signs()
    say("'…' 7 → 8, ü")
    assert raw.getvalue() == b"'...' 7 -> 8, ?\n"


def test_utf_8_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost where there is room for every sign."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    spell_out_signs()
    say("'…' 7 → 8, ü")
    assert raw.getvalue().decode() == "'…' 7 → 8, ü\n"
