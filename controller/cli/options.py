"""Options that several commands share; each has an environment twin `POOLROLL_…`."""

import shlex
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar

import click
from click.types import StringParamType

from controller.cli import complain, last_words
from controller.errors import UsageFault
from controller.redaction import is_secret_name
from controller.report import times
from controller.telemetry.values import OutletOptions

F = TypeVar("F", bound=Callable[..., Any])


class _Words(StringParamType):
    """Type of a repeatable option: its environment twin is split like shell words, so that a value
    in quotes may contain spaces."""

    def __init__(self, twin: str) -> None:
        self._twin = twin

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        try:
            return shlex.split(rv)
        except ValueError:
            raise UsageFault(f"{self._twin}: an unclosed quote in its value") from None


def option(name: str, **attributes: Any) -> Callable[[F], F]:
    """A click option whose value may also come from `POOLROLL_NAME`."""
    twin = "POOLROLL_" + name.lstrip("-").replace("-", "_").upper()
    if attributes.get("multiple"):
        attributes.setdefault("type", _Words(twin))
    return click.option(name, envvar=twin, show_envvar=True, **attributes)


# Not click's own question whether it is readable: the reader says of each fault what to do.
named_file = click.argument(
    "file",
    type=click.Path(path_type=Path, readable=False),
    envvar="POOLROLL_FILE",
    metavar="FILE|NAME",
)


def must_stay(verb: str, file: Path) -> None:
    """Refuse what can be read once only, like `-` or `<(…)`: a later command reads the file again;
    and a path that the journal cannot hold, which is UTF-8. Raises UsageFault.
    """
    if str(file) == "-" or _passes(file):
        raise UsageFault(
            f"{verb} {file}: this can be read once only; write it to a file, since `run` and "
            "`resume` read it again"
        )

    try:
        str(file.absolute()).encode()
    except UnicodeEncodeError:
        raise UsageFault(f"{verb} {file}: the path is not valid UTF-8; rename it") from None
    except OSError:  # no folder to be in: the reader says so
        return


