"""Errors inside this package. Neither leaves it: `source` turns both into answers of the port."""

from controller.core.gates.evidence import Missing


class Unanswered(Exception):
    """There is no evidence; `words` says why; `is_passing`: a retry may help."""

    def __init__(self, missing: Missing, words: str, *, is_passing: bool = False) -> None:
        self.missing = missing
        self.words = words
        self.is_passing = is_passing
        super().__init__(words)


class Rejected(Exception):
    """The server will never answer this query with a number."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


def malformed(what: str) -> Unanswered:
    """For a reply that is JSON, and not what the Prometheus HTTP API describes."""
    return Unanswered(Missing.FAILED, f"its answer is not one of the Prometheus API: {what}")
