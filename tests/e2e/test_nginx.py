"""A pool of hosts behind a real nginx, by the script of its recipe."""

import re
from pathlib import Path
from typing import Any

from adapters.demo.load import Load
from tests.e2e.conftest import MakeSite
from tests.support.nginx import Nginx, at_addresses

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "nginx.md"


async def test_under_load(site: MakeSite) -> None:
    """Every member is upgraded while users come through nginx, and nobody fails."""
    one = await site(2)
    addresses = {f"127.0.0.{10 + n}": name for n, name in enumerate(one.world.members, 1)}
    nginx = Nginx(one.folder / "nginx")
    script = one.folder / "lb.sh"
    (shown,) = re.findall(r"```sh\n(.*?)```", RECIPE.read_text("utf-8"), re.DOTALL)
    script.write_text(shown)
    script.chmod(0o755)
    around = ["/usr/bin/env", f"NGINX={nginx.command}", f"NGINX_POOL={nginx.pool}"]

    def way(verb: str) -> dict[str, Any]:
        return {"command": [*around, str(script), verb, "${member.name}"]}

    async with at_addresses({at: one.world.ports[n] for at, n in addresses.items()}) as port:
        for address in addresses:
            (nginx.pool / f"{address}.conf").write_text(f"server {address}:{port};\n")
        ways = {verb: way(verb) for verb in ("out", "in", "state")}
        own = {address: {"home": name} for address, name in addresses.items()}
        upgrade = one.world.upgrade_argv("v2", member="${member.vars.home}", takes_ms=0)
        file = one.file(
            pool={
                "haproxy": None,
                "hosts": {"members": list(addresses), "port": port, **ways},
                "members": {"vars": own},
            },
            drain={"timeout": "60s"},
            upgrade={"command": [*upgrade, "--wait"], "timeout": "60s"},
            rollback=None,
            gates=[],
        )
        lines = file.read_text().splitlines()  # persistence is not shown here
        file.write_text("".join(f"{line}\n" for line in lines if "sticky:" not in line))
        async with nginx.running(), Load([nginx.port], rate=20, clients=5) as load:
            done = await one.run(file, within=240)
        assert (done.code, load.tally.failed) == (0, 0), (done.text, load.tally.by_failure)
    assert set(load.tally.by_version) == {"v1", "v2"}
    assert await one.world.member_versions() == dict.fromkeys(one.world.members, "v2")
