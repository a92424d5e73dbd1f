"""Check of `--set` and `--canaries-only` against the rollout file. Pure."""

from collections.abc import Iterator, Mapping

from controller.config.checks.faults import suggestion
from controller.config.text.places import printable
from controller.config.text.trails import listing, mapping
from controller.errors import Fault


def option_faults(data: object, sets: Mapping[str, str], *, canaries_only: bool) -> Iterator[Fault]:
    """Faults of options that do not fit the file; they have no line in it."""
    known = list(mapping(data, "vars"))
    for name, value in sets.items():
        path = f"--set {printable(name)}"
        if name not in known:
            mend = suggestion(name, known)
            yield Fault(0, 0, path, f"no such variable in vars; {mend}")
        elif any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value):
            yield Fault(0, 0, path, "the value is not valid UTF-8; type it again")
    if canaries_only and not listing(data, "pool", "canaries"):
        yield Fault(0, 0, "--canaries-only", "the file has no canaries; add pool.canaries")
