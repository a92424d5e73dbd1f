"""The Runtime APIs of load balancers, as the rollout file names them. Pure."""

from controller.config.text.places import shown
from controller.config.text.scalars import Wrong
from controller.pools.haproxy import NotAnEndpoint, parse_endpoint


def check_endpoint(value: object) -> str:
    """`unix:/abs/path`, `tcp:host:port` or `tcp:[v6]:port`. Raises Wrong."""
    if isinstance(value, str) and value.startswith("/"):
        raise Wrong(f"{shown(value)} does not say what it is; write {shown('unix:' + value)}")
    try:
        parse_endpoint(value if isinstance(value, str) else "")
    except NotAnEndpoint as fault:
        # What is no text at all is shown as it stands; a password may stand before an "@".
        part = fault.part if isinstance(value, str) else value
        raise Wrong(f"{'this' if part is None else shown(part)} {fault.problem}") from None
    return str(value)
