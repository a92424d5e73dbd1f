"""Users are asleep: marked requests through the balancer make up for them."""

from pathlib import Path

from controller.core.events import Verdict
from tests.e2e.metered import MEMBER, counted, errors, metered, samples, verdicts
from tests.support.worlds import MakeWorld


async def test_probes_make_up_for_users(world: MakeWorld, short_folder: Path) -> None:
    """Without one user a gate lacks evidence; probes whose cookie names the member in hand bring
    it, and the rollout completes."""
    async with metered(world, short_folder, members=2, interval="1s") as at:
        one = at.site
        gate = at.gate(
            "counts",
            {"errors": errors(MEMBER), "requests": counted(MEMBER)},
            max="1%",
            inconclusive={"hold": "30s", "then": "probe"},
            probe={
                "url": f"http://127.0.0.1:{one.world.frontends[0]}/",
                "every": "50ms",
                "headers": {"Cookie": "SRV=${member.name}"},
            },
        )
        file = one.file(gates=[gate])
        await at.until_scraped()
        done = await one.run(file, within=55)
        assert done.code == 0, done.text
        for member in one.world.members:
            found = verdicts(samples(one, "counts", member))
            assert found[0] is Verdict.INCONCLUSIVE
            assert found[-1] is Verdict.PASS
        await one.assert_all("v2")
