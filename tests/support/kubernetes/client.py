"""A plain client of an API server, for what tests do beside poolroll: nodes, proxies, arranging.

It shares nothing with the client under test.
"""

import asyncio
import base64
import json
import ssl
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from ruamel.yaml import YAML

# httpcore tries to import it for every request: where it is not installed, the whole path of
# modules is searched several times, which is a third of what a request costs.
if "sniffio" not in sys.modules and find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # absent, as the import system says it

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
AGAIN = 0.2
"""Seconds before a cut watch begins again."""
SOON = 0.01
"""The same after one that has ended by itself."""
STREAM = 60
"""Seconds that one watch is asked to take."""


class Fault(Exception):
    """The API server refused."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body[:500]}")
        self.status = status
        with suppress(ValueError):
            self.reason = json.loads(body).get("reason", "")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an API server."""

    server: str
    token: str = ""
    ca: str = ""
    """PEM; empty: not verified."""
    certificate: str = ""
    """Path of a PEM file with certificate and key; empty: by token."""

    @classmethod
    def of(cls, path: Path) -> Self:
        """As the current context of this kubeconfig has it. Raises KeyError, OSError."""
        given = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))

        def named(kind: str, name: str, inner: str) -> Json:
            found: Json = next(one for one in given[kind] if one["name"] == name)[inner]
            return found

        context = named("contexts", given["current-context"], "context")
        cluster = named("clusters", context["cluster"], "cluster")
        user = named("users", context["user"], "user")

        def content(part: Json, name: str) -> str:
            if f"{name}-data" in part:
                return base64.b64decode(part[f"{name}-data"]).decode()
            return (path.parent / part[name]).read_text("utf-8") if name in part else ""

        pair = ""
        if certificate := content(user, "client-certificate"):
            with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
                file.write(certificate + content(user, "client-key"))
                pair = file.name
        return cls(
            cluster["server"],
            user.get("token", ""),
            content(cluster, "certificate-authority"),
            pair,
        )

    def context(self) -> ssl.SSLContext:
        if not self.ca:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            context = ssl.create_default_context(cadata=self.ca)
        if self.certificate:
            context.load_cert_chain(self.certificate)
        return context


class Client:
    """`async with Client(access) as api: await api.get("/api/v1/nodes/n1")`"""

    def __init__(self, access: Access, name: str = "poolroll-tests") -> None:
        self._http = httpx.AsyncClient(
            base_url=access.server,
            headers={"Authorization": f"Bearer {access.token}"} if access.token else {},
            verify=access.context(),
            timeout=httpx.Timeout(10, read=STREAM + 15, pool=None),
            trust_env=False,
        )
        self._http.headers["User-Agent"] = name

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()
        await asyncio.sleep(0.01)  # connections that were cut end in the loop's next turns

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str = "application/json",
        **params: str,
    ) -> Json:
        """Raises Fault for a status from 400 on, httpx.HTTPError without an answer."""
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": kind} if content is not None else {}
        answer = await self._http.request(
            method, path, content=content, headers=headers, params=params
        )
        if answer.status_code >= 400:
            raise Fault(answer.status_code, answer.text)
        found: Json = answer.json()
        return found

    async def get(self, path: str, **params: str) -> Json:
        return await self.ask("GET", path, **params)

    async def create(self, path: str, body: Json) -> Json:
        return await self.ask("POST", path, body)

    async def merge(self, path: str, body: Json) -> Json:
        return await self.ask("PATCH", path, body, kind=MERGE)

    async def strategic(self, path: str, body: Json) -> Json:
        return await self.ask("PATCH", path, body, kind=STRATEGIC)

    async def delete(self, path: str, body: Json | None = None) -> Json:
        return await self.ask("DELETE", path, body or {})

    async def follow(self, path: str, seen: Callable[[str, Json], None], **params: str) -> None:
        """Tell `seen` of each object (ADDED, MODIFIED, DELETED), for ever, through every cut.

        What is gone after a new list is told as DELETED; what is there again, as MODIFIED. Each
        stream begins with a list: nothing is lost for longer than one takes.
        """
        known: dict[str, Json] = {}
        while True:
            pause = AGAIN
            with suppress(httpx.HTTPError, Fault, ValueError):
                listing = await self.get(path, **params)
                items = {one["metadata"]["uid"]: one for one in listing["items"]}
                for uid in known.keys() - items.keys():
                    seen("DELETED", known.pop(uid))
                for uid, one in items.items():
                    seen("MODIFIED" if uid in known else "ADDED", one)
                    known[uid] = one
                version = listing["metadata"]["resourceVersion"]
                async with aclosing(self._events(path, version, params)) as events:
                    async for event in events:
                        one = event["object"]
                        if event["type"] == "ERROR":
                            raise ValueError(one)
                        if event["type"] != "BOOKMARK":
                            _keep(known, event["type"], one)
                            seen(event["type"], one)
                pause = SOON
            await asyncio.sleep(pause)

    async def _events(
        self, path: str, version: str, params: Mapping[str, str]
    ) -> AsyncGenerator[Json, None]:
        asked = {
            **params,
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(STREAM),
        }
        async with self._http.stream("GET", path, params=asked) as answer:
            if answer.status_code != 200:
                raise Fault(answer.status_code, (await answer.aread()).decode())
            async for line in answer.aiter_lines():
                if line.strip():
                    yield json.loads(line)


def _keep(known: dict[str, Json], kind: str, one: Json) -> None:
    if kind == "DELETED":
        known.pop(one["metadata"]["uid"], None)
    else:
        known[one["metadata"]["uid"]] = one
