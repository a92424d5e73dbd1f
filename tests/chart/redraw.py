"""`python -m tests.chart.redraw`: regenerate what the chart has from the code."""

from tests.chart import rights, schema
from tests.support.chart.folder import CHART

if __name__ == "__main__":
    (CHART / "files" / "rights.yaml").write_text(rights.text(), "utf-8")
    (CHART / "values.schema.json").write_text(schema.text(), "utf-8")
