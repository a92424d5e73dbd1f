"""What docs/chart.md shows works as it stands there."""

import json
import re
from pathlib import Path

from ruamel.yaml import YAML

from controller.config import load
from tests.support.chart.folder import CHART
from tests.support.chart.rendered import objects, only

PAGE = CHART.parents[1] / "docs" / "chart.md"
FENCED = re.compile(r"^```yaml\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_examples(tmp_path: Path) -> None:
    """Each rollout file with the values that follow it."""
    shown = FENCED.findall(PAGE.read_text("utf-8"))
    assert [name for name, _ in shown] == ["web.yaml", "values.yaml", "lb.yaml", "values.yaml"]
    for (name, text), (_, given) in zip(shown[::2], shown[1::2], strict=True):
        file = tmp_path / name
        file.write_text(text)
        rollout = load(file, {})
        values = YAML(typ="safe").load(given)
        [(key, entry)] = values["rollouts"].items()
        assert key == rollout.settings.name
        entry["file"] = text
        made = objects(json.dumps(values))
        assert only(made, "ConfigMap")["data"][f"{key}.yaml"] == text
        assert only(made, "CronJob")["spec"]["schedule"] == entry["schedule"]
