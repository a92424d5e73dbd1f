"""`--json` of `check` and `gate`, and what `plan` remarks of members' variables."""

import json
from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.command import Done
from tests.support.waiting import until


def value_of(done: Done, code: int) -> dict[str, Any]:
    assert done.code == code, done.text
    value: dict[str, Any] = json.loads(done.out)
    return value


def keys_of(printed: Done) -> set[str]:
    schema = json.loads(printed.out)
    assert set(schema["required"]) == set(schema["properties"])
    return set(schema["required"])


async def test_check(site: MakeSite) -> None:
    """Warnings of a file in order; every fault of another, with its place, and the same exit
    codes. The keys are those of the schema."""
    one = await site(2)
    file = one.file(gates=[])
    right = value_of(await one.start("check", str(file), "--json").end(), 0)
    assert set(right) == keys_of(await one.start("schema", "check").end())
    assert (right["name"], right["faults"]) == ("web", [])
    assert any("NO GATES" in warning for warning in right["warnings"])
    file = one.file(soak="5 parsecs")
    wrong = value_of(await one.start("check", str(file), "--json").end(), 2)
    (fault,) = wrong["faults"]
    assert (wrong["file"], wrong["name"], fault["path"]) == (str(file), None, "soak")
    assert fault["line"] > 0
    nowhere = value_of(await one.start("check", f"{file}.none", "--json").end(), 2)
    assert [fault["line"] for fault in nowhere["faults"]] == [None]


async def asked(one: Site, file: str, code: int) -> dict[str, Any]:
    """What `gate` says, asked until enough requests fell into its time to tell."""
    while True:
        done = await one.start("gate", file, "--json").end()
        value: dict[str, Any] = json.loads(done.out)
        if {each["verdict"] for each in value["gates"]} != {"inconclusive"}:
            return value_of(done, code)
        assert done.code == 0, done.text


async def test_gate(site: MakeSite) -> None:
    """What the balancers count is read. Of the past they know nothing: that is no pass."""
    one = await site(2)
    file = str(one.file())
    async with one.users(100) as users:
        await until(lambda: users.tally.served >= 20, 60, "users to be served")
        value = await asked(one, file, 0)
    assert set(value) == keys_of(await one.start("schema", "gate").end())
    (gate,) = value["gates"]
    assert (value["name"], value["exit_code"], gate["name"]) == ("web", 0, "errors")
    assert (gate["verdict"], gate["errors"], gate["counts"]) == ("pass", 0, False)
    assert gate["requests"] > 0
    past = await one.start("gate", file, "--at", "2026-01-01T00:00:00Z", "--json").end()
    assert (past.code, past.out) == (3, "")
    assert "of the past only queries can be asked, and this is none: errors" in past.err


async def test_gate_that_fails(site: MakeSite) -> None:
    """Users whose requests fail now are an exit code, like anything else that fails."""
    one = await site(2)
    file = str(one.file())
    one.world.set_behaviour("web1", fail_every=2)
    async with one.users(100) as users:
        await until(lambda: users.tally.failed >= 20, 60, "requests to fail")
        value = await asked(one, file, 4)
    assert [each["verdict"] for each in value["gates"]] == ["fail"]


async def test_variables_of_nobody(site: MakeSite) -> None:
    """Variables of a name that no server has are remarked, with the one that was meant."""
    one = await site(2)
    own = {"wbe1": {"rack": "a"}, "web2": {"rack": "b"}}
    told = await one.command("plan", str(one.file(gates=[], pool={"members": {"vars": own}})))
    assert told.code == 0, told.text
    assert "pool.members.vars: 'wbe1' is not in this pool; did you mean \"web1\"?" in told.out
    assert "'web2'" not in told.out
