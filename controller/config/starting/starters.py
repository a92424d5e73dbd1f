"""Commented rollout files to begin with."""

from importlib.resources import files

from controller.errors import UsageFault


def starter(kind: str) -> str:
    """The text that `init` prints. Raises UsageFault."""
    if kind == "kubernetes":
        raise UsageFault("pools of kubernetes are not yet supported; use `init haproxy`")
    if kind != "haproxy":
        raise UsageFault("no such kind of pool; use `init haproxy`")
    return files(f"controller.config.starting.{kind}").joinpath("starter.yaml").read_text("utf-8")
