"""The commented starter file of each kind of pool."""

from importlib.resources import files

from controller.errors import UsageFault


def starter(kind: str) -> str:
    """The text that `init` prints. Raises UsageFault."""
    if kind == "kubernetes":
        raise UsageFault("Kubernetes pools are not yet supported; use `init haproxy`")
    if kind != "haproxy":
        raise UsageFault("unknown kind of pool; use `init haproxy`")
    return files(f"controller.config.starting.{kind}").joinpath("starter.yaml").read_text("utf-8")
