"""Credentials from a program of the kubeconfig (`exec`), run as kubectl runs it, within a limit.

It is never asked anything: it has no terminal, and a plugin that needs one says so before a
rollout begins.
"""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters.kubernetes.client.auth import Grant, NoGrant
from adapters.kubernetes.client.login.credential import credential_of
from adapters.kubernetes.client.words import one_line
from adapters.words import hide
from controller.core.pool import Instant
from controller.ports import Clock

_GROUP: Final = "client.authentication.k8s.io/"
_SPOKEN: Final = (f"{_GROUP}v1", f"{_GROUP}v1beta1")
_MOST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Plugin:
    spec: Mapping[str, Any] = field(repr=False)
    """The section `exec`; its environment may hold secrets."""
    base: str
    """The folder of the kubeconfig: a relative command is below it."""
    cluster: Mapping[str, Any] | None = None
    """What `provideClusterInfo` asks for."""
    limit: timedelta = timedelta(seconds=20)

    async def fetch(self, clock: Clock) -> tuple[Grant, Instant | None]:
        command, version = self.spec.get("command"), self.spec.get("apiVersion")
        if not isinstance(command, str) or not command:
            raise NoGrant("the credential plugin of the kubeconfig has no command")
        name = f"the credential plugin {command}"
        if version not in _SPOKEN:
            spoken = " and ".join(_SPOKEN)
            raise NoGrant(f"{name} is asked for {version}, and only {spoken} are spoken")
        if self.spec.get("interactiveMode") == "Always":
            raise NoGrant(f"{name} needs a terminal (interactiveMode: Always): log in another way")
        told = await self._run(name, command, str(version))
        return credential_of(told, name, str(version), clock)

    async def _run(self, name: str, command: str, version: str) -> bytes:
        args = self.spec.get("args") or []
        path = str(Path(self.base, command)) if "/" in command else command
        try:
            process = await asyncio.create_subprocess_exec(
                path,
                *(str(one) for one in args),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(version),
                start_new_session=True,  # no terminal, and one group to end
            )
        except OSError as error:
            hint = one_line(str(self.spec.get("installHint") or ""), 160)
            why = f"{name} cannot be run: {(error.strerror or 'no reason given').lower()}"
            raise NoGrant(why + (f"; {hint}" if hint else "")) from None
        except ValueError:
            raise NoGrant(f"{name} cannot be run: its arguments are not valid") from None
        try:
            async with asyncio.timeout(self.limit.total_seconds()):
                told, said = await asyncio.gather(_read(process.stdout), _read(process.stderr))
                code = await process.wait()
        except TimeoutError:
            seconds = f"{self.limit.total_seconds():g} s"
            raise NoGrant(f"{name} does not end within {seconds}: does it ask something?") from None
        finally:
            await _ended(process)
        if code != 0:
            lines = said.decode(errors="replace").strip().splitlines()
            last = one_line(hide(lines[-1], self._secrets()), 200) if lines else "no reason given"
            raise NoGrant(f"{name} failed (exit code {code}): {last}")
        return told

    def _environment(self, version: str) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": False}
        if self.cluster is not None:
            spec["cluster"] = dict(self.cluster)
        told = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
        return {**os.environ, **self._own(), "KUBERNETES_EXEC_INFO": json.dumps(told)}

    def _own(self) -> dict[str, str]:
        listed = self.spec.get("env") or []
        pairs = [one for one in listed if isinstance(one, dict) and one.get("name")]
        return {str(one["name"]): str(one.get("value") or "") for one in pairs}

    def _secrets(self) -> list[str]:
        return list(self._own().values())


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """To its end, and no more kept than is wanted."""
    kept = bytearray()
    while stream is not None and (chunk := await stream.read(65536)):
        kept += chunk[: _MOST - len(kept)]
    return bytes(kept)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """With all that it started in its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        await process.wait()
    process._transport.close()  # type: ignore[attr-defined]  # pipes that a child left open
