"""The Dockerfile as its instructions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-build.lock")


@dataclass(frozen=True, slots=True)
class Instruction:
    stage: int
    """0: before the first FROM."""
    name: str
    text: str

    @property
    def argv(self) -> list[str]:
        """Of the exec form. Raises ValueError for any other."""
        argv: list[str] = json.loads(self.text)
        return argv


def instructions() -> Iterator[Instruction]:
    stage, text = 0, ""
    for line in DOCKERFILE.read_text("utf-8").splitlines():
        if line.lstrip().startswith("#") or not line.strip():
            continue
        text += line.strip().removesuffix("\\")
        if line.endswith("\\"):
            continue
        name, _, rest = text.partition(" ")
        stage += name == "FROM"
        yield Instruction(stage, name, " ".join(rest.split()))
        text = ""


def of(name: str, stage: int | None = None) -> list[Instruction]:
    return [one for one in instructions() if one.name == name and stage in (None, one.stage)]
