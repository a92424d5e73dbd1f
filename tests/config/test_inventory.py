"""Ansible's inventories, INI and YAML: who is in a group, how each is reached, and every fault."""

from pathlib import Path

import pytest

from controller.config import load
from controller.config.text.inventory import Broken, Inventory
from controller.config.text.inventory_ini import read_ini
from controller.config.text.inventory_yaml import read_yaml
from controller.core.pool import Member
from controller.core.steps import Course
from controller.errors import ConfigurationError
from controller.hosts import HostCommand
from controller.pools.alone import AlonePool

INI = """\
# of the house
lone.example.net

[db]
db[01:02].example.net ansible_user=kim   # of ours
db9:2222 ansible_host='10.0.0.9' rack=7

[web]
web-[a:c]

[east:children]
db
web

[all:vars]
ansible_user = deploy

[east:vars]
ansible_port=2200
ntp=10.0.0.1
"""
YAML = """\
all:
  vars: {ansible_user: deploy}
  hosts:
    lone.example.net:
  children:
    east:
      vars: {ansible_port: 2200, ntp: 10.0.0.1}
      children:
        db:
          hosts:
            db[01:02].example.net: {ansible_user: kim}
            db9: {ansible_port: 2222, ansible_host: 10.0.0.9, rack: 7}
        web:
          hosts:
            web-[a:c]:
"""


def read(kind: str) -> Inventory:
    return read_ini(INI) if kind == "ini" else read_yaml(YAML)


@pytest.mark.parametrize("kind", ["ini", "yaml"])
def test_the_same_in_both(kind: str) -> None:
    """Inner groups go before outer ones, and a host's own word before all."""
    found = read(kind)
    kim = {"ansible_user": "kim", "ansible_port": "2200"}
    assert found.members("db") == {
        "db01.example.net": kim,
        "db02.example.net": kim,
        "db9": {"ansible_user": "deploy", "ansible_port": "2222", "ansible_host": "10.0.0.9"},
    }
    assert list(found.members("east")) == [
        *("db01.example.net", "db02.example.net", "db9"),
        *("web-a", "web-b", "web-c"),
    ]
    assert found.members("all")["lone.example.net"] == {"ansible_user": "deploy"}
    assert len(found.members("all")) == 7
    with pytest.raises(KeyError):
        found.members("west")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("a[1:3]", ["a1", "a2", "a3"]),
        ("a[08:10]", ["a08", "a09", "a10"]),
        ("a[0:6:3]", ["a0", "a3", "a6"]),
        ("[group]\n", []),
        ("r[1:2]s[a:b].x", ["r1sa.x", "r1sb.x", "r2sa.x", "r2sb.x"]),
    ],
)
def test_ranges(line: str, names: list[str]) -> None:
    assert list(read_ini(line).members("all")) == names


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a\nb[1:", 2, "b[1:: the range is never closed; close it with ]"),
        ("b[2:1]", 1, "b[2:1]: 2:1 is no range; write it like [01:10] or [a:f]"),
        ("b[1]", 1, "b[1]: 1 is no range; write it like [01:10] or [a:f]"),
        ("b[1:3:0]", 1, "b[1:3:0]: 1:3:0 is no range; write it like [01:10] or [a:f]"),
        ("b[a:10]", 1, "b[a:10]: a:10 is no range; write it like [01:10] or [a:f]"),
        ("b[f:a]", 1, "b[f:a]: f:a is no range; write it like [01:10] or [a:f]"),
        ("b[a:-]", 1, "b[a:-]: a:- is no range; write it like [01:10] or [a:f]"),
        ("b[1:99999]", 1, "b[1:99999]: 1:99999 is no range; write it like [01:10] or [a:f]"),
        ("b[01:100]", 1, "b[01:100]: both ends of 01:100 must have as many digits"),
        ("[db", 1, "[db is no heading; write it like [db] or [db:children]"),
        ("[db:kids]", 1, "[db:kids]: known after the colon: children, hosts, vars"),
        ("[a:children]\nb", 2, "group b is a child of a, and is not there"),
        ("[a:children]\nb\n[b:children]\na", 2, "group a is a child of itself"),
        ("[a:children]\nb c", 2, "b is a group: nothing may follow it"),
        ("[a:vars]\nx", 2, "x is no variable; write NAME=VALUE"),
        ("h x", 1, "x is no variable of h; write NAME=VALUE"),
        ("h x='", 1, "h x=': a quotation mark is never closed"),
        ("h ansible_port=ssh", 1, "ansible_port=ssh is not a port; write a number from 1 to 65535"),
        ("h:70000", 1, "ansible_port=70000 is not a port; write a number from 1 to 65535"),
        (
            "h ansible_host='{{ ip }}'",
            1,
            "ansible_host is a template of Ansible's, which is not evaluated here",
        ),
    ],
)
def test_faults_in_ini(text: str, line: int, what: str) -> None:
    with pytest.raises(Broken) as caught:
        read_ini(text)
    assert (caught.value.line, str(caught.value)) == (line, what)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("all:\n  host: {}", 2, "host is nothing that group all can have; known: hosts, "),
        ("all:\n  hosts: [a, b]", 2, "hosts is no mapping; write {…} or NAME:"),
        ("all:\n  hosts:\n    a[1:", 3, ""),
        ("all:\n  hosts:\n    a: {ansible_port: x}", 3, "ansible_port=x is not a port"),
        ("all:\n  hosts:\n    a: {ansible_host: [x]}", 3, "ansible_host is neither text nor a "),
        ("all: [", 1, ""),
        ("", 0, ""),
        ("all:\n  hosts:\n    a: {}\n    a: {}", 4, ""),
    ],
)
def test_faults_in_yaml(text: str, line: int, what: str) -> None:
    with pytest.raises(Broken) as caught:
        read_yaml(text)
    assert str(caught.value).startswith(what)
    assert caught.value.line in (line, line + 1, max(0, line - 1))


