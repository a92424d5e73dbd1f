"""Credentials of a former kind (`auth-provider`: oidc, gcp), by the library, which renews them."""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final

from adapters.kubernetes.client.auth import Grant, NoGrant
from adapters.kubernetes.client.login.kubeconfig import Chosen
from adapters.kubernetes.client.login.threads import beside
from controller.core.pool import Instant
from controller.ports import Clock

_SECONDS: Final = 20.0
"""To renew: the provider asks its server."""


_AGAIN: Final = timedelta(minutes=1)
"""The library looks whether it has expired."""


class Provider:
    def __init__(self, chosen: Chosen, section: Mapping[str, Any]) -> None:
        self._chosen = chosen
        self._section = section
        self._name = str(section.get("name") if isinstance(section, dict) else "")

    async def fetch(self, clock: Clock) -> tuple[Grant, Instant | None]:
        title = f"the auth-provider {self._name!r} of the kubeconfig"
        try:
            token = await beside(self._load, _SECONDS)
        except TimeoutError:
            raise NoGrant(f"{title} gives no credentials within {_SECONDS:g} s") from None
        except Exception as error:  # noqa: BLE001 - of several libraries; may hold secrets
            raise NoGrant(f"{title} failed ({type(error).__name__}): log in again") from None
        if not token:
            raise NoGrant(f"{title} gave no token: log in again, or use a credential plugin")
        return Grant(token), clock.now() + _AGAIN

    def _load(self) -> str:
        """The library changes the section where it renews, and writes the file back."""
        library = import_module("kubernetes.config.kube_config")
        one = {
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
            "clusters": [{"name": "one", "cluster": {}}],
            "users": [{"name": "one", "user": {"auth-provider": self._section}}],
        }
        loader = library.KubeConfigLoader(
            one, "one", config_persister=self._chosen.merged.save_changes
        )
        into = SimpleNamespace(api_key={})
        loader.load_and_set(into)
        return str(into.api_key.get("BearerToken") or "")
