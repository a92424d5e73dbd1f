"""The scripts that the recipes for other balancers show, run against stand-ins for their tools."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.scripted.reading import Reading, read_state
from controller.core.pool import Admin, Health
from tests.support.tables import table

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"

IPVSADM = """
table=$STAGE/table
[ -e "$table" ] || echo 1 > "$table"
case $1 in
  -e) echo "$7" > "$table" ;;
  -Ln)
    echo 'TCP  192.0.2.10:443 wlc'
    echo "  -> 192.0.2.20:443               Route   1      3          9"
    echo "  -> 192.0.2.21:443               Route   $(cat "$table")      ${ACTIVE:-0}          2" ;;
esac
"""
CURL = """
state=$STAGE/state
[ -e "$state" ] || echo ready > "$state"
while [ $# -gt 0 ]; do
  if [ "$1" = --data ]; then expr "$2" : '.*"admin_state":"\\([a-z]*\\)"' > "$state"; said=1; fi
  shift
done
[ -n "${said:-}" ] || printf '{"admin_state":"%s","operational_state":"up"}' "$(cat "$state")"
"""
MANAGER = """
state=$STAGE/state
[ -e "$state" ] || echo 0 > "$state"
while [ $# -gt 0 ]; do
  case $2 in w_status_D=*) echo "${2#w_status_D=}" > "$state"; exit ;; nonce=*) ;; esac
  shift
done
how='Init Ok'
[ "$(cat "$state")" = 0 ] || how='Init Dis'
cat <<XML
<httpd:balancer><httpd:nonce>abc</httpd:nonce><httpd:workers>
<httpd:worker><httpd:name>http://web0:8080</httpd:name>
<httpd:status>Init Err</httpd:status></httpd:worker>
<httpd:worker><httpd:name>http://web1:8080</httpd:name>
<httpd:status>$how</httpd:status></httpd:worker>
</httpd:workers></httpd:balancer>
XML
"""


@dataclass
class Script:
    """The script of a recipe, with a stand-in for the tool that it uses."""

    path: Path
    around: Mapping[str, str]

    def run(self, verb: str, member: str, **more: str) -> subprocess.CompletedProcess[str]:
        argv = ["sh", str(self.path), verb, member]
        around = {"PATH": os.environ["PATH"], **self.around, **more}
        return subprocess.run(
            argv, check=False, capture_output=True, text=True, env=around, timeout=240
        )

    def state(self, member: str, **more: str) -> Reading:
        done = self.run("state", member, **more)
        assert (done.returncode, done.stderr) == (0, ""), done
        return read_state(done.stdout)

    def does(self, verb: str, member: str) -> None:
        done = self.run(verb, member)
        assert (done.returncode, done.stderr) == (0, ""), done


def script(stage: Path, recipe: str, tool: str, stand_in: str, **around: str) -> Script:
    shown = re.findall(r"```sh\n(.*?)```", (RECIPES / f"{recipe}.md").read_text(), re.DOTALL)
    path, program = stage / "lb.sh", stage / "tool"
    path.write_text(shown[0])
    program.write_text(f"#!/bin/sh\n{stand_in}")
    program.chmod(0o755)
    return Script(path, {tool: str(program), "STAGE": str(stage), **around})


@table(
    "recipe tool stand_in member around",
    {
        "nginx": ("nginx", "NGINX", 'echo "$*" >> "$STAGE/ran"', "web1", {"NGINX_POOL": "pool.d"}),
        "LVS": ("lvs", "IPVSADM", IPVSADM, "192.0.2.21", {"VIP": "192.0.2.10:443"}),
        "Data Plane API": ("dataplane", "CURL", CURL, "web1", {}),
        "Apache": ("apache", "CURL", MANAGER, "web1", {}),
    },
)
def test_out_and_back(
    recipe: str,
    tool: str,
    stand_in: str,
    member: str,
    around: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is set shows, may be set again, and goes back; an unknown verb is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.d").mkdir()
    one = script(tmp_path, recipe, tool, stand_in, **around)
    one.does("in", member)
    assert one.state(member).admin is Admin.READY
    for _ in range(2):
        one.does("out", member)
        assert one.state(member).admin is Admin.OUT
    one.does("in", member)
    assert one.state(member).admin is Admin.READY
    assert one.run("drain", member).returncode == 2


def test_nginx_is_reloaded_once_its_configuration_is_right(tmp_path: Path) -> None:
    """One that is wrong ends the script with an exit code, and the former one is put back."""
    (tmp_path / "pool.d").mkdir()
    around = {"NGINX_POOL": str(tmp_path / "pool.d")}
    one = script(tmp_path, "nginx", "NGINX", 'echo "$*" >> "$STAGE/ran"', **around)
    one.does("out", "web1")
    assert (tmp_path / "pool.d" / "web1.conf").read_text() == "server web1:8080 down;\n"
    assert (tmp_path / "ran").read_text().splitlines() == ["-t -q", "-s reload"]
    one = script(tmp_path, "nginx", "NGINX", "exit 1", **around)
    assert one.run("in", "web1").returncode == 1
    assert (tmp_path / "pool.d" / "web1.conf").read_text() == "server web1:8080 down;\n"
    assert one.run("out", "web2").returncode == 1
    assert not (tmp_path / "pool.d" / "web2.conf").exists()


def test_lvs_says_what_is_in_flight(tmp_path: Path) -> None:
    one = script(tmp_path, "lvs", "IPVSADM", IPVSADM, VIP="192.0.2.10:443")
    assert one.state("192.0.2.21", ACTIVE="12") == Reading(Admin.READY, in_flight=12)
    one.does("out", "192.0.2.21")
    assert one.state("192.0.2.21", ACTIVE="7") == Reading(Admin.DRAINING, in_flight=7)
    assert one.run("state", "192.0.2.99").returncode == 1


def test_apache_says_whose_worker_fails(tmp_path: Path) -> None:
    one = script(tmp_path, "apache", "CURL", MANAGER)
    assert one.state("web0") == Reading(Admin.READY, Health.FAILING)
    assert one.state("web1") == Reading(Admin.READY, Health.PASSING)
    assert one.run("state", "web9").returncode == 1
