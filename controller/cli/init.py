"""`init`: print a starter rollout file, filled from a running HAProxy if one is given."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from controller import bootstrap
from controller.cli import options
from controller.config import starter
from controller.config.starting.haproxy.discovered import (
    Discovery,
    chosen_backends,
    require_distinct,
    with_leaders,
    with_twins,
)
from controller.config.starting.haproxy.filled import filled
from controller.errors import UsageFault


@click.command()
@click.argument("source", nargs=-1, metavar="[haproxy | ENDPOINT...]")
@options.option(
    "--backend", metavar="NAME", multiple=True, help="The pool. Default: the one with most servers."
)
def init(source: tuple[str, ...], backend: tuple[str, ...]) -> None:
    """Print a commented rollout file to start from.

    ENDPOINT is the Runtime API of a running HAProxy, unix:PATH or tcp:HOST:PORT: the file is then
    filled with what is found there, and nothing is changed. Name every HAProxy of the pool.
    """
    endpoints = [one for one in source if ":" in one]
    if endpoints:
        if len(endpoints) < len(source):
            raise UsageFault(
                "init: give endpoints (unix:PATH, tcp:HOST:PORT) or a kind of pool, not both"
            )
        click.echo(filled(asyncio.run(_discovered(endpoints, backend))), nl=False)
        return
    if backend:
        raise UsageFault("init --backend: needs the endpoint of a running HAProxy, like unix:PATH")
    for one in source:
        if "/" in one:
            raise UsageFault(f"init {one}: an endpoint needs a scheme: unix:{Path(one).absolute()}")
    if len(source) > 1:
        raise UsageFault("init: one kind of pool at a time")
    click.echo(starter(source[0] if source else "haproxy"), nl=False)


async def _discovered(endpoints: Sequence[str], asked: Sequence[str]) -> Discovery:
    """Raises UsageFault, Refused, BalancerError."""
    servers = await bootstrap.servers_behind(endpoints[0])
    backends = chosen_backends(servers, asked)
    ((first, view),) = await bootstrap.found_behind(endpoints[:1], backends)
    listed = with_twins(with_leaders(backends, first.trackers), first, view)
    found = await bootstrap.found_behind(endpoints, listed)
    facts, views = zip(*found, strict=True)
    require_distinct(facts)
    return Discovery(views, facts, servers)
