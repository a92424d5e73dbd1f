"""A patch day with a dead box: it is skipped as it was found, and named; the rest is upgraded."""

from tests.e2e.conftest import MakeSite


async def test_a_box_that_nobody_reaches(site: MakeSite) -> None:
    """Behind a real HAProxy, under users: `unless` ends as ssh does there, and one such box is in
    the budget. Without a budget nobody is touched."""
    one = await site(3)
    asked = '[ "$POOLROLL_MEMBER_NAME" = web2 ] && exit 255; '
    asks = f'{asked}grep -qx "$POOLROLL_MEMBER_NAME" {one.folder}/ran'
    unless = {"command": ["/bin/sh", "-c", asks], "go_on": [1, 2]}
    upgrade = one.upgrade() | {"unless": unless}
    async with one.users(100) as users:
        refused = await one.run(one.file(upgrade=upgrade))
        assert refused.code == 3, refused.text
        assert one.executions() == {}
        done = await one.run(one.file(upgrade=upgrade, failures={"max": 1}))
    assert (done.code, users.tally.failed) == (0, 0), done.text
    assert "skipped, not reached (web2)" in done.out
    assert await one.admin() == {"web1": 0, "web2": 0, "web3": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v2"}
    assert one.executions() == {"web1": 1, "web3": 1}
