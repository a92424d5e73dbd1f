"""What is said about a version that was never tried."""

import pytest

from adapters.haproxy.tables import parse_info
from adapters.haproxy.versions import doubt, require_one_process
from controller.errors import Unsupported
from tests.adapters.haproxy.samples import INFO


@pytest.mark.parametrize(
    "version",
    [
        "2.2.9-2+deb11u6",
        "2.4.22-f8e3218",
        "2.6.0-1.0.0-290.780",
        "2.8.25-5cf5d0683",
        "3.0-abcdef-12",
        "3.2.26-1",
        "3.2",
    ],
)
def test_versions_in_the_range_that_was_tried(version: str) -> None:
    """Releases from the oldest to the newest that was tried, an enterprise build among them."""
    assert doubt(version) is None


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (
            "1.8.27-493ce0b",
            "HAProxy 1.8.27-493ce0b is older than any that poolroll was tested with",
        ),
        ("2.0.33", "is older than any that poolroll was tested with (2.2 to 3.2)"),
        ("3.3-dev5-1a2b3c", "is newer than any that poolroll was tested with (2.2 to 3.2)"),
        ("10.0.1", "is newer than any"),
        ("3.2-dev5", "is a development version"),
        ("", "calls itself '', which is not a version number"),
        ("ours", "calls itself 'ours'"),
        ("3", "calls itself '3'"),
        ("2.22222.1", "calls itself"),
        ("x" * 500, f"calls itself '{'x' * 40}', which"),
    ],
)
def test_others_are_doubted(version: str, words: str) -> None:
    """Older, newer, unfinished and unreadable ones are told apart, and never refused for it; the
    way to find out is named."""
    said = doubt(version) or ""
    assert words in said
    assert "`poolroll rehearse`" in said
    assert len(said) < 200


def test_several_processes_are_refused() -> None:
    """One process is fine, told or not; of several, one socket shows one."""
    for text in (INFO, f"{INFO}\nNbproc: 1"):
        require_one_process("it", parse_info("it", text).processes)
    with pytest.raises(Unsupported, match="it: it runs as 4 processes"):
        require_one_process("it", parse_info("it", f"{INFO}\nNbproc: 4").processes)
