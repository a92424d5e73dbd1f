"""Words on standard output."""

import io
import sys

import pytest

from controller import bootstrap_kubernetes as kubernetes
from controller.cli import fit, show
from controller.cli.main import spell_out_signs
from controller.cli.say import folded, folded_report, output, say
from controller.secrets import NONE, Secrets


def test_long_lines_are_broken_between_words() -> None:
    """What goes on stands further in; words, and lines that fit, stay whole."""
    assert folded("  soak  30s under full traffic", 20) == ["  soak  30s under", "    full traffic"]
    assert folded("unix:/run/haproxy/admin.sock", 10) == ["unix:/run/haproxy/admin.sock"]
    assert folded("", 10) == [""]


def test_lines_of_a_halt_are_broken_at_the_width() -> None:
    """Below their label; a command is left whole, to be copied."""
    assert folded_report("SEEN      gate 'errors': 4 of 42 failed", 24) == [
        "SEEN      gate 'errors':",
        "          4 of 42 failed",
    ]
    command = "NEXT      to end it:  poolroll abort web"
    assert folded_report(command, 20) == [command]


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


def test_what_others_say_is_legible_and_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever prints: signs that a terminal obeys are shown, and a secret of the rollout is not,
    in JSON neither, whose numbers and form stay."""
    fit.keep_secret(Secrets(frozenset({"canary-1", "12345678"})))
    try:
        show.show("a\x1b[2J\x9b\u202ecanary-1\nb")
        show.show_json({"a": ["canary-1\u202e\x9b", 12345678, "\x1b"], "ü": None}, None)
        show.show("canary-1", err=True)
        say("canary-1 \x1b]0;x\x07")
        output().wait(5)
    finally:
        fit.keep_secret(NONE)
    out, err = capsys.readouterr()
    assert out.startswith("a��***\nb\n")
    assert r'{"a": ["***\u202e\u009b", 12345678, "\u001b"], "ü": null}' in out
    assert out.endswith("*** \n")
    assert err == "***\n"


def test_lines_about_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds a Lease is written there by others: legible, and a reader that has gone ends no
    run."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    told: list[str] = []
    monkeypatch.setattr(kubernetes, "_listeners", [told.append])
    kubernetes._tell("held by \x1b[2Jpid 1\u202e on host a\nb")
    assert told == ["held by pid 1\ufffd on host a␊b"]
    monkeypatch.setattr(kubernetes, "_listeners", [])
    monkeypatch.setattr(sys, "stderr", Gone())
    kubernetes._tell("held by somebody")
