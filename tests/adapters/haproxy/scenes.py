"""What is recorded of each HAProxy version, and where: the same course for all of them.

`recorded/VERSION/SCENE.txt` holds commands, each after `> ` on a line of its own, and below it what
the socket said, byte for byte. What a scene does not hold is as it was at rest.
"""

from pathlib import Path
from typing import Final

from adapters.haproxy.wire import Command

RECORDED: Final = Path(__file__).with_name("recorded")

REST: Final = "rest"
_MARK: Final = "> "

COURSE: Final = (REST, "draining", "out", "cut", "returning", "passed", "back")
"""A member's way out of rotation and back, each reached from the one before it."""
BACKENDS: Final = ("web", "api", "raw")
"""Where that member is: checked, following, and unchecked."""
ALL: Final = (*BACKENDS, "static", "kinds")

SETTING: Final[Command] = ("set", "server", "web/a1", "state", "drain")
REFUSED: Final[tuple[Command, ...]] = (
    ("set", "server", "web/nope", "state", "drain"),
    ("set", "server", "nope/a1", "state", "drain"),
    ("set", "server", "api/a1", "health", "down"),
    ("set", "server", "static/s1", "weight", "5"),
    ("shutdown", "sessions", "server", "web/nope"),
    ("show", "servers", "state", "nope"),
    ("show", "stat", "#999", "6", "-1"),
)


def versions() -> list[str]:
    return sorted(folder.name for folder in RECORDED.iterdir())


def keep(version: str, scene: str, command: Command, reply: str) -> None:
    """Add one reply to a scene."""
    path = RECORDED / version / f"{scene}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(f"{_MARK}{' '.join(command)}\n{reply}")


def replies(version: str, scene: str) -> dict[str, str]:
    """Command → reply. No line of a reply begins with the mark of a command."""
    text = (RECORDED / version / f"{scene}.txt").read_text()
    parts = f"\n{text}{_MARK}".split(f"\n{_MARK}")[1:-1]
    return {head: f"{rest}\n" for head, _, rest in (part.partition("\n") for part in parts)}


def config(folder: Path, port: int, healthy: int) -> str:
    """A HAProxy with something of everything. `healthy`: a port that its checks may ask."""
    check = f"check port {healthy} inter 500ms rise 2 fall 2"
    return f"""
global
  node lb
  stats socket {folder}/admin level admin
  stats socket {folder}/operator level operator
  stats socket {folder}/user level user
  stats socket {folder}/number level admin severity-output number
  stats socket {folder}/string level admin severity-output string
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  retries 0
frontend front
  bind 127.0.0.1:{port}
  default_backend web
frontend healthy
  bind 127.0.0.1:{healthy}
  http-request return status 200
backend web
  cookie SRV insert
  option httpchk GET /
  server a1 127.0.0.1:9 {check} cookie a1 weight 50 agent-check agent-port 9 agent-inter 1h
  server a2 127.0.0.1:9 {check} cookie a2 weight 50 maxconn 20
backend api
  stick-table type ip size 1k
  stick on src
  server a1 127.0.0.1:9 track web/a1 weight 30
backend raw
  mode tcp
  server a1 127.0.0.1:9
backend static
  balance static-rr
  server s1 127.0.0.1:9 weight 10
backend kinds
  server spare 127.0.0.1:9 backup
  server off 127.0.0.1:9 disabled
  server zero 127.0.0.1:9 weight 0
  server six [::1]:9
  server lost nosuch.invalid:9 init-addr none
  server slow 127.0.0.1:9 {check} slowstart 1h
  server web:1 127.0.0.1:9
  server-template t 2 127.0.0.1:9
"""


def master_config(folder: Path, more: str = "") -> str:
    """For a HAProxy under a master process; `more`: a line of section global."""
    return f"""
global
  node lb
  stats socket {folder}/admin level admin
  {more}
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
backend web
  server a1 127.0.0.1:9
"""
