"""What lets us in at a metrics server is nowhere but in its own place (S12)."""

import asyncio
import base64
from pathlib import Path
from typing import Any

from tests.adapters.prometheus.stub import Asked, Stub, Told, failure, result, stub, vector
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.command import Done
from tests.support.waiting import until

PASSWORD, TOKEN, TENANT = "hunter2-basic", "hunter2-bearer", "hunter2-header"
PAIR = base64.b64encode(f"poolroll:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, PAIR, TOKEN, TENANT)
NOW = 1_700_000_000
TIMES = [[NOW - age, "1"] for age in (0.3, 0.2, 0.1)]


def server(asked: Asked) -> Told:
    """All is well, by its own clock."""
    query = asked.form["query"]
    if query.endswith("]"):
        return result("matrix", [{"metric": {"__name__": "alive"}, "values": TIMES}])
    return result("scalar", [NOW, str(NOW)]) if query == "time()" else vector("0")


def tactless(asked: Asked) -> Told:
    """Says in its error what it was sent."""
    way, _, credentials = asked.headers.get("authorization", "").partition(" ")
    plain = base64.b64decode(credentials).decode() if way == "Basic" else ""
    sent = f"{way} {credentials} {plain} {asked.headers.get('x-tenant')}"
    return failure(401 if way == "Bearer" else 503, "denied", f"no way in with {sent}")


def gates(one: Site, at: Stub, hold: str = "30s") -> list[dict[str, Any]]:
    """One for each way of being let in: inline, from the environment, from a file."""
    tenant = one.folder / "tenant"
    tenant.write_text(f"{TENANT}\n")
    ways: dict[str, dict[str, Any]] = {
        "basic": {"auth": {"basic": {"username": "poolroll", "password": "${vars.password}"}}},
        "bearer": {"auth": {"bearer": {"env": "METRICS_TOKEN"}}},
        "header": {"headers": {"X-Tenant": {"file": str(tenant)}}},
    }
    asked = {"url": at.url, "query": "ratio{server='${member.name}'}", "evidence": "alive"}
    return [
        {
            "name": name,
            "prometheus": {**asked, **way, "timeout": "20s"},
            "max": "1%",
            "every": "200ms",
            "inconclusive": {"hold": hold},
        }
        for name, way in ways.items()
    ]


async def command(one: Site, verb: str, file: Path, *options: str) -> Done:
    given = ("--set", f"password={PASSWORD}", *options)
    return await one.start(verb, str(file), *given, METRICS_TOKEN=TOKEN).end()


def assert_nowhere(one: Site, texts: list[str]) -> None:
    """In none of these texts, and in no file of the state folder."""
    kept = [path for path in one.state.rglob("*") if path.is_file()]
    assert kept
    for secret in SECRETS:
        for text in texts:
            assert secret not in text
        for path in kept:
            found = path.read_bytes().partition(secret.encode())
            assert not found[1], (path, found[0][-300:])


async def test_in_no_output_and_no_journal(site: MakeSite) -> None:
    """They do their work and are in no plan, log, halt message, status, report or file of the state
    folder; nor when the server itself gives them away, before the start or in the midst of it."""
    one = await site(2)
    run = ("--yes", "--state", str(one.state), "--log-format", "json")
    async with stub(server) as at:
        file = one.file(gates=gates(one, at), vars={"password": "unset"}, upgrade=one.upgrade())
        done = await command(one, "run", file, *run)
        assert done.code == 0, done.text
        sent = {each.headers.get("authorization") for each in at.asked}
        assert sent == {f"Basic {PAIR}", f"Bearer {TOKEN}", None}
        assert TENANT in {each.headers.get("x-tenant") for each in at.asked}
        texts = [done.text, (await one.command("status", "web", "--json")).text]
        report = await one.command("report", one.rows()[0].id, "-o", str(one.folder / "page.html"))
        assert report.code == 0, report.text
        texts.append((one.folder / "page.html").read_text())

        at.teller = tactless
        verbs = {"plan": (), "gate": (), "run": run}
        asked = (command(one, verb, file, *options) for verb, options in verbs.items())
        for refused in await asyncio.gather(*asked):
            assert (refused.code, "no way in with" in refused.text) == (3, True), refused.text
            texts.append(refused.text)

        at.teller = lambda asked: tactless(asked) if one.executions()["web1"] > 1 else server(asked)
        late = one.file(
            gates=gates(one, at, hold="500ms"),
            vars={"password": "unset"},
            upgrade={**one.upgrade(), "unless": None},
        )
        halted = await command(one, "run", late, *run)
        assert halted.code == 4, halted.text
        assert "has been inconclusive for 0.5s: cannot be read: " in halted.out
        texts += [halted.text, (await one.command("status", "web")).text]
    assert_nowhere(one, texts)


async def test_after_a_kill(site: MakeSite) -> None:
    """The journal keeps none of them, and who takes over is let in nevertheless."""
    one = await site(2)
    run = ("--yes", "--state", str(one.state))

    def strict(asked: Asked) -> Told:
        is_known = asked.headers.get("authorization") == f"Basic {PAIR}"
        return server(asked) if is_known else failure(401, "denied", "who is there?")

    async with stub(strict) as at:
        basic = gates(one, at)[:1]
        file = one.file(gates=basic, vars={"password": PASSWORD}, upgrade=one.upgrade(held=True))
        running = one.start("run", str(file), *run)
        await until(lambda: one.executions()["web1"], 20, f"the step to run: {running.err}")
        await running.kill()
        one.go.touch()
        done = await one.run(file)
    assert done.code == 0, done.text
    assert_nowhere(one, [done.text])
    await one.assert_all("v2")
