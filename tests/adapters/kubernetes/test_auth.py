"""Credentials: had when needed, renewed in time, asked for once more when refused, never told."""

import asyncio
import base64
import json
import logging
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.kubernetes.client.access import Access
from adapters.kubernetes.client.faults import ApiError, NoCredentials, Unauthorized
from adapters.kubernetes.client.login.plugin import Plugin
from adapters.kubernetes.client.paths import PODS
from tests.adapters.kubernetes.stub import (
    TOKEN,
    Asked,
    LateClock,
    Stream,
    Told,
    access_to,
    api_of,
    config_access,
    status,
    stub,
    told,
    written_config,
)

V1 = "client.authentication.k8s.io/v1"


class Gate:
    """Lets those in that show the `token` of now."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.shown: list[str] = []

    def __call__(self, asked: Asked) -> Told:
        self.shown.append(asked.headers.get("authorization", "").removeprefix("Bearer "))
        is_in = self.shown[-1] == self.token
        return told({"kind": "Pod"}) if is_in else status(401, "Unauthorized", "Unauthorized")


def plugin(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    path = folder / "plugin"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": V1, "command": "./plugin", **more}}


def credential(**status: Any) -> str:
    """A script that prints one."""
    page = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(json.dumps(page))})"


async def test_a_token_file_is_read_again_each_minute(tmp_path: Path) -> None:
    """Relative to its kubeconfig. One that is away for a moment leaves the former in use."""
    file, gate, clock = tmp_path / "token", Gate("first"), LateClock()
    file.write_text("first\n")
    async with stub(gate) as server:
        path = written_config(tmp_path, {"server": server.url}, {"tokenFile": "token"})
        async with api_of(config_access(path), clock=clock) as api:
            await api.get(PODS, "a", "shop")
            file.write_text("second\n")
            await api.get(PODS, "a", "shop")
            assert gate.shown == ["first", "first"]
            clock.later += timedelta(seconds=61)
            gate.token = "second"
            await api.get(PODS, "a", "shop")
            file.unlink()
            clock.later += timedelta(seconds=61)
            await api.get(PODS, "a", "shop")
    assert gate.shown == ["first", "first", "second", "second"]


async def test_a_token_beside_a_token_file(tmp_path: Path) -> None:
    """The file goes first, where there is one."""
    file, gate = tmp_path / "token", Gate("")
    async with stub(gate) as server:
        who = {"tokenFile": "token", "token": "fixed"}
        path = written_config(tmp_path, {"server": server.url}, who)
        for _ in range(2):
            async with api_of(config_access(path)) as api:
                with pytest.raises(Unauthorized):
                    await api.get(PODS, "a", "shop")
            file.write_text("in-file")
    assert gate.shown == ["fixed"] * 2 + ["in-file"] * 2


async def test_a_refused_token_is_read_again_at_once(tmp_path: Path) -> None:
    file, gate = tmp_path / "token", Gate("second")
    file.write_text("first")
    async with stub(gate) as server:
        path = written_config(tmp_path, {"server": server.url}, {"tokenFile": str(file)})
        async with api_of(config_access(path)) as api:
            with pytest.raises(Unauthorized):
                await api.get(PODS, "a", "shop")
            file.write_text("second")
            await asyncio.gather(*(api.get(PODS, "a", "shop") for _ in range(3)))
    assert gate.shown[:2] == ["first", "first"]
    assert gate.shown.count("second") == 3


async def test_a_login_while_it_runs(tmp_path: Path) -> None:
    """A token that stands in the kubeconfig itself; a watch renews its credentials as well."""
    stream = Stream()
    gate = Gate("second")

    def teller(asked: Asked) -> Told | Stream:
        return stream if gate(asked).status == 200 else status(401)

    async with stub(teller) as server:
        path = written_config(tmp_path, {"server": server.url}, {"token": "first"})
        access = config_access(path)
        written_config(tmp_path, {"server": server.url}, {"token": "second"})
        async with api_of(access) as api:
            stream.tell("BOOKMARK", {"metadata": {"resourceVersion": "7"}})
            events = api.stream(PODS, "shop", version="1")
            assert (await anext(events))["type"] == "BOOKMARK"
            await events.aclose()
    assert gate.shown == ["first", "second"]


async def test_a_name_and_a_password(tmp_path: Path) -> None:
    async with stub(lambda _: told({"kind": "Pod"})) as server:
        who = {"username": "u", "password": "hush-1f7a"}
        access = config_access(written_config(tmp_path, {"server": server.url}, who))
        async with api_of(access) as api:
            await api.get(PODS, "a", "shop")
    assert server.asked[0].headers["authorization"] == "Basic dTpodXNoLTFmN2E="
    assert access.credentials.secrets == {"dTpodXNoLTFmN2E=", "hush-1f7a"}


async def test_a_plugin_is_run_when_its_token_ends_or_is_refused(tmp_path: Path) -> None:
    counted = (
        "runs = int(open(sys.argv[1]).read()) + 1 if os.path.exists(sys.argv[1]) else 1\n"
        "open(sys.argv[1], 'w').write(str(runs))\n"
        "assert json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec'] == {'interactive': False}\n"
        "assert os.environ['KEY'] == 'value' and not sys.stdin.read()\n"
        "page = {'apiVersion': sys.argv[2], 'kind': 'ExecCredential', 'status': {'token':"
        " f'run-{runs}', 'expirationTimestamp': sys.argv[3]}}\n"
        "print(json.dumps(page))"
    )
    until = (datetime.now(UTC) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    args = [str(tmp_path / "runs"), V1, until]
    env = [{"name": "KEY", "value": "value"}]
    gate, clock = Gate("run-1"), LateClock()
    async with stub(gate) as server:
        who = plugin(tmp_path, counted, args=args, env=env)
        path = written_config(tmp_path, {"server": server.url}, who)
        async with api_of(config_access(path), clock=clock) as api:
            await asyncio.gather(*(api.get(PODS, "a", "shop") for _ in range(3)))
            gate.token = "run-2"
            await api.get(PODS, "a", "shop")
            clock.later += timedelta(minutes=10)
            gate.token = "run-3"
            await api.get(PODS, "a", "shop")
    assert gate.shown == ["run-1"] * 4 + ["run-2", "run-3"]


async def test_a_plugin_that_fails_once_leaves_the_former_in_use(tmp_path: Path) -> None:
    """Until the server refuses that, and then both are said."""
    script = (
        "os.path.exists(sys.argv[1]) and sys.exit('no network')\n"
        "open(sys.argv[1], 'w').close()\n" + credential(token="first", expirationTimestamp=PAST)
    )
    gate, clock = Gate("first"), LateClock()
    async with stub(gate) as server:
        who = plugin(tmp_path, script, args=[str(tmp_path / "ran")])
        path = written_config(tmp_path, {"server": server.url}, who)
        async with api_of(config_access(path), clock=clock) as api:
            await api.get(PODS, "a", "shop")
            await api.get(PODS, "a", "shop")
            gate.token = "second"
            with pytest.raises(Unauthorized, match=r"\(401\), and .* failed .* no network"):
                await api.get(PODS, "a", "shop")


HUSH = "hush-1f7a"
PAST = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("script", "more", "words"),
    [
        (f"print({HUSH!r}); sys.exit('you are\\nlogged out')", {}, "(exit code 1): logged out"),
        (f"print({HUSH!r})", {}, "printed no JSON"),
        ("print('[]')", {}, "printed no ExecCredential"),
        (
            credential(token=HUSH),
            {"apiVersion": "client.authentication.k8s.io/v1beta1"},
            f"speaks {V1}, and the kubeconfig asks for client.authentication.k8s.io/v1beta1",
        ),
        (
            credential(token=HUSH),
            {"apiVersion": "client.authentication.k8s.io/v1alpha1"},
            "is asked for client.authentication.k8s.io/v1alpha1, and only",
        ),
        (credential(), {}, "gave neither a token nor a certificate"),
        (credential(clientKeyData=HUSH), {}, "gave a certificate or a key, and not both"),
        (credential(clientKeyData=HUSH, clientCertificateData=HUSH), {}, "cannot be used"),
        (credential(token=f"{HUSH} {HUSH}"), {}, "is no token"),
        ("time.sleep(60)", {}, "does not end within 0.3 s"),
        ("os.fork() or time.sleep(60)", {}, "does not end within 0.3 s"),
        ("", {"command": "./away", "installHint": "get\nit"}, "no such file or directory; get it"),
        ("", {"command": "/dev/null"}, "permission denied"),
        ("", {"interactiveMode": "Always"}, "needs a terminal"),
        ("", {"command": ""}, "has no command"),
        (
            "sys.exit('bad key ' + os.environ['KEY'])",
            {"env": [{"name": "KEY", "value": HUSH}, 7]},
            "bad key ***",
        ),
    ],
)  # fmt: skip
async def test_a_plugin_that_fails(
    script: str, more: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """One line; nothing is asked of the server."""
    async with stub(lambda _: None) as server:
        who = plugin(tmp_path, script, **more)
        access = config_access(written_config(tmp_path, {"server": server.url}, who))
        source: Any = access.credentials._source
        quick = Plugin(source.spec, source.base, source.cluster, timedelta(seconds=0.3))
        access.credentials._source = quick if "0.3" in words else source
        access = replace(access, server=server.url.replace("http:", "https:"))
        async with api_of(access) as api:
            with pytest.raises(NoCredentials) as caught:
                await api.get(PODS, "a", "shop")
    assert words in str(caught.value)
    assert str(caught.value).startswith("prod: get Pod shop/a: ")
    assert HUSH not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert server.asked == []


async def test_a_plugin_that_fails_is_not_run_for_every_call(tmp_path: Path) -> None:
    script = "open(sys.argv[1], 'a').write('x'); sys.exit(1)"
    runs, clock = tmp_path / "runs", LateClock()
    who = plugin(tmp_path, script, args=[str(runs)])
    access = config_access(written_config(tmp_path, {"server": "http://127.0.0.1:1"}, who))
    async with api_of(access, clock=clock) as api:
        for _ in range(3):
            with pytest.raises(NoCredentials):
                await api.get(PODS, "a", "shop")
        assert runs.read_text() == "x"
        clock.later += timedelta(seconds=6)
        with pytest.raises(NoCredentials):
            await api.get(PODS, "a", "shop")
    assert runs.read_text() == "xx"


async def test_a_plugin_whose_tokens_are_refused_is_not_run_for_every_call(
    tmp_path: Path,
) -> None:
    script = "open(sys.argv[1], 'a').write('x')\n" + credential(token=HUSH)
    runs = tmp_path / "runs"
    async with stub(lambda _: status(401)) as server:
        who = plugin(tmp_path, script, args=[str(runs)])
        access = config_access(written_config(tmp_path, {"server": server.url}, who))
        async with api_of(access) as api:
            for _ in range(4):
                with pytest.raises(Unauthorized):
                    await api.get(PODS, "a", "shop")
    assert runs.read_text() == "xxx"


async def test_a_plugin_that_is_told_of_the_cluster(tmp_path: Path) -> None:
    script = (
        "told = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec']['cluster']\n"
        f"page = {{'apiVersion': '{V1}', 'kind': 'ExecCredential'}}\n"
        "page['status'] = {'token': told['server'] + told['config']['audience']}\n"
        "print(json.dumps(page))"
    )
    extension = {"name": V1.rpartition("/")[0] + "/exec", "extension": {"audience": "-me"}}
    async with stub(lambda _: told({"kind": "Pod"})) as server:
        where = {"server": server.url, "extensions": [extension]}
        who = plugin(tmp_path, script, provideClusterInfo=True)
        async with api_of(config_access(written_config(tmp_path, where, who))) as api:
            await api.get(PODS, "a", "shop")
    assert server.asked[0].headers["authorization"] == f"Bearer {server.url}-me"


async def test_no_log_line_holds_a_token(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the level: the libraries below log headers."""
    caplog.set_level(logging.DEBUG)
    async with stub(lambda _: told({"kind": "Pod"})) as server, api_of(server.url) as api:
        await api.get(PODS, "a", "shop")
        assert TOKEN not in caplog.text + repr(api.access) + repr(vars(api))
    assert TOKEN in server.asked[0].headers["authorization"]


