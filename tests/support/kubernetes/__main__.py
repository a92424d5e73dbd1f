"""A fake cluster as a process of its own: `python -m tests.support.kubernetes FOLDER`.

Says where its kubeconfig is as soon as it answers; ends by SIGTERM or Ctrl-C.
"""

import asyncio
import signal
import sys
from pathlib import Path

from tests.support.kubernetes.cluster import FakeCluster


async def serve(folder: Path) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ended.set)
    async with FakeCluster() as cluster:
        print(f"export KUBECONFIG={cluster.kubeconfig(folder)}", flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
