"""The chart as it is shipped: version, files, comments, schema."""

import json
import shutil
import subprocess
import tarfile
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.chart import schema
from tests.support.chart.folder import CHART
from tests.support.chart.helm import ChartError, helm
from tests.support.chart.strict import OLDEST
from tests.support.chart.values import PODS, entry, mapping, values

ROOT = CHART.parents[1]


def test_one_version_with_the_program() -> None:
    made = YAML(typ="safe").load(CHART / "Chart.yaml")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert (made["version"], made["appVersion"]) == (version, version)
    assert made["kubeVersion"] == f">={OLDEST}.0-0"


def test_schema_is_drawn() -> None:
    """`python -m tests.chart.redraw`."""
    assert (CHART / "values.schema.json").read_text("utf-8") == schema.text()


def test_defaults_satisfy_it_and_name_every_key() -> None:
    text = (CHART / "values.yaml").read_text("utf-8")
    helm().render(text)
    drawn = json.loads(schema.text())["properties"]
    given = YAML(typ="safe").load(text)
    assert given.keys() == drawn.keys() - {"global"}
    assert given["defaults"].keys() == drawn["defaults"]["properties"].keys()
    example = text[: text.index("\nrollouts: {}")]
    for key in drawn["rollouts"]["additionalProperties"]["properties"].keys() - given["defaults"]:
        assert f"#     {key}:" in example, f"{key} is not shown under `rollouts`"


def test_every_value_is_commented() -> None:
    lines = (CHART / "values.yaml").read_text("utf-8").splitlines()
    for before, line in pairwise(lines):
        if ":" in line and not line.lstrip().startswith(("#", "requests:", "limits:")):
            assert before.lstrip().startswith("#"), line


def test_example_of_the_values_is_right() -> None:
    """What stands there as a comment works: each alternative by itself."""
    text = (CHART / "values.yaml").read_text("utf-8")
    start = text.index("# rollouts:\n")
    shown = [line[2:] for line in text[start : text.index("\nrollouts: {}")].splitlines()]
    given = YAML(typ="safe").load("\n".join(line for line in shown if line.strip() != "#"))
    web = given["rollouts"]["web"]
    file = {key: web[key] for key in web if key not in ("configMap", "outline")}
    elsewhere = {key: web[key] for key in web if key != "file"}
    for one in (file, elsewhere):
        helm().render(json.dumps({"rollouts": {"web": one}}))


def test_a_mapping_is_checked_by_the_schema_of_the_program() -> None:
    wrong = PODS.replace("upgrade:", "upgrades:")
    with pytest.raises(ChartError, match="additional properties 'upgrades' not allowed"):
        helm().render(values(entry("web", "", mapping(wrong))))


def test_packaged_from_a_fresh_clone(tmp_path: Path) -> None:
    """From what is in git alone: nothing that lies about, and nothing left out."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", str(CHART)]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    clone = tmp_path / "clone"
    for name in names.split("\0")[:-1]:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    (clone / "charts" / "poolroll" / "values.yaml.orig").write_text("left by a merge")
    chart = str(clone / "charts" / "poolroll")
    made = Path(helm().ask("package", chart=chart, destination=str(tmp_path)))
    with tarfile.open(made) as archive:
        packed = {name.removeprefix("poolroll/") for name in archive.getnames()}
    kept = {str(one.relative_to(CHART)) for one in CHART.rglob("*") if one.is_file()}
    assert packed == kept - {".helmignore"} | (packed & {".helmignore"})
    assert made.name.startswith("poolroll-")
