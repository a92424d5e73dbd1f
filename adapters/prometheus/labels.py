"""Labels and other short texts of an answer. Pure."""

from collections.abc import Mapping

from adapters.prometheus.faults import malformed
from controller import foreign


def labels_of(labels: Mapping[object, object]) -> dict[str, str]:
    """Raises Unanswered."""
    return {one_text(name): one_text(value) for name, value in labels.items()}


def one_text(value: object) -> str:
    """A text of some length. Raises Unanswered."""
    try:
        return foreign.label(value)
    except ValueError as error:
        raise malformed(f"a label that {error}") from None
