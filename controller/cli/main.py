"""The command `poolroll`: finds the subcommand, maps errors to exit codes."""

import codecs
import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from controller import __version__
from controller.cli import interrupts, last_words, streams
from controller.cli.bug import tell_bug
from controller.cli.complain import complain
from controller.core.outcome import ExitCode
from controller.report import times

if TYPE_CHECKING:
    from controller.errors import PoolrollError

COMMANDS: Final = {
    "demo": (
        "controller.cli.demo:demo",
        "Run a rollout under load on a real HAProxy, on this machine.",
    ),
    "init": ("controller.cli.init:init", "Print a rollout file to start from."),
    "check": ("controller.cli.check:check", "Report every fault in a rollout file, offline."),
    "plan": ("controller.cli.plan:plan", "Show what a run would do, and every reason to refuse."),
    "rbac": ("controller.cli.rbac:rbac", "Print the Kubernetes Role that a rollout needs."),
    "gate": ("controller.cli.gate:gate", "Evaluate the gates, now or at a time in the past."),
    "notify": ("controller.cli.notify:notify", "Show who is told of a rollout, or try it."),
    "prepare": ("controller.cli.prepare:prepare", "Prepare members days ahead, while they serve."),
    "run": ("controller.cli.run:run", "Upgrade the pool, one member at a time."),
    "rehearse": (
        "controller.cli.run:rehearse",
        "Take every member out and back, without upgrading.",
    ),
    "rollback": ("controller.cli.run:rollback", "Roll the pool back to the former version."),
    "status": ("controller.cli.status:status", "Show the state of a rollout."),
    "explain": (
        "controller.cli.explain:explain",
        "Explain the present halt, as the runbook does.",
    ),
    "output": ("controller.cli.output:output", "Show what a step prints, live with --follow."),
    "history": ("controller.cli.history:history", "List all rollouts."),
    "events": (
        "controller.cli.events:events",
        "Show what happened in a rollout; follow it with --follow.",
    ),
    "report": ("controller.cli.report:report", "Write one HTML page about a rollout."),
    "pause": ("controller.cli.operator:pause", "Start no further member."),
    "resume": ("controller.cli.operator:resume", "Continue after a pause or a halt."),
    "abort": ("controller.cli.operator:abort", "End a rollout for good."),
    "snapshots": (
        "controller.cli.snapshots:snapshots",
        "List snapshots of members; drop those whose time is over.",
    ),
    "guard": (
        "controller.cli.guard:guard",
        "Keep what a halt left out of rotation out, across reloads.",
    ),
    "timer": (
        "controller.cli.timer:timer",
        "Print a systemd timer, and a cron line, that run a rollout.",
    ),
    "schema": ("controller.cli.check:schema", "Print the JSON Schema of the rollout file."),
}

ALIASES: Final = {"install-timer": "timer"}
"""Other names of commands, in no list."""


class ReportedError(click.ClickException):
    """A PoolrollError as a click error: its own message and exit code."""

    exit_code = ExitCode.REFUSED

    def show(self, file: Any = None) -> None:
        complain(self.message, self.exit_code)


class ReportedUsage(ReportedError):
    exit_code = ExitCode.USAGE


class ReportedHeld(ReportedError):
    exit_code = ExitCode.HELD


def reported(error: "PoolrollError") -> ReportedError:
    from controller import errors

    if isinstance(error, errors.ConfigurationError | errors.UsageFault | errors.MetricsRefused):
        return ReportedUsage(str(error))
    is_held = isinstance(error, errors.PoolHeld | errors.LeaseLost)
    return ReportedHeld(str(error)) if is_held else ReportedError(str(error))


class LateGroup(click.Group):
    """Imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from controller.config.text.nearest import did_you_mean  # not for --help

            hint = did_you_mean(args[0], COMMANDS)
            if not hint:
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}; {hint}", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        from controller.errors import PoolrollError

        try:
            return super().invoke(ctx)
        except PoolrollError as error:
            raise reported(error) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="poolroll")
def poolroll() -> None:
    """Rolling upgrades of load-balanced pools, one member at a time, stopped by error metrics.

    Exit codes: 0 done, 2 usage or configuration, 3 refused (nothing was touched), 4 halted by a
    gate, 5 halted by a member, the floor or a load balancer, 6 held by another run, 7 stopped.
    """


def _spelled(error: UnicodeError) -> tuple[str, int]:
    from controller.legible import ascii_only

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return ascii_only(error.object[error.start : error.end]), error.end


def spell_out_signs() -> None:
    """Replace characters that a stream cannot encode, like `…` in a locale without UTF-8: no
    message may end a rollout."""
    codecs.register_error("spelled", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and codecs.lookup(stream.encoding).name != "utf-8":
            stream.reconfigure(errors="spelled")


def entry() -> None:
    """The console script. Only a bug shows a traceback (exit 1)."""
    streams.prepare()
    times.tell_in(None)
    try:
        spell_out_signs()
        code = _ended()
        if (fault := streams.lost()) is not None:
            complain(_unwritable(fault), code)
    except interrupts.Interrupted:
        code = _interrupted()
    except BaseException as bug:  # noqa: BLE001 - told below
        last_words.note_bug(bug)
        code = tell_bug(bug)  # the interpreter would show its text as it is, secrets too
    finally:
        streams.leave()
    last_words.leave(code)
    # Neither a thread that waits for a terminal or a disk may delay the end, nor may a signal
    # meet its default action while the interpreter is taken down.
    os._exit(code)


def _ended() -> int:
    """Run the command; its exit code."""
    try:
        given: object = poolroll(standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except ReportedError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        complain(error.format_message(), error.exit_code, _with_usage(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except SystemExit as ended:
        # 1 is for bugs only; click exits with it when the reader of our output has gone.
        return ExitCode.STOPPED if ended.code == 1 else int(ended.code or 0)
    except OSError as error:
        if streams.output_fault() is None:
            raise
        is_acting = interrupts.ACTING.intersection(sys.argv[1:2])
        code = ExitCode.STOPPED if is_acting else ExitCode.REFUSED
        complain(_unwritable(error), code)
        return code
    return given if isinstance(given, int) else 0  # of `Context.exit`


def _interrupted() -> int:
    interrupts.hand_to(interrupts.ignore)
    complain("stopped; nothing was touched", ExitCode.STOPPED)
    return ExitCode.STOPPED


def _unwritable(error: OSError) -> str:
    return f"standard output cannot be written: {error.strerror}"


def _with_usage(error: click.ClickException) -> str:
    shown = io.StringIO()
    error.show(shown)
    return shown.getvalue().rstrip("\n")
