"""The commented starter file of each kind of pool."""

from importlib.resources import files

from controller.errors import UsageFault

KINDS = ("haproxy", "kubernetes", "hosts")


def starter(kind: str) -> str:
    """The text that `init` prints. Raises UsageFault."""
    if kind not in KINDS:
        raise UsageFault(
            "unknown kind of pool; use `init haproxy`, `init kubernetes` or `init hosts`"
        )
    return files(f"controller.config.starting.{kind}").joinpath("starter.yaml").read_text("utf-8")
