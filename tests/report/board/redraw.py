"""Draw the live board's scenes into text files: `python -m tests.report.board.redraw`."""

from pathlib import Path
from typing import Final

from controller.report.board.drawing import draw
from controller.report.board.scene import Scene, Size
from controller.report.board.segments import plain
from tests.report.board.boards import SCENES

FOLDER: Final = Path(__file__).parent / "golden"
SIZES: Final = (
    Size(80, 30),
    Size(40, 24),
    Size(60, 24),
    Size(80, 10),
    Size(120, 40),
    Size(200, 50),
)


def drawn(scene: Scene) -> str:
    """At every size, under a line that says which."""
    parts = []
    for size in SIZES:
        lines = [plain(line) for line in draw(scene, size)]
        parts.append("\n".join([f"===== {size.width} x {size.height}", *lines, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    for name, make in SCENES.items():
        (FOLDER / f"{name}.txt").write_text(drawn(make()), encoding="utf-8")
