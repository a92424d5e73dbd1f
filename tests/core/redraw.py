"""Write the state diagram into the documentation: `python -m tests.core.redraw`."""

from pathlib import Path
from typing import Final

from controller.core.phases import diagram

PAGE: Final = Path(__file__).parents[2] / "docs" / "state-diagram.md"
BEGIN: Final = (
    "<!-- drawn from controller/core/phases/table.py by `python -m tests.core.redraw` -->"
)
END: Final = "<!-- end of the drawing -->"


def redrawn(page: str) -> str:
    """The page with the drawing between its marks as the table has it now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n```mermaid\n{diagram()}\n```\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text()))
