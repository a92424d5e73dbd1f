"""Which proxy the environment names, and which of them cannot be used."""

import pytest

from adapters.proxies import Unusable, proxy_for

HOOK = "https://hooks.example.com/x"
HTTPS = {"HTTPS_PROXY": "http://proxy:3128"}


def proxy(url: str, **environ: str) -> str | None:
    found = proxy_for(url, environ)
    return None if found is None else f"{found.variable}={found.url}"


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        (HOOK, {}, None),
        (HOOK, {"HTTPS_PROXY": ""}, None),
        (HOOK, HTTPS, "HTTPS_PROXY=http://proxy:3128"),
        (HOOK, {"HTTPS_PROXY": "proxy:3128"}, "HTTPS_PROXY=http://proxy:3128"),
        (HOOK, {**HTTPS, "https_proxy": "http://low:1"}, "https_proxy=http://low:1"),
        (HOOK, {"ALL_PROXY": "https://u:pw@all:1"}, "ALL_PROXY=https://u:pw@all:1"),
        (HOOK, {**HTTPS, "ALL_PROXY": "socks5://x:1"}, "HTTPS_PROXY=http://proxy:3128"),
        (HOOK, {"HTTP_PROXY": "socks5://x:1"}, None),
        ("http://h/", HTTPS, None),
        ("http://h/", {"HTTP_PROXY": "http://p:1"}, "HTTP_PROXY=http://p:1"),
        ("http://h/", {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, None),
    ],
)
def test_which_proxy(url: str, environ: dict[str, str], expected: str | None) -> None:
    """The one for its scheme, then the one for all; the others are not looked at."""
    assert proxy(url, **environ) == expected


@pytest.mark.parametrize(
    ("url", "listed", "is_exempt"),
    [
        (HOOK, "*", True),
        (HOOK, "hooks.example.com", True),
        (HOOK, "localhost, .example.com", True),
        (HOOK, "example.com.", True),
        (HOOK, "*.example.com", True),
        (HOOK, "HOOKS.EXAMPLE.COM", True),
        (HOOK, "ample.com", False),
        (HOOK, "hooks.example.com:443", True),
        (HOOK, "hooks.example.com:8443", False),
        (HOOK, "10.0.0.0/8,fd00::/8,[::1],::1,[", False),
        ("https://127.0.0.1/", "127.0.0.1,fd00::/8", True),
        ("https://127.0.0.1:8443/", "127.0.0.1:8443", True),
        ("https://10.1.2.3/", "10.0.0.0/8", True),
        ("https://10.1.2.3/", "10.1.0.0/33", False),
        ("https://10.1.2.3/", "0.1.2.3", False),
        ("https://[fd00::7]/", "fd00::/8", True),
        ("https://[fd00::7]:9/", "[fd00::7]", True),
        ("https://[fd00::7]:9/", "[fd00::7]:9", True),
        ("https://[fd00::7]/", "fd00:0:0::7", True),
        ("https://[fd00::7]/", "10.0.0.0/8", False),
    ],
)
def test_exemptions(url: str, listed: str, is_exempt: bool) -> None:
    """Names, domains, ports, addresses and networks; what is not understood exempts nothing. An
    exempt address does not mind what proxy there is."""
    assert (proxy(url, **HTTPS, NO_PROXY=listed) is None) is is_exempt
    assert (proxy(url, **HTTPS, no_proxy=listed) is None) is is_exempt
    if is_exempt:
        assert proxy(url, ALL_PROXY="socks://x:1/", NO_PROXY=listed) is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("socks5://u:s3cret@127.0.0.1:1080", r"is not supported \(socks5://\)"),
        ("socks://127.0.0.1:1080/", r"is not supported \(socks://\)"),
        ("http://", "is not a complete URL"),
        ("http://h:s3cret", "is not a complete URL"),
        ("http://h h", "is not a complete URL"),
    ],
)
def test_proxies_that_cannot_be_used(value: str, why: str) -> None:
    """The variable is named, and a way out; no password is shown (S12)."""
    with pytest.raises(Unusable, match=rf"^the proxy in ALL_PROXY {why}") as caught:
        proxy(HOOK, ALL_PROXY=value)
    assert "add hooks.example.com to NO_PROXY" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(proxy_for(HOOK, {"ALL_PROXY": "http://u:s3cret@h:1"}))
