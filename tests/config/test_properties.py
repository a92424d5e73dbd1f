"""Whatever is fed in: a rollout file or a ConfigurationError, never another exception."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.config import masked, parse
from controller.config.reader import decode
from controller.errors import ConfigurationError
from controller.pools.haproxy import HaproxyPool
from controller.pools.kubernetes import NodePool, PodPool
from tests.config.pages import BASE, page, pods_page

_WORDS = (
    *("apiVersion", "name", "vars", "pool", "haproxy", "apis", "backends", "members", "include"),
    *("host", "canaries", "drain", "timeout", "upgrade", "command", "steps", "unless", "go_on"),
    *("rollback", "validate", "http", "url", "headers", "tcp", "port", "return", "ramp", "soak"),
    *("gates", "max", "inconclusive", "on_failure", "kubernetes", "windows", "[key]", "<<"),
    *("prometheus", "alerts", "query", "errors", "requests", "baseline", "evidence", "matchers"),
    *("service", "nodes", "selector", "workload", "rotation", "template", "job", "expect"),
    *("settle", "idle", "measure", "state", "namespace", "retain", "context"),
    *("auth", "basic", "bearer", "tls", "min", "max_increase", "probe", "then", "every"),
)
_VALUES = (
    *("1", "30s", "1%", "true", "~", "''", "[]", "{}", "web", '"${vars.x}"', "'$${'", "1e999"),
    *("9" * 5000, "-0", ".nan", "0x10", '"\\x00"', "unix:/a", "'tcp:[::1]:1'", "2001-01-01"),
)
_SCALARS = st.one_of(st.sampled_from(_VALUES), st.text(max_size=12))
_YAML = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(st.sampled_from(_WORDS), inner), max_size=5).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=20,
)


def _feed(text: str, sets: dict[str, str]) -> None:
    refusal: ConfigurationError | None = None
    try:
        file = parse(text, "FILE", sets)
    except ConfigurationError as error:
        refusal = error
    if refusal is None:
        assert isinstance(file.settings.pool, HaproxyPool | PodPool | NodePool)
    else:
        assert refusal.faults
        assert "Value error" not in str(refusal)
    masked(text, sets)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    """Bytes are text in UTF-8, or a fault."""
    text = None
    try:
        text = decode(raw, "FILE")
    except ConfigurationError as error:
        refusal = error
    if text is None:
        assert len(refusal.faults) == 1
    else:
        _feed(text, {})


@given(st.text(max_size=200))
@example('a: "\\UFFFFFFFF"')
@example("%YAML 9.9\n---\na: 1")
@example("%TAG ! !\n---\na: 1")
@example("? ? ?")
@example("a: |9999999999\n x")
def test_any_text(text: str) -> None:
    """Any text at all."""
    _feed(text, {})


@given(
    st.text(alphabet="abc:[]{}&*!|>'\"%@`#-?,\n \t\\0$.~<", max_size=60),
    st.integers(0, len(BASE) - 1),
)
@settings(max_examples=300)
def test_any_syntax_in_a_right_page(text: str, line: int) -> None:
    """YAML's own signs, anywhere in a page."""
    lines = [*BASE]
    lines[line] += text
    _feed("\n".join(lines), {})


@given(
    st.lists(st.tuples(st.sampled_from(_WORDS), _YAML), max_size=4),
    st.dictionaries(st.sampled_from(["version", "x"]), st.text(max_size=5), max_size=2),
)
@settings(max_examples=300)
def test_any_structure(sections: list[tuple[str, str]], sets: dict[str, str]) -> None:
    """Known keys with values of any shape."""
    _feed(page(*(f"{key}: {value}" for key, value in sections)), sets)


_GATE_VALUES = st.one_of(
    st.sampled_from(
        [*_VALUES, "http://h", "up", "a=b", "'a=~\"[\"'", "'q[${window}]'", "probe", "0.5"]
    ),
    _YAML,
)


@given(
    st.lists(st.tuples(st.sampled_from(_WORDS), _YAML), max_size=4),
    st.lists(st.tuples(st.sampled_from(_WORDS), _YAML), max_size=3),
)
@settings(max_examples=150)
def test_any_pool_in_kubernetes(
    keys: list[tuple[str, str]], sections: list[tuple[str, str]]
) -> None:
    """Known keys with values of any shape in the pool and beside it."""
    inner = "".join(f", {key}: {value}" for key, value in keys)
    others = (f"{key}: {value}" for key, value in sections)
    _feed(pods_page(f"pool: {{kubernetes: {{service: web{inner}}}}}", *others), {})


@given(
    st.lists(st.tuples(st.sampled_from(_WORDS), _GATE_VALUES), max_size=4),
    st.lists(st.tuples(st.sampled_from(_WORDS), _GATE_VALUES), max_size=5),
    st.sampled_from(["prometheus", "alerts", "haproxy"]),
)
@settings(max_examples=300)
def test_any_gate(keys: list[tuple[str, str]], inner: list[tuple[str, str]], kind: str) -> None:
    """Known keys with values of any shape in a gate and its evidence."""
    section = ", ".join(f"{key}: {value}" for key, value in inner)
    others = "".join(f", {key}: {value}" for key, value in keys)
    _feed(page(f"gates: [{{name: a, {kind}: {{{section}}}{others}}}]"), {})
