"""The clock of a run, where that of the machine cannot be read."""

from datetime import timedelta

import pytest

from controller.core.pool import Instant
from controller.runner.sure_clock import SureClock
from tests.support.virtual import EPOCH, LoopClock, run_virtually

SECOND = timedelta(seconds=1)


class Failing(LoopClock):
    is_broken = False

    def now(self) -> Instant:
        if self.is_broken:
            raise OSError("no such device")
        return super().now()

    async def sleep(self, duration: timedelta) -> None:
        if self.is_broken:
            raise OSError("no such device")
        await super().sleep(duration)


@pytest.mark.parametrize("was_read", [True, False])
def test_goes_on_by_the_time_of_the_loop(was_read: bool) -> None:
    """And each error is told. What was never read begins with the first question."""

    async def main() -> None:
        clock, told = Failing(), list[str]()
        sure = SureClock(clock, lambda error, where: told.append(f"{error} {where}"))
        begins = sure.now() if was_read else timedelta(0)
        clock.is_broken = True
        if not was_read:
            assert sure.now() == begins
        await sure.sleep(SECOND)
        assert sure.now() == begins + SECOND
        clock.is_broken = False
        await sure.sleep(SECOND)
        assert begins + 2 * SECOND <= sure.now() <= LoopClock().now()
        assert told == ["no such device in the clock"] * (2 if was_read else 3)
        assert sure.wall() == EPOCH + LoopClock().now()

    run_virtually(main(), timedelta(hours=1))
