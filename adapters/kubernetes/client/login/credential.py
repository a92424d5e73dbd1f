"""What a credential plugin printed (`ExecCredential`). Never shown: it holds the token."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.kubernetes.client.auth import Grant, NoGrant, bearer
from adapters.kubernetes.client.words import one_line
from controller.core.pool import Instant
from controller.ports import Clock

_EARLY: Final = timedelta(seconds=10)
"""Before its end a grant is renewed. No more: some live for a minute."""


def credential_of(
    told: bytes, name: str, version: str, clock: Clock
) -> tuple[Grant, Instant | None]:
    """`name`: of the plugin, for people; `version`: the one it was asked for. Raises NoGrant."""
    status = _status(told, name, version)
    return _grant(status, name), _until(status, clock)


def _status(told: bytes, name: str, version: str) -> Mapping[str, Any]:
    try:
        page = json.loads(told)
    except ValueError:
        raise NoGrant(f"{name} printed no JSON") from None
    if not isinstance(page, dict) or page.get("kind") != "ExecCredential":
        raise NoGrant(f"{name} printed no ExecCredential")
    if page.get("apiVersion") != version:
        found = one_line(str(page.get("apiVersion")), 60)
        raise NoGrant(f"{name} speaks {found}, and the kubeconfig asks for {version}: change one")
    status = page.get("status")
    if not isinstance(status, dict):
        raise NoGrant(f"{name} gave no credentials: its answer has no status")
    return status


def _grant(status: Mapping[str, Any], name: str) -> Grant:
    token, cert, key = (
        str(status.get(part) or "") for part in ("token", "clientCertificateData", "clientKeyData")
    )
    if bool(cert) != bool(key):
        raise NoGrant(f"{name} gave a certificate or a key, and not both")
    if not token and not cert:
        raise NoGrant(f"{name} gave neither a token nor a certificate")
    header = bearer(token, f"what {name} gave").authorization if token else ""
    return Grant(header, cert.encode(), key.encode())


def _until(status: Mapping[str, Any], clock: Clock) -> Instant | None:
    try:
        end = datetime.fromisoformat(str(status.get("expirationTimestamp")))
    except ValueError:
        return None
    left = (end if end.tzinfo else end.replace(tzinfo=UTC)) - clock.wall()
    return clock.now() + max(left - _EARLY, timedelta(0))
