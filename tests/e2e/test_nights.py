"""At night: a pool without users is upgraded like any other, and says what it was judged by."""

from controller.config.sections.upgrade import PLACEHOLDER
from tests.e2e.conftest import MakeSite

BY_HTTP = 'http: {url: "http://${member.address}:${member.port}/health", contains: "v2"}'


async def test_init_plan_run(site: MakeSite) -> None:
    """The file that `init` writes, with what upgrades and what proves a member filled in: planned,
    and run to its end, without one user."""
    one = await site(2)
    made = (await one.start("init", one.endpoint).end()).out
    assert "quiet: pass" in made
    argv = [*one.world.upgrade_argv("v2", takes_ms=0), "--wait"]
    upgrade = ", ".join(f'"{word}"' for word in argv)
    lines = made.replace("# soak: 30s ", "soak: 800ms #").replace("sticky: 30s", "sticky: 100ms")
    lines = "\n".join(
        f"  command: [{upgrade}]" if PLACEHOLDER in line else line for line in lines.splitlines()
    )
    lines = lines.replace("quiet: pass", "quiet: probe")
    lines = lines.replace('tcp: {port: "${member.port}"}', BY_HTTP)
    file = one.folder / "night.yaml"
    file.write_text(lines)
    plan = await one.command("plan", str(file))
    assert plan.code == 0, plan.text
    assert "if no user comes to a member: judged by 40 requests of our own to it" in plan.out
    done = await one.run(file)
    assert done.code == 0, done.text
    for name in ("web1", "web2"):
        (line,) = [one for one in done.err.splitlines() if f"{name}      done (" in one]
        assert "requests of our own, no user came" in line
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v2"}


async def test_bad_version_halts_at_night(site: MakeSite) -> None:
    """One that answers, and fails, is halted without one user: v2 fails what stands in for them."""
    one = await site(2)
    ask = {"http": {"url": "http://${member.address}:${member.port}/", "status": 200}}
    upgrade = one.upgrade({"fail_every": 3})
    file = one.file(upgrade=upgrade, validate=[{**ask, "within": "5s"}], quiet="probe", soak="20s")
    done = await one.run(file)
    assert done.code == 4, done.text
    assert "no user came; of our own requests," in done.out
    assert "status 500, not 200" in done.out
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1"}
