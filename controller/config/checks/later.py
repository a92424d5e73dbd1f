"""Reserved keys: refused as "not yet supported", wherever they are."""

from controller.config.text.places import Trail

RESERVED = frozenset(
    {
        *("approve", "change", "silences", "record", "prepare", "wait_for", "lock"),
    }
)


def is_later(trail: Trail) -> bool:
    """Whether the key at `trail` is reserved, but not supported yet."""
    words = [part for part in trail if isinstance(part, str)]
    return bool(words) and words[-1] in RESERVED
