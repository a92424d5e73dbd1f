"""What a step has printed so far, for whoever looks on: read-only."""

from pathlib import Path

from adapters.commands import durable
from adapters.commands.place import Place
from controller.errors import StateError


def kept_output(root: Path, key: str) -> str | None:
    """As far as it is kept; None where this machine has nothing of that job. It has its secrets in
    it until whoever runs the step has noted its end. Raises StateError."""
    place = Place(root, key)
    try:
        if not place.folder.is_dir():
            return None
        return durable.read(f"{place.folder}/{durable.OUTPUT}")
    except OSError as error:
        raise StateError(f"state folder: {place.folder}: {error.strerror or error}") from error
