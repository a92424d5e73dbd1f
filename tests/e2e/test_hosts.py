"""Hosts behind a real HAProxy, reached by a real sshd each: upgrade, remove, install, reboot."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from adapters.demo.upgrade import read_state, write_state
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.hosts.machine import NEW, OLD, Boot, Machine, machine
from tests.support.waiting import until

DNF = (
    "case $* in *needs-restarting*) exit 1 ;; esac; "
    'echo "$*" >> {folder}/dnf; case $2 in upgrade) {hold} ;; install) touch {folder}/new ;; esac; '
    "echo Complete!"
)
FOUR_LINES = [
    {"ssh": ["dnf", "-y", "upgrade"]},
    {"ssh": ["dnf", "-y", "remove", "telnet-server"]},
    {"ssh": ["dnf", "-y", "install", "nginx-${vars.version}"]},
    {"reboot": {"timeout": "60s"}},
]


@asynccontextmanager
async def machines(site: Site, *boots: Boot, hold: str = ":") -> AsyncIterator[dict[str, Machine]]:
    """One for each member. After a reboot its app is started last, in the version that was
    installed."""
    async with AsyncExitStack() as stack:
        made = {}
        for name in site.world.members:
            folder = site.folder / name

            async def down(name: str = name) -> None:
                await site.world.stop_app(name)

            async def up(name: str = name) -> None:
                home = site.world.home(name)
                is_new = (site.folder / name / "new").exists()
                version = {"version": "v2"} if is_new else {}
                write_state(home, {**read_state(home), **version})
                await site.world.start_app(name)

            one = await stack.enter_async_context(machine(folder, *boots, down=down, up=up))
            one.sshd.script("dnf", DNF.format(folder=folder, hold=hold))
            one.sshd.script("df", f"echo Avail; cat {folder}/room")
            (folder / "room").write_text("2097152\n")
            made[name] = one
        yield made


@contextmanager
def lent(path: Path, text: str) -> Iterator[None]:
    """What the file holds for a while."""
    own = path.read_text()
    path.write_text(text)
    yield
    path.write_text(own)


def written(site: Site, made: dict[str, Machine], **upgrade: Any) -> Any:
    own = {n: {"ssh": str(m.sshd.port), "home": str(m.folder)} for n, m in made.items()}
    home = "${member.vars.home}"
    options = [
        *(f"UserKnownHostsFile={home}/known", f"IdentityFile={home}/user", "IdentityAgent=none"),
        *("IdentitiesOnly=yes", "HostKeyAlias=host", "GlobalKnownHostsFile=none"),
    ]
    return site.file(
        pool={"members": {"vars": own}},
        hosts={"ssh": {"port": "${member.vars.ssh}", "options": options, "connect_timeout": "10s"}},
        preflight=[{"ssh": ["df", "--output=avail", "-k", "/var"], "min": 2_000_000}],
        upgrade={"steps": FOUR_LINES, "timeout": "30s", **upgrade},
    )


async def test_the_four_lines(site: MakeSite) -> None:
    """Three hosts are upgraded and restarted while users come: each line runs once on each, also
    that during which poolroll is killed; no request fails; how far a reboot has come is told. The
    plan has shown them before, and whether this machine is one of them; a full disk refuses
    before anything is touched."""
    one = await site(3)
    hold = f"until [ -e {one.go} ]; do sleep 0.05; done"
    async with machines(one, Boot(), hold=hold) as made, one.users(rate=30) as load:
        file = written(one, made, expect={"kernel": "5.14.0-2*", "services": ["nginx"]})
        mine = Path("/proc/sys/kernel/random/boot_id").read_text()
        with lent(made["web1"].sshd.boot_id, mine):
            plan = await one.command("plan", str(file), "--this-machine")
        assert "web1 IS THE MACHINE THAT POOLROLL RUNS ON; IT IS DONE LAST. ITS RE" in plan.out
        assert re.search("^ +3. web1 ", plan.out, re.MULTILINE)
        room = made["web2"].folder / "room"
        room.write_text("1024\n")
        refused = await one.run(file)
        assert refused.code == 3, refused.text
        assert "web2: `df --output=avail -k /var` printed 1024, and must print" in refused.text
        room.write_text("2097152\n")
        first = one.begin(file)
        notes = {name: host.folder / "dnf" for name, host in made.items()}
        await until(lambda: any(path.exists() for path in notes.values()))
        await first.kill()
        shown = re.search(r"^hosts, by ssh\n.*\n  (web1 .*)$", first.out, re.MULTILINE)
        assert shown is not None, first.out
        assert f" {OLD}  11111111  " in shown[1]
        one.go.touch()
        done = await one.run(file, within=120)
    assert (done.code, load.tally.failed) == (0, 0), done.text
    asked = done.err.index("asked to go down (boot id 11111111)")
    assert asked < done.err.index("step 4 (reboot) ended with exit code 0")
    assert re.search(rf": up after \d+s: kernel {NEW}, services running", done.err)
    await one.assert_all("v2")
    for name, host in made.items():
        lines = ["-y upgrade", "-y remove telnet-server", "-y install nginx-v2"]
        assert notes[name].read_text().splitlines() == lines
        assert host.times_asked == 1
