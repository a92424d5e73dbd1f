"""`python -m tests.cli.redraw`: write what `poolroll --help` says into its text."""

from click.testing import CliRunner

from controller.cli.entry import HELP
from controller.cli.main import poolroll


def shown() -> str:
    """As click makes it of the commands, at 80 columns."""
    result = CliRunner().invoke(
        poolroll, ["--help"], prog_name="poolroll", env={"COLUMNS": "80"}, terminal_width=80
    )
    return result.output


if __name__ == "__main__":
    HELP.write_text(shown(), "ascii")
