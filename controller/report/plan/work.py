"""What is done to a member, as a plan shows it: each command with its arguments, as it is run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from shlex import join

from controller.config import RolloutFile
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.core.steps import Course
from controller.hosts import HostCommand, Proof, Reboot
from controller.redaction import discreet
from controller.tasks import (
    DONE,
    Command,
    CommandProbe,
    Guard,
    HttpProbe,
    PoolTask,
    Question,
    Task,
    Validation,
)

ID = "ROLLOUT-ID"
"""For `${rollout.id}`: a plan has none yet."""


@dataclass(frozen=True, slots=True)
class ShownStep:
    name: str
    """As the rollout file calls it; may be empty."""
    words: tuple[str, ...]
    """Its argv, or what the pool does."""
    timeout: timedelta
    where: str = ""
    """On which host, and when; empty: on this machine."""

    @property
    def line(self) -> str:
        parts = [f"{self.name}:"] * bool(self.name) + [f"{self.where}:"] * bool(self.where)
        return " ".join([*parts, join(self.words)])


@dataclass(frozen=True, slots=True)
class ShownWork:
    member: str
    questions: tuple[str, ...]
    """Of `preflight`, each with its limits."""
    unless: ShownStep | None
    go_on: tuple[int, ...]
    """Exit codes of `unless` that mean: upgrade."""
    steps: tuple[ShownStep, ...]
    validations: tuple[str, ...]
    back: tuple[ShownStep, ...]
    """Of the rollback, where the file has one and the run itself is none."""


def shown(task: Task) -> ShownStep:
    """One step, of whatever kind. Secrets of the rollout are masked where it is printed."""
    name, where = str(getattr(task, "name", "")), ""
    match task:
        case Command(argv=words):
            pass
        case HostCommand(access=access, argv=words):
            where = f"on {access.host}"
        case Reboot(access=access, argv=words):
            where = f"on {access.host}" + (", when needed" if task.is_conditional else "")
        case Proof(access=access):
            where, words = f"on {access.host}", ("expect", *_expected(task))
        case PoolTask():
            name, words = "", (task.name, *(f"{key}={value}" for key, value in task.args.items()))
        case _:
            words = (task.label,)
    return ShownStep(name, tuple(map(discreet, words)), task.timeout, where)


def _expected(proof: Proof) -> Iterator[str]:
    yield from [f"kernel={proof.kernel}"] * bool(proof.kernel)
    yield from (f"{name}={version}" for name, version in proof.packages.items())
    yield from (f"{unit}=active" for unit in proof.services)


def works(file: RolloutFile, plan: Plan, members: Sequence[Member]) -> list[ShownWork]:
    """What a run of `plan` does to these members. Raises ConfigurationError where a template cannot
    be filled for one of them."""
    return [_work(file, plan, member) for member in members]


def _work(file: RolloutFile, plan: Plan, planned: Member) -> ShownWork:
    # A journal has the plan's variables without secrets; they are masked where they are printed.
    member, none = replace(planned, vars=file.variables_of(planned.name)), ()
    is_back = plan.purpose is Purpose.ROLLBACK
    work = file.work(Course.ROLLBACK if is_back else Course.UPGRADE, member, ID)
    is_rehearsed = plan.purpose is Purpose.REHEARSAL
    guard = None if is_rehearsed else work.guard
    has_back = plan.purpose is Purpose.UPGRADE and file.has_rollback
    back = file.work(Course.ROLLBACK, member, ID).steps if has_back else none
    return ShownWork(
        planned.name,
        tuple(map(_question, work.questions)),
        None if guard is None else shown(guard.task),
        _go_on(guard),
        none if is_rehearsed else tuple(map(shown, work.steps)),
        tuple(map(_validation, work.validations)),
        tuple(map(shown, back)),
    )


def _question(one: Question) -> str:
    limits = [
        *([f"exit {_codes(one.task.ok)}"] if one.task.ok != DONE else []),
        *([f"at least {one.minimum:.15g}"] if one.minimum is not None else []),
        *([f"at most {one.maximum:.15g}"] if one.maximum is not None else []),
        *([f"contains {one.contains!r}"] if one.contains else []),
    ]
    line = discreet(shown(one.task).line)
    return line + (f"   ({', '.join(limits)})" if limits else "")


def _codes(codes: frozenset[int]) -> str:
    return " or ".join(map(str, sorted(codes)))


def _go_on(guard: Guard | None) -> tuple[int, ...]:
    return () if guard is None else tuple(sorted(guard.go_on))


def _validation(one: Validation) -> str:
    probe = one.probe
    match probe:
        case HttpProbe():
            text = f"GET {probe.url}: status {probe.status}"
            text += f", contains {probe.contains!r}" if probe.contains is not None else ""
        case CommandProbe():
            text = shown(probe.command).line
        case _:
            text = f"connect to {probe.host}:{probe.port}"
    return discreet(text) + (f", {one.consecutive} times in a row" if one.consecutive > 1 else "")


def work_lines(many: Sequence[ShownWork], back_to: str) -> Iterator[str]:
    """`back_to`: what the variables are on the way back, as text."""
    for one in many:
        rows = list(_rows(one, back_to))
        width = max((len(label) for label, _ in rows), default=0)
        yield from ("", f"commands for {one.member}")
        yield from (f"  {label:<{width}}  {text}" for label, text in rows)


def _rows(one: ShownWork, back_to: str) -> Iterator[tuple[str, str]]:
    yield from _numbered("preflight", one.questions)
    if one.unless is not None:
        codes = ", ".join(map(str, one.go_on))
        yield "unless", f"{one.unless.line}   (exit 0: already there; {codes}: goes on)"
    yield from _numbered("step", [step.line for step in one.steps])
    yield from _numbered("validate", one.validations)
    lines = [step.line for step in one.back]
    if lines and back_to:
        lines[0] += f"   (with {back_to})"
    yield from _numbered("rollback", lines)


def _numbered(what: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        yield what if len(lines) == 1 else f"{what} {number}", line
