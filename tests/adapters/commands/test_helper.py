"""The pure parts of the helper."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.commands import durable, processes
from adapters.commands.message import Spec
from adapters.commands.output import KEEP, Capture

_LETTERS = (bytes(range(ord("a"), ord("x"))) * 2 * KEEP)[: 24 * KEEP]
_sizes = st.lists(st.integers(0, 3 * KEEP), max_size=8)


@given(_sizes)
@example([2 * KEEP + 1])
@example([KEEP - 1, 2 * KEEP])
def test_capture_keeps_both_ends(sizes: list[int]) -> None:
    """However a stream is cut into chunks, its first and last bytes stay, and the count is right;
    the patches give a file of the same text."""
    stream = _LETTERS[: sum(sizes)]
    capture, file, at = Capture(), bytearray(), 0
    for size in sizes:
        offset, patch = capture.add(stream[at : at + size])
        at += size
        file[offset : offset + len(patch)] = patch
    text = capture.text()
    assert file.decode() == text
    if len(stream) <= 2 * KEEP:
        assert text == stream.decode()
    else:
        head, marker, tail = text[:KEEP], text[KEEP:-KEEP], text[-KEEP:]
        assert (head + tail).encode() == stream[:KEEP] + stream[-KEEP:]
        assert int(marker.split()[1]) == len(stream) - 2 * KEEP


def test_capture_shows_bytes_that_are_no_text() -> None:
    """Output in another encoding is shown as far as it can be."""
    capture = Capture()
    capture.add(b"caf\xe9\n")
    assert capture.text() == "caf�\n"


@given(
    st.lists(st.binary(min_size=1).filter(lambda field: b"\0" not in field), min_size=1),
    st.dictionaries(
        st.binary(min_size=1).filter(lambda key: b"\0" not in key and b"=" not in key),
        st.binary().filter(lambda value: b"\0" not in value),
    ),
)
def test_spec_survives_the_socket(argv: list[bytes], env: dict[bytes, bytes]) -> None:
    """Whatever bytes a command has, the helper gets the same."""
    head = [b"1.5", b"10", b"2", b"/jobs/k", b".", b"0 2", str(len(argv)).encode()]
    packed = Spec.pack([*head, *argv, *(key + b"=" + value for key, value in env.items())])
    assert int(packed[:16], 16) == len(packed) - 16
    spec = Spec(packed[16:])
    assert spec.argv == argv
    assert env.items() <= spec.env.items()
    assert (spec.timeout, spec.grace, spec.levels, spec.cwd) == (1.5, 10.0, 2, b".")
    assert spec.well == {"exit 0", "exit 2"}


def test_no_such_process_has_no_state() -> None:
    """A process id that nobody has is told from one that somebody has."""
    assert processes.stat(2**22 + 1) is None
    assert processes.stat(1) is not None


def test_result_has_its_room_before_the_step_begins(tmp_path: Path) -> None:
    """It is written over that, so that a disk that is full by then does not lose it."""
    folder = str(tmp_path)
    durable.make_room(folder, durable.RESULT)
    kept = tmp_path / f"{durable.RESULT}.new"
    inode = kept.stat().st_ino
    assert kept.stat().st_blocks * 512 >= durable.ROOM
    durable.write_durably(folder, durable.RESULT, "0.100 exit 0\n")
    result = tmp_path / durable.RESULT
    assert (result.read_text(), result.stat().st_ino) == ("0.100 exit 0\n", inode)
    durable.write_durably(folder, durable.RESULT, "0.2 lost\n")
    assert result.read_text() == "0.2 lost\n"
