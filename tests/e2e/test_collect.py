"""What is fetched from a member whose upgrade failed, and from a good one beside it."""

from tests.e2e.conftest import MakeSite
from tests.e2e.test_snapshots import snapshot

LOG = 'echo "log of $POOLROLL_MEMBER_NAME"; echo --password hunter22'
FAILS = "echo no space left on device; exit 3"


async def test_beside_a_good_one(site: MakeSite) -> None:
    """The lines of the halt come before and after; what differs is shown by name and in the page;
    no secret is."""
    one = await site(3)
    file = one.file(
        upgrade={"command": ["/bin/sh", "-c", FAILS]},
        collect=[{"name": "log", "command": ["/bin/sh", "-c", LOG, "--password", "hunter22"]}],
        gates=[],
    )
    done = await one.run(file)
    assert done.code == 5, done.text
    assert done.out.count("SEEN      web1: ") == 2
    assert "(members are at rest, `collect` goes on)" in done.out
    see = "SEE       what `collect` fetched from web1, web2: poolroll output web --collected"
    assert see in done.out
    assert "collected: log ended with exit code 0" in done.err
    shown = await one.command("output", "web", "--collected")
    assert shown.code == 0, shown.text
    assert "== web1: log ended with exit code 0\nlog of web1\n" in shown.out
    assert "-log of web2\n+log of web1\n" in shown.out
    page = one.folder / "page.html"
    await one.command("report", "web", "-o", str(page))
    assert "what differs from web2" in page.read_text()
    assert "hunter22" not in shown.text + page.read_text() + done.text
    none = await one.command("output", "web", "web3", "--collected")
    assert none.code == 3
    assert "nothing was collected from web3" in none.err


async def test_before_a_revert(site: MakeSite) -> None:
    """What explains the failure is fetched before the snapshot takes it away, and kept; what hangs
    holds the revert up for its timeout; the first lines of the halt say that it goes back."""
    one = await site(2)
    log = one.folder / "log"
    back = snapshot(one, "1d")
    back["revert"]["command"][2] = f"echo reverted > {log}; {back['revert']['command'][2]}"
    file = one.file(
        upgrade={"command": ["/bin/sh", "-c", f"echo dump of v2 > {log}; exit 3"]},
        collect=[
            {"name": "hangs", "command": ["/bin/sh", "-c", "exec sleep 600"], "timeout": "1s"},
            {"name": "log", "command": ["/bin/cat", str(log)]},
        ],
        gates=[],
        snapshot=back,
        on_failure="revert_member",
        rollback={"command": None, "vars": {"version": "v1"}},
    )
    done = await one.run(file)
    assert done.code == 5, done.text
    first, last = done.out.split("HALTED    ")[1:]
    assert "type nothing   (web1 goes back to its snapshot then, by itself)" in first
    assert "MEMBERS   web1: reverted, in rotation" in last
    assert log.read_text() == "reverted\n"
    shown = await one.command("output", "web", "web1", "--collected")
    assert "== web1: hangs did not end in time (1s)\n" in shown.out
    assert "== web1: log ended with exit code 0\ndump of v2\n" in shown.out
    page = one.folder / "page.html"
    await one.command("report", "web", "-o", str(page))
    assert "dump of v2" in page.read_text()
    await one.assert_all("v1")
