"""What `state` prints of a member, as values. Pure.

The last line that is not empty: `ready`, `draining` or `out`, and after it any of `in_flight=N`,
`requests=N`, `errors=N`, `health=up` and `health=down`, in any order. What stands before it is for
people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from controller.core.pool import Admin, Check, Counters, Health, Line, Occupant
from controller.foreign import counter, shown
from controller.pools.scripted import BACKEND, Host

WORDS: Final = {"ready": Admin.READY, "draining": Admin.DRAINING, "out": Admin.OUT}
STANDBY: Final = "standby"
PAIR: Final = {"ready": Admin.READY, STANDBY: Admin.READY}
"""Of two boxes, one of which stands by."""
_HEALTH: Final = {"up": Health.PASSING, "down": Health.FAILING}
_NUMBERS: Final = ("in_flight", "requests", "errors")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a member is, as its balancer says."""

    admin: Admin
    health: Health = Health.UNCHECKED
    in_flight: int | None = None
    """None: it does not say."""
    requests: int | None = None
    errors: int | None = None
    word: str = field(default="", compare=False)
    """As it was printed."""

    @property
    def counters(self) -> Counters | None:
        if self.requests is None or self.errors is None:
            return None
        return Counters(self.errors, self.requests)


def read_state(output: str, words: Mapping[str, Admin] = WORDS) -> Reading:
    """Raises ValueError, whose words end a sentence that begins with what was read."""
    lines = [line for line in output.splitlines() if line.strip()]
    *others, last = words
    known = f"{', '.join(others)} or {last}"
    if not lines:
        raise ValueError(f"printed nothing; it must end with a line of {known}")
    first, *more = lines[-1].split()
    if first not in words:
        raise ValueError(f"must end with a line of {known}, not {shown(lines[-1])}")
    values: dict[str, str] = {}
    for word in more:
        key, equals, value = word.partition("=")
        if not equals or key not in (*_NUMBERS, "health"):
            raise ValueError(
                f"says {shown(word)}; known after {first}: in_flight=N, requests=N, errors=N, "
                "health=up, health=down"
            )
        if key in values:
            raise ValueError(f"says {key} twice")
        values[key] = value
    numbers = {key: counter(values[key]) for key in _NUMBERS if key in values}
    health = values.get("health")
    if health is not None and health not in _HEALTH:
        raise ValueError(f"says health={shown(health)}; known: up, down")
    told = Health.UNCHECKED if health is None else _HEALTH[health]
    return Reading(words[first], told, word=first, **numbers)


def occupant_of(host: Host) -> Occupant:
    """The same for as long as the file means the same host."""
    return Occupant(f"{host.address}:{host.port}", host.address, host.port)


def line_of(host: Host, reading: Reading) -> Line:
    has_health = reading.health is not Health.UNCHECKED
    return Line(
        backend=BACKEND,
        member=host.name,
        key=f"host:{host.address}:{host.port}",
        occupant=occupant_of(host),
        admin=reading.admin,
        health=reading.health,
        check=Check.RUNNING if has_health else Check.NONE,
        in_flight=reading.in_flight,
        arrivals=reading.requests,
        counters=reading.counters,
    )
