"""`python -m tests.support.kubernetes.nodes --kubeconfig PATH`: nodes until SIGINT or SIGTERM."""

import argparse
import asyncio
import signal
from pathlib import Path

from tests.support.kubernetes.client import Access
from tests.support.kubernetes.nodes.addresses import LOOPBACK
from tests.support.kubernetes.nodes.nodes import Nodes


async def run(given: argparse.Namespace) -> None:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    nodes = Nodes(
        Access.of(given.kubeconfig),
        given.count,
        names=given.name,
        namespace=given.namespace,
        pod_cidr=given.pod_cidr,
        pace=given.pace,
        real_processes=given.real_processes,
    )
    async with nodes:
        print(*nodes.names, sep="\n", flush=True)
        await over.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="nodes", description="Nodes that run pods as processes.")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--name", action="append", default=[], help="instead of --count")
    parser.add_argument("--namespace", default="", help="pods of this one alone")
    parser.add_argument("--pod-cidr", default=LOOPBACK, help="addresses that are local here")
    parser.add_argument("--pace", type=float, default=1.0, help="what a second of a probe takes")
    parser.add_argument("--real-processes", action="store_true", help="one process a pod")
    asyncio.run(run(parser.parse_args()))


main()
