"""Members are prepared days ahead, while users come, and a run asks whether it still holds."""

from tests.e2e.conftest import MakeSite


async def test_prepared_days_ahead(site: MakeSite) -> None:
    """Refused unprepared; prepared once each, in rotation, with no request failed; what is no
    longer the newest is told the day before, and refused on the day."""
    one = await site(2)
    ran, newest = one.folder / "prepared", one.folder / "newest"
    newest.write_text("v2-1\n")
    fetch = f'echo "$$POOLROLL_MEMBER_NAME" >> "{ran}"'
    file = one.file(
        prepare={
            "steps": [{"command": ["/bin/sh", "-c", fetch]}],
            "fingerprint": {"command": ["/bin/cat", str(newest)]},
        }
    )
    unprepared = await one.run(file)
    assert unprepared.code == 3, unprepared.text
    assert "web1, web2: is not prepared; prepare first: poolroll prepare" in unprepared.text
    assert (await one.command("prepare", "--check", str(file))).code == 3

    async with one.users(100) as load:
        prepared = await one.command("prepare", str(file))
    assert prepared.code == 0, prepared.text
    assert load.tally.failed == 0, load.tally.by_failure
    assert sorted(ran.read_text().split()) == ["web1", "web2"]
    assert await one.admin() == {"web1": 0, "web2": 0}
    assert (await one.command("prepare", "--check", str(file))).code == 0

    newest.write_text("v2-2\n")
    day_before = await one.command("prepare", "--check", str(file))
    assert day_before.code == 3, day_before.text
    assert "and its fingerprint differs now" in day_before.out
    planned = await one.command("plan", str(file))
    assert (planned.code, "fingerprint differs" in planned.out) == (3, True), planned.text
    assert (await one.command("prepare", str(file))).code == 0
    async with one.users():
        done = await one.run(file)
    assert done.code == 0, done.text
    await one.assert_all("v2")
