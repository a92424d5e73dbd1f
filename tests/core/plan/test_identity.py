"""Which machine a name means, by what its lines show."""

from controller.core.plan.identity import at_odds, has_users, ids_of, leads_to, place
from controller.core.pool import Admin, Line, LineKey, Occupant, Seat
from tests.support.lines import a_line
from tests.support.tables import table


def seat(where: str, instance: str = "lb1", backend: str = "web") -> Seat:
    address, port = where.rsplit(":", 1)
    return Seat(LineKey(instance, backend), Occupant(where, address, int(port)))


HERE, THERE = seat("10.0.0.1:80"), seat("10.0.0.2:80", "lb2")
API, ELSEWHERE = seat("10.0.0.1:81", backend="api"), seat("10.0.0.2:81", backend="api")
ANOTHER_PORT = seat("10.0.0.1:81", "lb2")


@table(
    "seats pair",
    {
        "nobody": ((), None),
        "one line": ((HERE,), None),
        "one machine": ((HERE, seat("10.0.0.1:80", "lb2")), None),
        "another backend, at another port": ((HERE, API), None),
        "two machines": ((HERE, THERE), (HERE, THERE)),
        "another port in one backend": ((HERE, API, ANOTHER_PORT), (HERE, ANOTHER_PORT)),
        "another backend, another machine": ((HERE, ELSEWHERE), (HERE, ELSEWHERE)),
    },
)
def test_at_odds(seats: tuple[Seat, ...], pair: tuple[Seat, Seat] | None) -> None:
    """One backend is one port everywhere; two backends may reach a machine at two ports."""
    assert at_odds(seats) == pair


def test_words() -> None:
    """The address and where it is shown."""
    assert place(THERE) == "10.0.0.2:80 (web at lb2)"


@table(
    "line leads reached",
    {
        "in rotation": (a_line("web1"), True, True),
        "draining": (a_line("web1", admin=Admin.DRAINING), True, True),
        "out": (a_line("web1", admin=Admin.OUT), True, False),
        "a backup": (a_line("web1", is_backup=True), True, False),
        "another machine": (a_line("web2"), False, True),
        "no address": (a_line("web1", occupant=None), False, True),
    },
)
def test_lines(line: Line, leads: bool, reached: bool) -> None:
    """Who may be met behind a line."""
    assert (leads_to(line, ids_of([HERE])), has_users(line)) == (leads, reached)
