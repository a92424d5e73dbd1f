"""Endpoints of load balancers in the rollout file (`unix:PATH`, `tcp:HOST:PORT`). Pure."""

from controller.config.text.places import shown
from controller.config.text.scalars import Wrong
from controller.pools.haproxy import NotAnEndpoint, parse_endpoint


def check_endpoint(value: object) -> str:
    """`unix:/abs/path`, `tcp:host:port` or `tcp:[v6]:port`. Raises Wrong."""
    if isinstance(value, str) and value.startswith("/"):
        raise Wrong(f"{shown(value)} has no scheme; write {shown('unix:' + value)}")
    try:
        parse_endpoint(value if isinstance(value, str) else "")
    except NotAnEndpoint as fault:
        # A value that is not text is shown as it is; text may hold a password before an "@".
        part = fault.part if isinstance(value, str) else value
        raise Wrong(f"{'this' if part is None else shown(part)} {fault.problem}") from None
    return str(value)
