"""What a killed demo leaves is removed by the next one; nothing else is."""

import subprocess
import sys
from pathlib import Path

from adapters.demo import leftovers

HOLDS = """
import sys
from pathlib import Path
from adapters.demo import leftovers
leftovers.mark(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_demo(tmp_path: Path) -> None:
    """While it runs its folder stays, however it ends that is removed."""
    folder = tmp_path / "poolroll-a"
    (folder / "w").mkdir(parents=True)
    argv = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline() == b"held\n"
        leftovers.clear(tmp_path)
        assert (folder / "w").exists()
        demo.kill()
    leftovers.clear(tmp_path)
    assert not folder.exists()


def test_nothing_else(tmp_path: Path) -> None:
    """Not a folder without the lock, nor what a link leads to, nor another program's."""
    for name in ("poolroll-state", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / leftovers.MARK).touch()
    (tmp_path / "poolroll-link").symlink_to(tmp_path / "other")
    (tmp_path / "poolroll-b").mkdir()
    (tmp_path / "poolroll-b" / leftovers.MARK).symlink_to(tmp_path / "other" / leftovers.MARK)
    leftovers.clear(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "other",
        "poolroll-b",
        "poolroll-link",
        "poolroll-state",
    ]
    assert (tmp_path / "other" / leftovers.MARK).exists()
