"""A journal that another process locks costs users no more than the plan named."""

import sqlite3
import time
from contextlib import closing

from adapters.storage.folder import DATABASE
from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.test_sick_members import assert_halt_lines
from tests.e2e.test_stake import at_stake, served
from tests.support.waiting import until


async def test_v2_goes_wrong_while_the_journal_is_locked(site: MakeSite) -> None:
    """From the soak on, to the end of the run: out at once, exit 4, and nobody else is touched."""
    one = await site(3)
    file = one.file(soak="20s")
    async with one.users(200) as users:
        await served(users)
        every, _ = await at_stake(one, file)
        running = one.begin(file)
        await one.until_phase("web1", Phase.SOAKING, running)
        with closing(sqlite3.connect(one.state / DATABASE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            one.world.set_behaviour("web1", fail_every=1)

            async def is_out() -> bool:
                return (await one.admin())["web1"] != 0

            await until(is_out, what="web1 to be taken out")
            took = time.monotonic() - began  # longer on a busy machine, unknown to the plan
            done = await running.end()
        assert 0 < users.tally.failed <= every["requests"] * max(1.0, took / every["seconds"])
    assert_halt_lines(done, 4, "web1: OUT OF ROTATION", "web2, web3: in rotation, untouched")
    assert "the end of this run is NOT IN THE JOURNAL" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}
