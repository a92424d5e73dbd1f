"""The console script: quick where it can be, and the same as the commands say."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from controller.cli.entry import HELP
from controller.cli.main import poolroll
from tests.cli.redraw import shown

ENTRY = "import sys; from controller.cli.entry import entry; sys.argv = ['poolroll', *sys.argv[1:]]"


def test_help_is_what_the_commands_say() -> None:
    """The text is what click makes of the commands (else: `python -m tests.cli.redraw`)."""
    assert HELP.read_text("ascii") == shown()


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_asking_loads_no_library(option: str) -> None:
    """A tenth of a second is for starting Python, not for what is not needed."""
    code = f"{ENTRY}; entry(); print('click' in sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, option], capture_output=True, text=True, check=True
    )
    whole = CliRunner().invoke(poolroll, [option], prog_name="poolroll")
    assert (done.stdout, done.stderr) == (whole.output, "False\n")


def test_anything_else_is_a_command() -> None:
    """A wrong option is refused as ever, with exit code 2."""
    done = subprocess.run(
        [sys.executable, "-c", f"{ENTRY}; entry()", "--hlep"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_output_that_cannot_be_written_is_no_bug() -> None:
    """A full disk behind `>`: one line, and the exit code of a refusal."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", f"{ENTRY}; entry()", "--help"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert "Traceback" not in done.stderr
    assert done.returncode == 3
