"""Rollouts that a kill or a signal cut off, and what was asked for since."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.core.phases import Phase
from tests.e2e.site import SLOW_TO, Site
from tests.journal.scenes.place import Place, ended
from tests.support.waiting import until


async def _cut_off_in_a_step(one: Site) -> None:
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await running.kill()


async def cut_off_upgrading(at: Place) -> Path:
    """Killed while a member's step ran."""
    one = await at.site()
    await _cut_off_in_a_step(one)
    return one.state


async def _cut_off_in(at: Place, phase: Phase, file: Callable[[Site], Path], **shape: Any) -> Path:
    one = await at.site(**shape)
    running = one.begin(file(one))
    await one.until_phase("web1", phase, running)
    await running.kill()
    return one.state


async def cut_off_draining(at: Place) -> Path:
    """Killed while a request was in flight at the member."""
    one = await at.site(cookie=False, backend_lines=SLOW_TO)
    async with one.in_progress():
        running = one.begin(one.file())
        await one.until_phase("web1", Phase.DRAINING, running)
        await running.kill()
    return one.state


async def cut_off_validating(at: Place) -> Path:
    """Killed before its validation had passed."""
    wait = Phase.VALIDATING
    return await _cut_off_in(at, wait, lambda one: one.file(validate=[one.go_ahead()]))


async def cut_off_soaking(at: Place) -> Path:
    """Killed in a soak; without users its gate has nothing to judge."""
    return await _cut_off_in(at, Phase.SOAKING, lambda one: one.file())


async def pausing(at: Place) -> Path:
    """Stopped by a signal, and `pause` was asked for since."""
    one = await at.site()
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    running.signal(signal.SIGTERM)
    one.go.touch()
    ended(await running.end(), 7)
    ended(await one.command("pause", "web"), 0)
    return one.state


async def restored(at: Place) -> Path:
    """Cut off while a step ran, then aborted at rest with its member put back."""
    one = await at.site()
    await _cut_off_in_a_step(one)
    one.go.touch()
    await until(lambda: list(one.state.glob("jobs/*/*/*/result")), what="the step's end")
    ended(await one.command("abort", "web", "--restore"), 0)
    return one.state
