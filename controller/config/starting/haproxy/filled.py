"""A rollout file filled from running HAProxys. Pure: values in, commented YAML out."""

import json
import re
from collections.abc import Iterator, Sequence

from controller.config.sections.upgrade import PLACEHOLDER
from controller.config.starting.haproxy.discovered import MOST_NAMED, Discovery
from controller.config.text.places import printable
from controller.core.pool import Check
from controller.pools.haproxy import AGENT, is_loopback, parse_endpoint

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]*[A-Za-z0-9_/.-]|[A-Za-z]")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Not plain text to YAML 1.2, or to older readers of YAML."""


def filled(found: Discovery) -> str:
    """The text of a rollout file that `check` accepts and `plan` can use at once."""
    return "\n".join(
        [
            *_head(found),
            "",
            *_pool(found),
            "",
            *_drain(found),
            "",
            *_upgrade(),
            "",
            *_validate(found),
            "",
            *_return(found),
            "",
            *_gates(found),
            "",
        ]
    )


def _head(found: Discovery) -> Iterator[str]:
    versions = ", ".join(sorted({printable(one.version) for one in found.facts}))
    yield f"# A rollout of {_names(found.backends)}, read from HAProxy {versions}."
    yield '# Edit the lines marked with "<-", then:'
    yield "#   poolroll check FILE       is the file correct?"
    yield "#   poolroll plan FILE        what would happen? (touches nothing)"
    yield "#   poolroll run FILE         do it"
    yield "# Until upgrade.command is written, `plan` ends with that reason, and `run` refuses."
    yield "# All keys with their defaults: poolroll init haproxy"
    yield "apiVersion: poolroll/v1"
    yield f"name: {_word(found.name)}"
    yield "# owner: web-team, ext. 4711                  # <- shown at a halt"
    yield "# runbook: https://wiki.example.net/web       # <- shown at a halt"
    yield ""
    yield "vars:"
    yield '  version: "0.0.0"              # <- ${vars.version} below; --set version=… overrides'


def _pool(found: Discovery) -> Iterator[str]:
    yield "pool:"
    yield "  haproxy:"
    yield "    # <- the Runtime API of EVERY HAProxy in front of this pool: they share no state,"
    yield "    # and a member is out only when it is out of all of them."
    yield "    apis:"
    for one in found.facts:
        yield f"      - {_word(one.api)}"
        if one.level != "admin":
            yield (
                f"      # ^ this endpoint has level {one.level}: `plan` refuses it, since taking "
                "members out needs `level admin`"
            )
        if not is_loopback(parse_endpoint(one.api)):
            yield "      # ^ not on this machine, and without a password: use an SSH tunnel instead"
    yield from (f"    # {line}" for line in _others(found))
    yield f"    backends: [{', '.join(map(_word, found.backends))}]"
    yield "  members:"
    yield from (f"    # {line}" for line in _members(found))
    if any(line.occupant is None for line in found.members.values()):
        yield '    host: "${member.name}"'
    yield f"    expect: {len(found.members):<22}# refuse when there are more or fewer"
    if found.excluded:
        yield f"    exclude: [{', '.join(map(_word, found.excluded))}]"
    first = f"[{_word(next(iter(found.members), 'web1'))}]"
    yield f"  # canaries: {first:<18}# <- these go first"
    yield from (f"  {line}" for line in _floor(found))
    yield "  max_unavailable: 1            # out because of us at any time; a count or a percentage"


def _others(found: Discovery) -> Iterator[str]:
    others = {name: own for name, own in found.servers.items() if name not in found.backends}
    if others:
        told = [f"{name} ({_servers(len(own))})" for name, own in others.items()]
        yield f"Other backends here: {_names(told)}; --backend NAME chooses."
    for name, servers in list(found.beside.items())[:MOST_NAMED]:
        yield f"MEMBERS OF THIS POOL SERVE {printable(name)}, TOO, as {_names(servers)}: `plan`"
        yield "refuses until every member has a server of its own name there, and it is listed."
    members = found.members
    for one in found.facts:
        for follower, leader in one.trackers:
            backend, _, member = follower.partition("/")
            if backend in found.backends and member in members:
                yield f"{follower} follows the health of {leader} (track)."


def _members(found: Discovery) -> Iterator[str]:
    lines = found.members
    yield _names([f"{name} {line.occupant or ''}".rstrip() for name, line in lines.items()])
    if bare := [name for name, line in lines.items() if line.occupant is None]:
        yield f"On a UNIX socket, so without an address: {_names(bare)}"
        yield "<- where commands go; ${member.address} has no value here:"
    if backups := dict.fromkeys(line.member for line in found.lines if line.is_backup):
        yield f"Backup servers are never members: {_names(list(backups))}"
    if out := dict.fromkeys(
        line.member for line in found.lines if line.is_out and line.may_be_member
    ):
        told = [name for name in out if name in lines]
        if told:
            yield f"Out of rotation now, so left as found and not upgraded: {_names(told)}"
    for name, why in list(found.excluded.items())[:MOST_NAMED]:
        yield f"Left out: {name} {why}"


