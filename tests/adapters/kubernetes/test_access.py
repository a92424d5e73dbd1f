"""Kubeconfigs as people have them, a pod's own access, and what is wrong with one, in one line."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
import trustme

from adapters.kubernetes.client import access as access_module
from adapters.kubernetes.client.access import Access, access_of
from adapters.kubernetes.client.faults import BadAccess
from adapters.kubernetes.client.login.kubeconfig import files_of
from tests.adapters.kubernetes.stub import config_access, written_config
from tests.support.waiting import until

SERVER = {"server": "https://cluster.example:6443"}


def written(path: Path, **parts: Any) -> str:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **parts}))
    return str(path)


def context(name: str, namespace: str = "") -> dict[str, Any]:
    return {"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}


def cluster(name: str) -> dict[str, Any]:
    return {"name": name, "cluster": {"server": f"https://{name}.example"}}


def user(name: str) -> dict[str, Any]:
    return {"name": name, "user": {"token": f"token-of-{name}"}}


def test_the_current_context(tmp_path: Path) -> None:
    found = config_access(written_config(tmp_path, SERVER, {"token": "hush-1f7a"}, "shop"))
    assert (found.where, found.server, found.namespace) == ("prod", SERVER["server"], "shop")
    assert found.context == "prod"
    assert "hush" not in repr(found)


def test_what_is_named_goes_first(tmp_path: Path) -> None:
    path = written(
        tmp_path / "config",
        contexts=[context("a", "of-a"), context("b")],
        clusters=[cluster("a"), cluster("b")],
        users=[user("a"), user("b")],
        **{"current-context": "a"},
    )
    found = access_of("b", path, environ={})
    assert (found.where, found.server, found.namespace) == ("b", "https://b.example", "default")
    assert access_of("a", path, "mine", environ={}).namespace == "mine"


def test_several_files(tmp_path: Path) -> None:
    """The first to say something wins, as for kubectl: the current context too."""
    one = written(tmp_path / "one", contexts=[context("a")], clusters=[cluster("a")])
    two = written(
        tmp_path / "two",
        clusters=[{"name": "a", "cluster": {"server": "https://other.example"}}, cluster("b")],
        contexts=[context("b")],
        users=[user("a"), user("b")],
        **{"current-context": "a"},
    )
    three = written(tmp_path / "three", **{"current-context": "b"})
    away = str(tmp_path / "away")
    empty = tmp_path / "empty"
    empty.touch()
    environ = {"KUBECONFIG": ":".join(["", empty.as_posix(), one, away, two, three])}
    found = access_of(environ=environ)
    assert (found.context, found.server) == ("a", "https://a.example")


def test_kubectls_own_place() -> None:
    assert files_of("", {}) == [str(Path("~/.kube/config").expanduser())]
    assert files_of("~/x", {"KUBECONFIG": "/y"}) == [str(Path("~/x").expanduser())]


@pytest.fixture
def mounted(tmp_path: Path, authority: trustme.CA) -> Path:
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text("inside-1f7a")
    (folder / "namespace").write_text("tools\n")
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    return folder


POD = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}


def test_in_a_pod(mounted: Path, tmp_path: Path) -> None:
    found = access_of(environ=POD, mounted=str(mounted))
    assert (found.server, found.where) == ("https://[fd00::1]:443", "[fd00::1]:443")
    assert found.namespace == "tools"
    assert access_of(namespace="shop", environ=POD, mounted=str(mounted)).namespace == "shop"
    (mounted / "namespace").unlink()
    assert access_of(environ=POD, mounted=str(mounted)).namespace == "default"
    path = str(written_config(tmp_path, SERVER, {}))
    for named in ({"kubeconfig": path}, {"environ": {**POD, "KUBECONFIG": path}}):
        assert access_of(**{"environ": POD, "mounted": str(mounted), **named}).where == "prod"  # type: ignore[arg-type]


def test_acting_as_somebody_else(tmp_path: Path) -> None:
    who: dict[str, Any] = {"token": "t-12345", "as": "ci", "as-groups": ["a", "b"], "as-uid": "7"}
    who["as-user-extra"] = {"why/not": ["c"]}
    found = config_access(written_config(tmp_path, SERVER, who))
    assert sorted(found.headers) == [
        ("Impersonate-Extra-why%2Fnot", "c"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-User", "ci"),
    ]


def test_a_certificate_that_is_not_verified_is_warned_of(tmp_path: Path) -> None:
    lax = {**SERVER, "insecure-skip-tls-verify": True}
    found = config_access(written_config(tmp_path, lax, {}))
    assert len(found.warnings) == 1
    assert "not verified" in found.warnings[0]
    assert config_access(written_config(tmp_path, SERVER, {})).warnings == ()
    clear = config_access(written_config(tmp_path, {"server": "http://10.0.0.1"}, {}))
    assert "without TLS" in clear.warnings[0]
    proxied = config_access(written_config(tmp_path, {"server": "http://localhost:8001"}, {}))
    assert proxied.warnings == ()


@pytest.mark.parametrize(
    ("environ", "listed", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, "http://q:2", "http://q:2"),
        ({}, None, None),
    ],
)
def test_proxies(
    environ: dict[str, str], listed: str | None, proxy: str | None, tmp_path: Path
) -> None:
    """That of the cluster's entry goes first; NO_PROXY speaks of the environment's alone."""
    where = {**SERVER, **({"proxy-url": listed} if listed else {})}
    found = config_access(written_config(tmp_path, where, {}), **environ)
    assert (found.proxy and found.proxy.url) == proxy


def test_a_proxy_of_the_environment_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadAccess, match="the proxy in HTTPS_PROXY is not supported"):
        config_access(written_config(tmp_path, SERVER, {}), HTTPS_PROXY="socks5://p:1")


HUSH = "hush-1f7a"
BAD = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").decode()


@pytest.mark.parametrize(
    ("where", "who", "words"),
    [
        ({}, {}, "the server must be a plain URL"),
        ({"server": "cluster:6443"}, {}, "the server must be a plain URL"),
        ({"server": "https://[::1"}, {}, "the server must be a plain URL"),
        ({"server": f"https://u:{HUSH}@cluster"}, {}, "the server must be a plain URL"),
        ({**SERVER, "certificate-authority": "away.pem"}, {}, "away.pem cannot be read: no such"),
        ({**SERVER, "certificate-authority-data": "%"}, {}, "authority-data is not valid base64"),
        ({**SERVER, "certificate-authority-data": BAD}, {}, "authority-data cannot be used"),
        (
            {**SERVER, "certificate-authority-data": BAD, "insecure-skip-tls-verify": True},
            {},
            "exclude each other",
        ),
        (SERVER, {"client-certificate": "away.pem"}, "need each other"),
        (
            SERVER,
            {"client-certificate": "away.pem", "client-key": "away.key"},
            "away.pem cannot be read",
        ),
        (
            SERVER,
            {"client-certificate-data": BAD, "client-key-data": BAD},
            "client-certificate-data, with its key, cannot be used",
        ),
        (SERVER, {"token": f"{HUSH}\nX-Other: 1"}, "is no token"),
        ({**SERVER, "proxy-url": f"socks5://{HUSH}@p:1"}, {}, "proxy-url must begin with http"),
    ],
)
def test_what_cannot_be_used(
    where: dict[str, Any], who: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(BadAccess, match=words) as caught:
        config_access(written_config(tmp_path, where, who))
    assert HUSH not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not exist or is empty"),
        ("just words", "this is no kubeconfig"),
        ("[1]", "this is no kubeconfig"),
        ("contexts: 7", "this is no kubeconfig"),
        (f"users:\n- {{name: u, user: {{token: {HUSH}", "line 2 is not valid YAML"),
        ("a: b", "no current context; name one of: none"),
        ("current-context: x", "no context 'x'; there are: none"),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
            "names the cluster 'c': no such one",
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
            "clusters: [{name: c, cluster: {server: https://c}}]",
            "names the user 'u': no such one",
        ),
        ("current-context: x\ncontexts: [{name: x, context: 7}]", "is not a mapping"),
        ("current-context: x\ncontexts: [7]", "there are: none"),
    ],
)
def test_a_file_that_is_none(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(BadAccess, match=words) as caught:
        config_access(path)
    assert str(path) in str(caught.value) or "names the" in words
    assert HUSH not in str(caught.value)


def test_files_that_are_away(tmp_path: Path) -> None:
    with pytest.raises(BadAccess, match="no such file"):
        config_access(tmp_path / "away")
    with pytest.raises(BadAccess, match="is a directory"):
        config_access(tmp_path)
    with pytest.raises(BadAccess, match="no kubeconfig: /away does not exist"):
        access_of(environ={"KUBECONFIG": "/away"})
    with pytest.raises(BadAccess, match="automountServiceAccountToken"):
        access_of(environ={**POD, "KUBECONFIG": "/away"})


def let_go(pipe: Path) -> bool:
    """The thread that reads it, if it does so already."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


async def test_a_file_system_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "_SECONDS", 0.05)
    pipe = tmp_path / "config"
    os.mkfifo(pipe)
    monkeypatch.setattr(
        "adapters.kubernetes.client.login.kubeconfig._has_text", lambda *_, **__: True
    )
    with pytest.raises(BadAccess, match="a file system that hangs"):
        config_access(pipe)
    await until(lambda: let_go(pipe))


def own_files(folder: Path, authority: trustme.CA) -> tuple[dict[str, Any], dict[str, Any]]:
    """As kubeadm writes them, but in files beside the kubeconfig."""
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    mine = authority.issue_cert("me@example")
    mine.private_key_and_cert_chain_pem.write_to_path(str(folder / "me.pem"))
    who = {"client-certificate": "me.pem", "client-key": "me.pem"}
    return {**SERVER, "certificate-authority": "ca.pem"}, who


def test_paths_are_beside_the_file(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    found: Access = config_access(written_config(tmp_path, *own_files(tmp_path, authority)))
    assert found.tls.ca is not None
    assert found.tls.ca.file == str(tmp_path / "ca.pem")
    assert isinstance(found.tls.stamp(), tuple)
