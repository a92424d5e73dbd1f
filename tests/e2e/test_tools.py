"""Configuration tools as docs/recipes has them, small ones for real: a member of this machine is
upgraded by the page's own rollout file.

What is asked again before anything has changed is answered by what the tool said the first time.
"""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hosts.sshd import Sshd, sshd
from tests.support.recipes import Trial, blocks, cfengine, found, program
from tests.support.repository import Repository


@pytest.fixture
async def far(short_folder: Path) -> AsyncIterator[Sshd]:
    """The host of both members."""
    async with sshd(short_folder / "far") as one:
        yield one


ANSIBLE = """\
case $* in *--check*) [ ! -e {asked} ] || [ -e {there}/web1 ] || exec cat {asked} ;; esac
{real} "$@" > {folder}/said 2>&1; code=$?
case $* in *--check*) [ -e {asked} ] || cp {folder}/said {asked} ;; esac
cat {folder}/said; exit $code
"""


async def test_ansible(far: Sshd, short_folder: Path) -> None:
    """Check mode says that something is to do, and afterwards that nothing is."""
    one = Trial(short_folder, far, "ansible")
    task = {"copy": {"content": "2.4.1", "dest": f"{one.there}/{{{{ inventory_hostname }}}}"}}
    play = {"hosts": "web", "connection": "local", "gather_facts": False, "tasks": [task]}
    (short_folder / "web.yml").write_text(json.dumps([play]))
    (short_folder / "hosts.ini").write_text("[web]\nweb1\nweb2\n")
    around = {"asked": short_folder / "asked", "there": one.there, "folder": short_folder}
    shim = ANSIBLE.format(real=found("ansible-playbook"), **around)
    program(one.near / "ansible-playbook", shim)
    env = {"ANSIBLE_HOME": str(short_folder), "ANSIBLE_LOCAL_TEMP": str(short_folder)}
    done = await one.run(one.write(), **env)
    assert done.code == 0, done.text
    assert (one.found(), one.balancer()) == ({"web1": "2.4.1"}, {"web1": "in"})


PUPPET = """\
echo "$*" >> {far}/calls
case $* in
  agent*--disable*) printf '{{"disabled_message":"%s"}}' "$3" > {far}/lock ;;
  agent*--enable*) rm -f {far}/lock ;;
  *--noop*)
    for summary; do :; done
    if [ -e {there}/web1 ]; then printf 'failed: 0\\nout_of_sync: 0\\n' > "$summary"
    elif [ -e {far}/asked ]; then cp {far}/asked "$summary"
    else {real} "$@" --vardir {far}/var --confdir {far}/etc; cp "$summary" {far}/asked; fi ;;
  *) exec {real} "$@" --vardir {far}/var --confdir {far}/etc ;;
esac
"""
"""The agent, and `--noop` once all is done: a stand-in."""


async def test_puppet(far: Sshd, short_folder: Path) -> None:
    """Exit code 2 is a success; the agent is disabled with the reason before, enabled after."""
    one = Trial(short_folder, far, "puppet")
    manifest, hold = short_folder / "web.pp", short_folder / "puppet-hold"
    manifest.write_text(f"file {{ '{one.there}/web1': content => '2.4.1' }}")
    shim = PUPPET.format(far=far.folder, there=one.there, real=found("puppet"))
    program(one.far / "puppet", shim)
    program(one.far / "puppet-hold", f'PUPPET_LOCK={far.folder}/lock exec sh {hold} "$@"')
    done = await one.run(one.write({"/etc/poolroll/web.pp": str(manifest)}))
    assert done.code == 0, done.text
    assert re.search(r"step 2 .*ended with exit code 2 ", done.err), done.err
    assert (one.found(), one.balancer()) == ({"web1": "2.4.1"}, {"web1": "in"})
    calls = (far.folder / "calls").read_text().splitlines()
    agent = [line for line in calls if line.startswith("agent")]
    assert agent == ["agent --disable poolroll web", "agent --enable"]
    assert (one.far / "poolroll-hold-puppet.lease").read_text() == f"{hold} poolroll web off\n"


async def test_cfengine(far: Sshd, short_folder: Path) -> None:
    """Its daemon is held meanwhile, and runs again afterwards."""
    one = Trial(short_folder, far, "cfengine")
    cfengine(one.far, far.folder / "work")
    policy = short_folder / "web.cf"
    shown = blocks("cfengine", "cf3")[0]
    policy.write_text(shown.replace("/etc/web/version", f"{one.there}/web1"))
    policy.chmod(0o600)
    (one.far / "cf-execd.service.active").touch()
    done = await one.run(one.write({"/etc/poolroll/web.cf": str(policy)}))
    assert done.code == 0, done.text
    assert (one.found()["web1"], one.balancer()) == ("2.4.1", {"web1": "in"})
    assert [path.name for path in one.far.glob("*.active")] == ["cf-execd.service.active"]
    assert (one.far / "poolroll-hold-cf-execd.service.lease").exists()


async def test_apt(far: Sshd, short_folder: Path) -> None:
    """A package of our own, in a root of its own."""
    one = Trial(short_folder, far, "apt")
    made = Repository(short_folder / "apt")
    made.has("web-server", installed="1.0", offered="2.0")
    program(one.far / "apt-get", f'APT_CONFIG={made.configuration} exec {found("apt-get")} "$@"')
    done = await one.run(one.write())
    assert done.code == 0, done.text
    assert made.installed("web-server") == "2.0"
