"""What is told of a query from its text alone."""

import pytest

from controller.core.gates.promql import escaped, is_plain_selector


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ('up{job="haproxy"}', True),
        ('up{job="${vars.job}"}', True),
        ("up[5m]", False),
        ("sum(up)", False),
        ("up offset 5m", False),
    ],
)
def test_plain_selectors(text: str, is_plain: bool) -> None:
    """No range, offset, function or operator; a template stands for a word."""
    assert is_plain_selector(text) is is_plain


def test_values_stay_in_their_string() -> None:
    """In single and in double quotes, and on one line."""
    assert escaped("a\"b'c\\d\ne") == r"a\x22b\x27c\\d\ne"
