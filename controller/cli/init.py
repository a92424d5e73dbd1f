"""`init`: print a starter rollout file, filled from running HAProxys, or from a cluster."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from controller import bootstrap
from controller.bootstrap_hosts import own_addresses
from controller.cli import options
from controller.cli.show import show, show_raw
from controller.config import starter
from controller.config.starting.haproxy.discovered import (
    Discovery,
    chosen_backends,
    require_distinct,
    with_leaders,
    with_twins,
)
from controller.config.starting.haproxy.filled import filled
from controller.config.starting.kubernetes.filled import filled as filled_pods
from controller.errors import UsageFault


@click.command()
@click.argument("source", nargs=-1, metavar="[haproxy | kubernetes | hosts | ENDPOINT...]")
@options.option(
    "--backend", metavar="NAME", multiple=True, help="The pool. Default: the one with most servers."
)
@options.option("--service", metavar="NAME", help="The Service. Default: the one with most pods.")
@options.option("--context", metavar="NAME", help="Of the kubeconfig. Default: the current one.")
@options.option("--kubeconfig", metavar="PATH", help="Default: as kubectl finds it.")
@options.option("--namespace", metavar="NAME", help="Default: that of the context.")
def init(source: tuple[str, ...], backend: tuple[str, ...], **cluster: str | None) -> None:
    """Print a commented rollout file to start from.

    ENDPOINT is the Runtime API of a running HAProxy, unix:PATH or tcp:HOST:PORT: the file is then
    filled with what is found there, and nothing is changed. Name every HAProxy of the pool. With
    kubernetes it is filled from the cluster, where one is at hand. With hosts it is for any other
    balancer, which scripts reach.
    """
    asked = {name: value for name, value in cluster.items() if value}
    if source == ("kubernetes",) and not backend:
        show_raw(_of_pods(asked))
        return
    if asked:
        raise UsageFault(f"init --{next(iter(asked))}: is for `init kubernetes`")
    endpoints = [one for one in source if ":" in one]
    if endpoints:
        if len(endpoints) < len(source):
            raise UsageFault(
                "init: give endpoints (unix:PATH, tcp:HOST:PORT) or a kind of pool, not both"
            )
        show_raw(filled(bootstrap.run(_discovered(endpoints, backend))))
        return
    if backend:
        raise UsageFault("init --backend: needs the endpoint of a running HAProxy, like unix:PATH")
    for one in source:
        if "/" in one:
            raise UsageFault(f"init {one}: an endpoint needs a scheme: unix:{Path(one).absolute()}")
    if len(source) > 1:
        raise UsageFault("init: one kind of pool at a time")
    show_raw(starter(source[0] if source else "haproxy"))


def _of_pods(asked: Mapping[str, str]) -> str:
    """Filled from a cluster; a plain starter where there is none, and nobody asked for one."""
    found = bootstrap.kubernetes.found_for_init(**asked)
    if found is not None:
        return filled_pods(bootstrap.run(found))
    show("no cluster is at hand (kubeconfig): this is the plain starter", err=True)
    return starter("kubernetes")


async def _discovered(endpoints: Sequence[str], asked: Sequence[str]) -> Discovery:
    """Raises UsageFault, Refused, BalancerError."""
    servers = await bootstrap.servers_behind(endpoints[0])
    backends = chosen_backends(servers, asked)
    ((first, view),) = await bootstrap.found_behind(endpoints[:1], backends)
    listed = with_twins(with_leaders(backends, first.trackers), first, view)
    found = await bootstrap.found_behind(endpoints, listed)
    facts, views = zip(*found, strict=True)
    require_distinct(facts)
    return Discovery(views, facts, servers, await own_addresses())
