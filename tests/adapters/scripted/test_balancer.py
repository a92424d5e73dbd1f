"""What a script says is never taken for done, and whatever goes wrong names member and script."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.scripted import ScriptedBalancer
from controller.core.pool import Admin, Counters, Found
from controller.errors import (
    BalancerError,
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    MalformedReply,
)
from controller.pools.scripted import BACKEND
from tests.adapters.scripted.scripts import OUT, WELL, pool_in

SHORT = timedelta(milliseconds=300)


def balancer(folder: Path, says: str, limit: timedelta = SHORT) -> ScriptedBalancer:
    commands = LocalCommands(folder / "jobs", SystemClock(), grace=timedelta(milliseconds=50))
    return ScriptedBalancer(pool_in(folder, says, limit=limit), commands, SystemClock())


@pytest.mark.parametrize(
    ("says", "kind", "why"),
    [
        ("echo no route; exit 3", BalancerUnreachable, "ended with exit code 3: no route"),
        ("echo perhaps", MalformedReply, "not 'perhaps'"),
        ("exec sleep 60", BalancerTimeout, "did not end in time"),
    ],
)
async def test_state_that_fails(
    tmp_path: Path, says: str, kind: type[BalancerError], why: str
) -> None:
    one = balancer(tmp_path, says, timedelta(seconds=10) if "sleep" not in says else SHORT)
    with pytest.raises(kind, match=r"^scripts: `state` of db1 ") as caught:
        await one.look("scripts", ["db1"])
    assert why in str(caught.value)


async def test_program_that_is_missing(tmp_path: Path) -> None:
    """`plan` finds it, before anything is touched."""
    one = balancer(tmp_path, 'cat "$2"', timedelta(seconds=10))
    view = await one.look("scripts", None)
    assert (await one.survey(view, ["db1"])).refusals == ()
    (tmp_path / "lb.sh").unlink()
    refusals = (await one.survey(view, ["db1"])).refusals
    assert [line.partition(": ")[0] for line in refusals] == ["pool.hosts.out", "pool.hosts.in"]
    with pytest.raises(BalancerUnreachable, match="could not be started"):
        await one.look("scripts", None)


async def test_setting_that_does_not_show(tmp_path: Path) -> None:
    """The script ends well, and the state stays as it was."""
    one = balancer(tmp_path, 'if [ "$1" = state ]; then cat "$2"; fi')
    with pytest.raises(CommandRefused) as caught:
        await one.take_out("db1")
    assert str(caught.value) == (
        "scripts: `out` of db1 ended with exit code 0, and `state` still says ready"
    )


async def test_setting_that_fails(tmp_path: Path) -> None:
    one = balancer(tmp_path, 'if [ "$1" = state ]; then cat "$2"; else echo denied >&2; exit 4; fi')
    with pytest.raises(CommandRefused, match="`out` of db1 ended with exit code 4: denied"):
        await one.drain("db1")


async def test_out_only_after_what_is_in_flight(tmp_path: Path) -> None:
    """Draining is enough for a drain; a member is out once its balancer says so."""
    says = f"""
    case $1 in
      out) echo 'draining in_flight=2' > "$2" ;;
      state) cat "$2"; if grep -q draining "$2"; then echo '{OUT}' > "$2"; fi ;;
    esac
    """
    one = balancer(tmp_path, says, timedelta(seconds=10))
    await one.drain("db1")
    await one.take_out("db1")
    (line,) = (await one.look("scripts", ["db1"])).lines
    assert (line.admin, line.in_flight) == (Admin.OUT, 0)


async def test_what_shows_already_is_not_set_again(tmp_path: Path) -> None:
    """A script is run for a change only."""
    says = 'echo "$1" >> ran; [ "$1" != state ] || cat "$2"'
    one = balancer(tmp_path, says, timedelta(seconds=10))
    await one.put_back("db1", Found(()))
    (tmp_path / "db1").write_text(OUT)
    await one.take_out("db1")
    assert (tmp_path / "ran").read_text().split() == ["state", "state"]


async def test_pool_is_counted_where_all_members_are(tmp_path: Path) -> None:
    one = balancer(tmp_path, 'cat "$2"', timedelta(seconds=10))
    (tmp_path / "db1").write_text(f"{WELL} requests=10 errors=1")
    half = await one.look("scripts", None)
    assert half.backends == {BACKEND: None}
    assert not (await one.survey(half, [])).abilities.counts
    (tmp_path / "db2").write_text("ready requests=20 errors=2")
    view = await one.look("scripts", None)
    assert view.backends == {BACKEND: Counters(3, 30)}
    survey = await one.survey(view, [])
    assert survey.abilities.counts
    assert survey.abilities.settle > timedelta(0)
    assert len(survey.notes) == 2