async def test_a_server_that_repeats_our_token() -> None:
    access: Access = access_to("")

    def teller(asked: Asked) -> Told:
        return status(400, "BadRequest", f"what is {asked.headers['authorization']}?")

    async with stub(teller) as server, api_of(replace(access, server=server.url)) as api:
        with pytest.raises(ApiError, match="what is Bearer ") as caught:
            await api.get(PODS, "a", "shop")
    assert "sesame" not in str(caught.value)
    assert "***" in str(caught.value)


async def test_a_provider_of_the_former_kind(tmp_path: Path) -> None:
    """`oidc` by the library; one that it does not know is said so."""

    def part(page: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(page).encode()).decode().rstrip("=")

    token = ".".join((part({"alg": "none"}), part({"exp": 4_000_000_000}), "x"))
    async with stub(lambda _: told({"kind": "Pod"})) as server:
        where = {"server": server.url}
        who = {"auth-provider": {"name": "oidc", "config": {"id-token": token}}}
        async with api_of(config_access(written_config(tmp_path, where, who))) as api:
            await api.get(PODS, "a", "shop")
        assert server.asked[0].headers["authorization"] == f"Bearer {token}"
        for section in ({"name": "azure"}, 7):
            who = {"auth-provider": section}  # type: ignore[dict-item]
            async with api_of(config_access(written_config(tmp_path, where, who))) as api:
                with pytest.raises(NoCredentials, match="the auth-provider"):
                    await api.get(PODS, "a", "shop")
