"""Where the chart is."""

from pathlib import Path
from typing import Final

CHART: Final = Path(__file__).parents[3] / "charts" / "poolroll"
