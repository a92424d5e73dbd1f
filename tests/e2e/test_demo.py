"""The embedded default, as somebody meets it who has nothing but this machine."""

from pathlib import Path

from tests.e2e.terminal import at_terminal


async def test_demo_halts(tmp_path: Path) -> None:
    """What `run` shows: the plan, what is at stake, the board; then the halt message, the count
    of what users met, and the report."""
    no_prometheus = str(tmp_path)
    argv = ("demo", "--bad", "--members", "2")
    with at_terminal(*argv, size=(100, 40), PATH=no_prometheus) as terminal:
        await terminal.until_stands("members  0 of 2 done", "users: ", "gate     now")
        done = await terminal.end()
    assert done.code == 4, done.out
    assert "at stake, at the present rate" in done.out
    shown = terminal.glass.text
    assert "members  0 of 2" not in shown
    for word in ("SEEN ", "USERS ", "NEXT ", "requests served, "):
        assert word in shown
    report = Path(shown.partition("report: ")[2].split("\n")[0].strip())
    assert "<html" in report.read_text(encoding="utf-8")
    report.unlink()
