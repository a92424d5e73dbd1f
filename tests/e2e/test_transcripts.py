"""The transcripts in the documentation are what the program prints."""

from tests.e2e.conftest import MakeSite
from tests.e2e.transcripts import NAMES, PAGES, Story, shape


async def test_transcripts(site: MakeSite) -> None:
    """Plan, run, halt and resume, played once more, read as the pages do but for the figures."""
    told = await Story(await site(3)).tell()
    assert sorted(path.stem for path in PAGES.iterdir()) == sorted(NAMES)
    for name in NAMES:
        page = (PAGES / f"{name}.txt").read_text()
        assert shape(told[name]) == shape(page), f"{name}: python -m tests.e2e.transcripts"