def _passes(file: Path) -> bool:
    try:
        path, mode = file.absolute(), file.stat().st_mode
    except OSError:  # the reader says why it cannot be read
        return False
    lies_on_disk = not path.is_relative_to("/dev") and not path.is_relative_to("/proc")
    return not lies_on_disk or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _folder(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise UsageFault("--state: is empty; name the state folder, or leave the option out")
    if value is not None and value.startswith("kubernetes:"):
        from controller.bootstrap_state import check_state  # not for --help

        check_state(value)
    return value


def _utc(_ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        times.tell_in(UTC)


_in_utc = option(
    "--utc",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_utc,
    help="Times in UTC, instead of in the time of this machine.",
)

_state = option(
    "--state",
    metavar="PLACE",
    callback=_folder,
    help="State: journal and lock. A folder, or kubernetes:NAMESPACE. Default: what the rollout "
    "file says, else /var/lib/poolroll if it is writable, else a folder under the XDG state home.",
)


def state(command: F) -> F:
    """Of every command that tells of a rollout: where it is known, and in which time it is told."""
    return _state(_in_utc(command))


sets = option("--set", metavar="K=V", multiple=True, help="Override a value of `vars`. Repeatable.")

yes = option(
    "--yes", is_flag=True, expose_value=False, help="Nothing is asked here; accepted as elsewhere."
)

only = option(
    "--only",
    metavar="MEMBER",
    multiple=True,
    help="Touch only these members: repeat it, or separate them by commas.",
)

verbose = option(
    "--verbose", is_flag=True, help="Show the commands of each member, not of the first alone."
)

ignore_windows = option(
    "--ignore-windows", is_flag=True, help="Begin although the windows of FILE are closed."
)

this_machine = option(
    "--this-machine",
    is_flag=True,
    help="The machine that poolroll runs on may be a member: it is done last.",
)

canaries_only = option("--canaries-only", is_flag=True, help="Stop after the canaries.")


def _format(_ctx: click.Context, _option: click.Parameter, value: str) -> str:
    complain.as_json(is_wanted=value == "json")
    return value


log_format = option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    is_eager=True,
    callback=_format,
    help="Format of the log on standard error.",
)


def _until(_ctx: click.Context, _option: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    from controller.config.text.scalars import Wrong, duration  # not for --help

    try:
        return duration(value, least=timedelta(seconds=1))
    except Wrong as wrong:
        raise UsageFault(f"--deadline: {wrong}") from None


deadline = option(
    "--deadline",
    metavar="DURATION",
    callback=_until,
    help="After this time begin nothing new, bring the members in hand to rest, and exit with 7.",
)


def _last_words(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value and (fault := last_words.unwritable(value)):
        raise UsageFault(f"{last_words.OPTION} {value}: {fault}")
    return value


termination_log = option(
    last_words.OPTION,
    metavar="PATH",
    callback=_last_words,
    help="Write to this file, at the end, how the run ended: at most 4096 bytes.",
)


quiet = option(
    "--quiet",
    is_flag=True,
    help="Print one line at the end, or nothing when there was nothing to do, unless something "
    "is wrong. Needs --yes.",
)


MOST_TOLD: Final = 1000
"""Letters of a reason, or of a ticket."""


def why(command: F) -> F:
    """Why something is done, and on which order; see `order`."""
    told = option("--reason", metavar="TEXT", help="Why; kept in the journal, shown by history.")
    ticket = option("--ticket", metavar="ID", help="The order for it, like CHG1234; likewise.")
    return told(ticket(command))


class Order(TypedDict):
    reason: str
    ticket: str


def order(given: Mapping[str, Any]) -> Order:
    """Reason and ticket in one line each. Raises UsageFault."""
    return {"reason": _line("reason", given), "ticket": _line("ticket", given)}


def _line(name: str, given: Mapping[str, Any]) -> str:
    text = " ".join((given[name] or "").split())
    if len(text) > MOST_TOLD:
        raise UsageFault(f"--{name}: {len(text)} letters long, {MOST_TOLD} is the limit")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UsageFault(f"--{name}: it holds bytes that are not UTF-8")
    return text


def unattended(command: F) -> F:
    """What a run needs that somebody else starts, like cron."""
    return quiet(deadline(termination_log(command)))


_WAYS_OUT = (
    option(
        "--metrics-listen",
        metavar="ADDRESS",
        help="Serve poolroll's own metrics at PORT (on 127.0.0.1) or ADDRESS:PORT.",
    ),
    option(
        "--metrics-textfile",
        metavar="PATH",
        help="Write them to a file for node_exporter, every 5 seconds and at the end.",
    ),
    option("--push-gateway", metavar="URL", help="Push them to a Pushgateway, just as often."),
    option(
        "--push-gateway-ca",
        metavar="PATH",
        help="PEM file of the CAs to trust there, instead of the system's.",
    ),
)


def telemetry(command: F) -> F:
    """Options that export poolroll's own metrics; see `ways_out`."""
    for way in reversed(_WAYS_OUT):
        command = way(command)
    return command


def ways_out(given: Mapping[str, Any]) -> OutletOptions:
    """The values of the options of `telemetry`; an empty one counts as not given."""
    return OutletOptions(
        listen=given["metrics_listen"] or None,
        textfile=given["metrics_textfile"] or None,
        push_gateway=given["push_gateway"] or None,
        push_gateway_ca=given["push_gateway_ca"] or None,
    )


as_json = option("--json", is_flag=True, help="Print JSON.")


def names(values: Sequence[str]) -> tuple[str, ...]:
    """Member names from options: `a,b` is two. No server name contains a comma (HAProxy
    configuration manual, section 4: letters, digits, `-`, `_`, `.` and `:`). Raises UsageFault."""
    named = [name.strip() for value in values for name in value.split(",")]
    if not all(named):
        raise UsageFault("--only: empty name; write it like --only web1,web2")
    return tuple(dict.fromkeys(named))


def pairs(values: Sequence[str]) -> dict[str, str]:
    """`K=V` options as a mapping. Raises UsageFault."""
    result: dict[str, str] = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not key or not equals:
            raise UsageFault(f"--set {value}: write it as NAME=VALUE")
        if key in result:
            both = f", {result[key]!r} and {text!r}" if not is_secret_name(key) else ""
            raise UsageFault(f"--set {key}: given twice{both}; keep one")
        result[key] = text
    return result
