"""Lines as a load balancer that counts and checks shows them, for tests."""

from typing import Any

from controller.core.pool import Admin, Check, Counters, Health, Line, Occupant


def address_of(member: str) -> str:
    """Each is a machine of its own: web1 is 10.0.0.1, and so on."""
    kind, number = member.rstrip("0123456789"), member.lstrip("abcdefghijklmnopqrstuvwxyz")
    return f"10.0.{0 if kind == 'web' else sum(kind.encode()) % 200 + 1}.{number or 1}"


def a_line(
    member: str = "web1",
    *,
    backend: str = "web",
    address: str | None = None,
    port: int = 80,
    admin: Admin = Admin.READY,
    health: Health = Health.PASSING,
    **more: Any,
) -> Line:
    """In rotation and healthy, nothing in flight and nothing counted yet, but for what is given."""
    address = address_of(member) if address is None else address
    where = f"{address}:{port}"
    values: dict[str, Any] = {
        "key": f"{backend}/{where}",
        "occupant": Occupant(where, address, port),
        "check": Check.PAUSED if admin is Admin.OUT else Check.RUNNING,
        "weight": 100,
        "in_flight": 0,
        "arrivals": 0,
        "counters": Counters(),
    }
    return Line(backend=backend, member=member, admin=admin, health=health, **values | more)
