"""Names as HAProxy allows them, through a whole rollout."""

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site

LONG = "default_shop-frontend-service-with-a-name_8080." * 4
MEMBERS = ["web:1", "5", "..", "-x.y_z", "BACKEND", "w" * 300]


async def behind(one: Site, backend: str) -> None:
    """Give the first HAProxy one more backend, with a server of each name: machines of their own,
    where nobody need listen."""
    process = one.world.haproxies[0]
    servers = "".join(f"  server {name} 127.0.1.{n}:9\n" for n, name in enumerate(MEMBERS, 1))
    process.config += f"backend {backend}\n{servers}"
    await process.reload()


async def test_every_name_that_haproxy_allows(site: MakeSite) -> None:
    """Colons, dots, digits alone, words of HAProxy's own and very long names: each member is
    upgraded once and comes back; its step has a key of its own."""
    one = await site(1)
    backend = f"api:{LONG}"
    await behind(one, backend)
    note = [*one.upgrade()["command"][:3], "at ${member.name}", "/bin/true"]
    done = await one.run(
        one.file(
            pool={"haproxy": {"backends": [backend]}, "members": {"expect": len(MEMBERS)}},
            drain={"sticky": "1ms"},
            upgrade={"command": note},
            validate=[{"command": ["/bin/true"]}],
            soak="1ms",
            gates=[],
        )
    )
    assert done.code == 0, done.text
    assert one.executions() == dict.fromkeys(MEMBERS, 1)
    assert await one.admin(backend=backend) == dict.fromkeys(MEMBERS, 0)
