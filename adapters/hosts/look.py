"""What a host is asked before anything is touched: a script that only reads, and its answer."""

from collections.abc import Iterable
from typing import Final

from controller.hosts_seen import Free, HostSeen

SCRIPT: Final = r"""
say() { printf '%s\n' "$*"; }
first() { for one in "$@"; do command -v "$one" > /dev/null && echo "$one" && return; done; }
say "user $(id -un 2> /dev/null || id -u)"
say "login ${SUDO_USER:-}"
say "boot $(cat "${POOLROLL_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}" 2> /dev/null)"
say "name $(cat /proc/sys/kernel/hostname 2> /dev/null)"
say "addresses $(hostname -I 2> /dev/null)"
ip -o addr show scope global 2> /dev/null | while read -r _ _ _ address _; do
  say "addresses ${address%%/*}"
done
say "kernel $(uname -r)"
if [ -d "${POOLROLL_SYSTEMD:-/run/systemd/system}" ]; then say 'init systemd'
else say "init $(cat /proc/1/comm 2> /dev/null)"
fi
say "packages $(first apt-get dnf yum zypper apk pacman)"
for place in / /var /boot; do
  df -Pk "$place" 2> /dev/null | {
    read -r _
    read -r _ _ _ free _ mount && say "free $place $free $mount"
  }
done
[ -r /proc/self/stat ] || say 'lacks it has no /proc'
command -v setsid > /dev/null || say 'lacks it has no setsid (util-linux)'
steps=${POOLROLL_STEPS:-}
if [ -n "$steps" ]; then :
elif [ "$(id -u)" = 0 ]; then steps=/var/lib/poolroll-steps
else steps=${XDG_STATE_HOME:-$HOME/.local/state}/poolroll/steps
fi
there=$steps
until [ -z "$there" ] || [ -e "$there" ]; do there=${there%/*}; done
[ -w "${there:-/}" ] || say "lacks the records of steps cannot be kept: ${there:-/} is not writable"
while [ "$1" != -- ]; do
  command -v -- "$1" > /dev/null || say "missing $1"
  shift
done
shift
[ $# -gt 0 ] || exit 0
if command -v timeout > /dev/null; then set -- timeout 20 "$@"; fi
said=$("$@" 2>&1 < /dev/null)
say "reboot $? $(printf '%s\n' "$said" | tail -n 1)"
"""
"""For /bin/sh: programs, `--`, the question whether a reboot is needed. A line for each answer."""

ARGV: Final = ("/bin/sh", "-c", SCRIPT, "look")
MOST, LONGEST = 50, 200
"""Lines of one kind, and characters of each, that are read."""
NEEDED, NOT_NEEDED, LATE = "0", "1", "124"


def seen_in(output: str) -> HostSeen:
    """Whatever cannot be read is not known."""
    told: dict[str, list[str]] = {}
    for line in output.splitlines():
        key, _, rest = line.partition(" ")
        if len(lines := told.setdefault(key, [])) < MOST:
            lines.append(rest.strip()[:LONGEST])

    def last(key: str) -> str:
        return told.get(key, [""])[-1]

    user, login = last("user"), last("login")
    code, _, why = last("reboot").partition(" ")
    return HostSeen(
        user=user,
        login=login if login != user else "",
        boot_id=last("boot"),
        name=last("name"),
        addresses=frozenset(" ".join(told.get("addresses", ())).split()),
        kernel=last("kernel"),
        init=last("init"),
        packages=last("packages"),
        free=tuple(_free(told.get("free", ()))),
        needs_reboot={NEEDED: True, NOT_NEEDED: False}.get(code),
        reboot_why="its question took more than 20s" if code == LATE else why,
        lacking=tuple(told.get("lacks", ())),
        missing=tuple(told.get("missing", ())),
    )


def _free(lines: Iterable[str]) -> list[Free]:
    """Each file system once."""
    found: dict[str, Free] = {}
    for line in lines:
        path, _, rest = line.partition(" ")
        number, _, mount = rest.partition(" ")
        if number.isdecimal() and len(number) < 20:
            found.setdefault(mount, Free(path, int(number), mount))
    return list(found.values())
