"""The forecast in a plan, as text: load on the other members, duration, blast radius."""

from collections.abc import Sequence
from datetime import timedelta

from controller.core.forecast.load import Expected, Load
from controller.core.forecast.stake import CERTAINTY, Loss
from controller.core.forecast.traffic import Traffic
from controller.core.gates.figures import percent, span
from controller.core.plan.plan import Plan, Purpose
from controller.report.words import count

SHARES = {1.0: "every request", 0.1: "a tenth of its requests"}


def outlook_lines(
    plan: Plan,
    loads: Sequence[Load],
    duration: Expected,
    now: Traffic,
    losses: Sequence[Loss],
) -> list[str]:
    """The whole forecast, for `plan_text`."""
    return [
        *load_lines(loads, plan),
        "",
        *expected_lines(duration),
        "",
        *(_unknown_stake() if _is_unknown(plan, now) else stake_lines(now, losses)),
    ]


def _is_unknown(plan: Plan, now: Traffic) -> bool:
    return not now.is_counted and plan.purpose is not Purpose.REHEARSAL


def _unknown_stake() -> list[str]:
    why = "no load balancer counts requests here"
    return ["at stake", f"  NOT KNOWN: {why}, so it is not known how many would fail"]


def load_lines(loads: Sequence[Load], plan: Plan) -> list[str]:
    together = plan.max_unavailable
    head = f"the other members, while {together} {'is' if together == 1 else 'are'} out"
    return [head, *(f"  {_load(load, plan.min_available)}" for load in loads)]


def _load(load: Load, floor: int) -> str:
    where = f"{load.backend} at {load.instance}: {load.serving} serve, then {load.carriers}"
    if load.sessions is None:
        left = f" (floor {floor})" if load.carriers > 0 else ": NO MEMBER IS LEFT"
        return f"{where}{left}; how many sessions they carry is not known"
    sessions = count(load.sessions, "session")
    if load.carriers <= 0:
        return f"{where}: NO MEMBER IS LEFT FOR {sessions}"
    text = f"{where} (floor {floor}); {sessions} now, {load.sessions / load.carriers:.3g} each"
    if load.room is None:
        return f"{text}, no maxconn"
    full = ": THE REST WILL QUEUE" if load.sessions > load.room else ""
    return f"{text}, and their maxconn takes {load.room}{full}"


def expected_lines(expected: Expected) -> list[str]:
    turns = count(expected.turns, "turn")
    of_what = ["settle"] * bool(expected.settle) + ["sticky clients", "ramp"]
    waits = f"{turns} of {span(expected.waits)} for {', '.join(of_what)} and soak"
    if expected.total is None:
        least = span(expected.waits * expected.turns)
        text = f"at least {least}: {waits}; the time of the upgrade commands is not known yet"
    elif expected.commands:
        took = f"{span(expected.commands)} for the commands, as last time"
        text = f"about {span(expected.total)}: {waits}, and {took}"
    else:
        text = f"about {span(expected.total)}: {waits}"
    return ["expected duration", f"  {text}; work in flight and health checks come on top"]


def stake_lines(traffic: Traffic, losses: Sequence[Loss]) -> list[str]:
    if not losses:
        return ["at stake", "  users meet no new version: members go out and come back as they are"]
    if traffic.pool <= 0:
        return [
            "at stake",
            "  NO REQUESTS WERE MEASURED: HOW MANY WOULD FAIL IS NOT KNOWN, AND WITHOUT TRAFFIC "
            "NO GATE SEES A BAD VERSION",
        ]
    more = "; more if it fails quickly, as idle servers are preferred"
    attracted = more if traffic.prefers_idle else ""
    lines = [
        f"at stake, at the present rate ({traffic.pool:.3g} requests a second, up to "
        f"{traffic.member:.3g} of them at one upgraded member{attracted})",
        *(f"  {_loss(loss)}" for loss in losses),
    ]
    if any(loss.requests is not None for loss in losses):
        rare = round(1 / (1 - CERTAINTY))
        lines.append(
            f"  in 1 of {rare} such rollouts it is more; at a lower rate fewer fail, but for longer"
        )
    return lines


def _loss(loss: Loss) -> str:
    head = f"if the new version fails {SHARES.get(loss.ratio, percent(loss.ratio))}"
    if loss.requests is None or loss.duration is None:
        return f"{head}: {_without_bound(loss)}"
    likely = ""
    if loss.likely is not None:
        requests, duration = loss.likely
        likely = f" (likely {requests}, in {_up(duration)})"
    scraped = ""
    if loss.assumed is not None:
        scraped = (
            f", if its metrics are scraped every {span(loss.assumed)} (not known: set `evidence`)"
        )
    return (
        f"{head}: at most {count(loss.requests, 'request')} of users fail, for at most "
        f"{_up(loss.duration)}{likely}; by then gate {loss.gate!r} has taken it out{scraped}"
    )


def _without_bound(loss: Loss) -> str:
    what = (
        f"up to {loss.at_first:.3g} requests fail each second from the first member on, "
        f"{loss.per_second:.3g} when all have it, for the whole rollout and after it"
    )
    if not loss.why:
        return f"NOTHING STOPS IT, THERE IS NO GATE: {what}"
    return f"NO GATE IS SURE TO STOP IT: {what}; {'; '.join(loss.why)}"


def _up(duration: timedelta) -> str:
    """Rounded up, as it is an upper bound."""
    step = timedelta(seconds=0.1 if duration < timedelta(seconds=10) else 1)
    return span(-(-duration // step) * step)