def _floor(found: Discovery) -> Iterator[str]:
    placed, serving = found.placed, found.serving
    if placed < 2:
        yield f"# {_servers(placed)} in rotation now: taking one out would be an outage, and"
        yield "# `plan` refuses."
        return
    yield f"# {placed} are in rotation now, less max_unavailable 1: no member is taken out if fewer"
    yield "# than this would then be in rotation and healthy, whoever took the others out."
    if serving < placed:
        yield f"# OF THESE, {placed - serving} ARE NOT HEALTHY: `plan` REFUSES UNTIL THEY ARE."
    yield f"min_available: {placed - 1:<15}# <- the default counts only members that are up"


def _drain(found: Discovery) -> Iterator[str]:
    kinds = {name: kind for one in found.facts for name, kind in one.sticky.items()}
    if not kinds:
        yield "# No cookie, no stick table: a member goes out as soon as no request is in flight."
        yield "# drain:"
        yield "  # timeout: 5m                 # for requests in flight to end"
        return
    for name, kind in kinds.items():
        yield f"# {name} has a {printable(kind)}: clients of a draining member still come"
        yield "# back to it. After `sticky` they are sent elsewhere and may lose their session:"
        yield "# choose it as long as a visit usually lasts."
    yield "drain:"
    yield "  timeout: 5m                   # for requests in flight to end"
    yield "  sticky: 30s                   # <- how long these clients may still come"


def _upgrade() -> Iterator[str]:
    yield "upgrade:"
    yield "  # <- What upgrades one member: an argv list, run on this machine without a shell, like"
    yield '  #   [ssh, --, "${member.host}", sudo, apt-get, install, -y, "web=${vars.version}"]'
    yield "  # Until you write it, `plan` and `run` refuse."
    yield f'  command: [{PLACEHOLDER}, --, "${{member.host}}", "${{vars.version}}"]'
    yield "  # <- Is it upgraded already? Exit 0: skip it. Asked again after the upgrade, as proof."
    yield "  # unless:"
    yield '    # command: [ssh, --, "${member.host}", dpkg-query, -W, "web=${vars.version}"]'
    yield "    # go_on: [1]                # exit codes that mean: upgrade; any other refuses"
    yield ""
    yield "# rollback:                     # <- how to go back, same form as upgrade"
    yield "  # command:"
    yield '  #   [ssh, --, "${member.host}", sudo, apt-get, install, -y, "web=${vars.version}"]'
    yield '  # vars: {version: "0.0.0"}    # the former version'


def _validate(found: Discovery) -> Iterator[str]:
    http = (
        'http: {url: "http://${member.address}:${member.port}/health", contains: "${vars.version}"}'
    )
    if not all(line.occupant and line.occupant.port for line in found.members.values()):
        yield "# <- From outside, before an upgraded member serves users. HAProxy names no port"
        yield "# for these servers, so write it here:"
        yield "# validate:"
        yield f"  # - {http.replace('${member.port}', '8080')}"
        return
    yield "validate:                       # from outside, before an upgraded member serves users"
    yield '  - tcp: {port: "${member.port}"}'
    yield "  # <- An open port proves little. Better ask for what users need, and the version:"
    yield f"  # - {http}"
    yield "    # consecutive: 3            # passes in a row"


def _return(found: Discovery) -> Iterator[str]:
    members = found.members
    own = [line for line in found.lines if line.member in members]
    checked = dict.fromkeys(line.member for line in own if line.check is not Check.NONE)
    unchecked = [line for line in own if line.check is Check.NONE]
    led = found.followers
    bare = dict.fromkeys(
        line.member for line in unchecked if f"{line.backend}/{line.member}" not in led
    )
    agents = dict.fromkeys(line.member for line in own if line.keep.get(AGENT))
    if checked:
        yield "# HAProxy's own check must pass again before an upgraded member serves users:"
        yield f"#   {_names(list(checked))}"
    if bare:
        yield "# NO CHECK in HAProxy: only `validate` protects users from a bad upgrade of"
        yield f"#   {_names(list(bare))}"
        yield "# Add `check` (and `option httpchk`) to these servers."
    if agents:
        yield "# The agent check is switched off while a member is in progress, then on again:"
        yield f"#   {_names(list(agents))}"
    yield "# return:"
    yield "  # within: 60s                 # for that check to pass"


def _gates(found: Discovery) -> Iterator[str]:
    if "tcp" in {mode for one in found.facts for mode in one.modes.values()}:
        yield "# Mode tcp: HAProxy counts failed connections and sees no HTTP answers."
        yield "# A longer soak and a `validate` of your own say more."
    yield "# Left out, two gates watch HAProxy's own counters of each upgraded member. More errors"
    yield "# than a ratio of 1% can explain, or answers that take much longer than those of the"
    yield "# others, take it out again and stop the rollout."
    yield "# gates:"
    yield "  # - name: errors"
    yield "    # haproxy: {measure: error_ratio, scope: member}"
    yield "    # max: 1%"
    yield "  # - name: latency"
    yield "    # haproxy: {measure: response_time, times: 3, above: 100ms}"
    yield "# At night no user may come. pass: then a member passes unjudged. Once `validate` asks"
    yield "# by http, write probe: it is judged by requests of our own. halt: wait for users."
    yield "quiet: pass                     # <- probe | pass | halt"
    yield ""
    yield "# soak: 30s                     # how long each is watched under full traffic"
    yield "# on_failure: halt              # or rollback_member, rollback_all: they need `rollback`"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:MOST_NAMED])) or "none"
    return shown + (f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _servers(number: int) -> str:
    return f"{number} server" + "s" * (number != 1)


def _word(text: str) -> str:
    """`text` as a YAML scalar that means this text and nothing else."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text)
