"""How long an event waits for its record."""

from controller.runner.backlog import AHEAD, FEW, Backlog

LATE = 1.0


def waited(backlog: Backlog, now: float, *, is_late: bool) -> float:
    return backlog.patience(now, LATE, is_late=is_late)


def test_a_disk_that_hangs_is_hardly_waited_for() -> None:
    """Once a little, then not at all: gates go on."""
    backlog = Backlog(0.0)
    backlog.begun()
    assert waited(backlog, 10.0, is_late=False) == AHEAD
    for _ in range(2 * FEW):
        backlog.begun()
        assert waited(backlog, 10.1, is_late=True) == 0.0


def test_a_slow_disk_keeps_up() -> None:
    """A record each 150 ms, events each 100 ms: never more than a few are under way, and again and
    again none is."""
    backlog, now, done, under_way, most, least = Backlog(0.0), 0.0, 0.0, 0, 0, FEW
    for _ in range(200):
        backlog.begun()
        under_way += 1
        done = max(done, now + 0.15) if under_way == 1 else done
        wait = waited(backlog, now, is_late=under_way > 1)
        until, own = now + wait, done + 0.15 * (under_way - 1)
        until = min(until, own)
        until = max(until, now + 0.1)
        while under_way and done <= until:
            backlog.written(done)
            under_way -= 1
            done += 0.15
        now = until
        most, least = max(most, under_way), min(least, under_way) if most == FEW else FEW
    assert (most, least) == (FEW, 0)