FILE = """\
apiVersion: poolroll/v1
name: db
pool:
  hosts: {{inventory: {{file: {file}, group: {group}}}{more}}}
  downtime: {{budget: 5m}}
upgrade: {{steps: [{{ssh: [dnf, -y, upgrade]}}]}}
validate: [{{tcp: {{host: "${{member.host}}", port: 22}}}}]
{hosts}
"""


def written(
    folder: Path,
    text: str = INI,
    *,
    file: str = "hosts.ini",
    group: str = "db",
    hosts: str = "",
    more: str = "",
) -> Path:
    (folder / file).write_text(text)
    path = folder / "db.yaml"
    path.write_text(FILE.format(file=file, group=group, hosts=hosts, more=more))
    return path


def access_of(path: Path, name: str, address: str) -> tuple[str, str, int | None]:
    file = load(path)
    member = Member(name, address, 0, address)
    (step,) = file.work(Course.UPGRADE, member, "db-1").steps
    assert isinstance(step, HostCommand)
    return step.access.host, step.access.user, step.access.port


@pytest.mark.parametrize(("text", "file"), [(INI, "hosts.ini"), (YAML, "hosts.yml")])
def test_members_of_a_rollout(tmp_path: Path, text: str, file: str) -> None:
    """Under their names, at their addresses; ssh knows its port and user."""
    path = written(tmp_path, text, file=file)
    pool = load(path).settings.pool
    assert isinstance(pool, AlonePool)
    assert [(one.name, one.address) for one in pool.servers] == [
        ("db01.example.net", "db01.example.net"),
        ("db02.example.net", "db02.example.net"),
        ("db9", "10.0.0.9"),
    ]
    assert access_of(path, "db9", "10.0.0.9") == ("10.0.0.9", "deploy", 2222)
    assert access_of(path, "db01.example.net", "db01.example.net")[1:] == ("kim", 2200)


def test_the_rollout_file_goes_first(tmp_path: Path) -> None:
    path = written(tmp_path, hosts="hosts: {ssh: {user: root, port: 22}}")
    assert access_of(path, "db9", "10.0.0.9") == ("10.0.0.9", "root", 22)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            {"group": "west"},
            "inventory.group: hosts.ini has no group west; it has: all, db, east, ",
        ),
        ({"text": "x\n[db]\na[2:1]"}, "inventory.file: hosts.ini:3: a[2:1]: 2:1 is no range"),
        ({"text": "[db]\n"}, "inventory.file: hosts.ini: group db has no hosts"),
        ({"text": "#!/bin/sh\n"}, "inventory.file: hosts.ini:1: is a program; write what it "),
        ({"text": "[db]\na/b"}, "inventory.file: hosts.ini: a/b is not a valid name of a member"),
        (
            {"text": "[db]\na ansible_host=-x"},
            "inventory.file: hosts.ini: ansible_host of a: is no address: '-x'",
        ),
        ({"more": ", members: [a]"}, "inventory: members is also given; keep one of the two"),
    ],
)
def test_what_cannot_be(tmp_path: Path, options: dict[str, str], fault: str) -> None:
    """File, line, and what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, **options))
    (found,) = caught.value.faults
    assert f"{found.path}: {found.message}".startswith(f"pool.hosts.{fault}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "hosts.ini").write_bytes(b"\xff\n")
    with pytest.raises(ConfigurationError, match=r"hosts\.ini: is not UTF-8 text"):
        load(path)
    (tmp_path / "hosts.ini").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigurationError, match="is longer than 1 MiB"):
        load(path)
    (tmp_path / "hosts.ini").unlink()
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load(path)


def test_neither_is_given(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("inventory: {file: hosts.ini, group: db}", "port: 1"))
    with pytest.raises(ConfigurationError, match=r"pool\.hosts\.members: is missing; add it"):
        load(path)
