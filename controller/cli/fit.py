"""What may be shown: legible, and without the secrets of the rollout."""

from typing import Any

from controller.legible import legible
from controller.secrets import NONE, Secrets

_secrets: Secrets = NONE


def keep_secret(secrets: Secrets) -> None:
    """From now on."""
    global _secrets
    _secrets = secrets


def fit(text: str) -> str:
    return legible(_secrets.hidden(text))


def hidden(data: Any) -> Any:
    """Plain data, without secrets in its texts."""
    match data:
        case str():
            return _secrets.hidden(data)
        case dict():
            return {key: hidden(value) for key, value in data.items()}
        case list() | tuple():
            return [hidden(one) for one in data]
        case _:
            return data
