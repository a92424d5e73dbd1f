"""Where journal and locks are: as the command line says, else the rollout file, else a folder."""

from pathlib import Path

import pytest

from controller.bootstrap_state import (
    StatePlace,
    about_state,
    lock_of,
    no_state,
    place_to_name,
    state_place,
)
from controller.config import parse
from controller.pools.kubernetes import Cluster, ClusterState
from controller.runner.both_locks import BothLocks
from tests.config.pages import page, pods_page

OPS = ClusterState(Cluster("prod", "/k", "ops"), 5)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_the_command_line_goes_first() -> None:
    """The rollout file may say more of the same namespace."""
    assert state_place("/srv/state", OPS) == StatePlace(Path("/srv/state"))
    assert str(state_place("state")) == str(Path("state").absolute())
    assert state_place(None, OPS).cluster == OPS
    assert state_place("kubernetes:ops", OPS).cluster == OPS
    assert state_place("kubernetes:prod/ops", OPS).cluster == OPS
    assert state_place("kubernetes:other", OPS).cluster == ClusterState(Cluster(namespace="other"))
    elsewhere = ClusterState(Cluster("test", namespace="ops"))
    assert state_place("kubernetes:test/ops", OPS).cluster == elsewhere
    assert state_place(None).cluster is None


def test_what_it_is_called() -> None:
    """So that it can be typed again."""
    place = state_place(None, OPS)
    assert str(place) == place_to_name(place) == "kubernetes:prod/ops"
    assert place.what == "state kubernetes:prod/ops"
    assert str(state_place("kubernetes:ops")) == "kubernetes:ops"
    assert StatePlace(Path("/srv/state")).what == "state folder /srv/state"
    assert place_to_name(state_place(None)) == ""
    assert no_state(place) == "there is no state at kubernetes:prod/ops, so no rollout is known"


def test_who_is_kept_out(tmp_path: Path) -> None:
    """A pool in a cluster is locked there, too, whosever folder the state is in."""
    place = state_place(None)
    hosts = parse(page(), "web.yaml").settings
    assert not isinstance(lock_of(place, hosts, "me"), BothLocks)
    assert not isinstance(lock_of(place, None, "me"), BothLocks)
    assert any("would not be refused" in note for note in about_state(None, place, hosts))
    assert about_state(None, state_place(None, OPS), hosts) == []
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{contexts: [{name: c, context: {cluster: c, user: u}}], current-context: c, "
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', "
        "insecure-skip-tls-verify: true}}], users: [{name: u, user: {token: t}}]}"
    )
    pool = f"pool: {{kubernetes: {{service: web, kubeconfig: {kubeconfig}}}}}"
    pods = parse(pods_page(pool), "web.yaml").settings
    assert isinstance(lock_of(place, pods, "me"), BothLocks)
    (note,) = about_state(None, place, pods)
    assert "the certificate of the API server is not verified" in note
