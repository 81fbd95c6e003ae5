"""The address that platforms are given."""

import pytest

from bots.manifest.address import BadAddress, read_address


@pytest.mark.parametrize(
    ("url", "root", "host"),
    [
        ("https://plaudit.example.com", "https://plaudit.example.com", "plaudit.example.com"),
        ("https://plaudit.example.com/", "https://plaudit.example.com", "plaudit.example.com"),
        (" https://Example.com:8443/apps/plaudit/ ", "https://Example.com:8443/apps/plaudit", "example.com"),
        ("https://8.8.8.8", "https://8.8.8.8", "8.8.8.8"),
    ],
)
def test_what_is_reached(url: str, root: str, host: str) -> None:
    address = read_address(url)
    assert (address.root, address.host) == (root, host)
    assert address.at("/slack/events") == f"{root}/slack/events"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("plaudit.example.com", "no https address"),
        ("http://plaudit.example.com", "no https address"),
        ("https://", "no https address"),
        ("https://[::1", "no address"),
        ("https://example.com:port", "no address"),
        ("https://ana:secret@example.com", "more than host and path"),
        ("https://example.com/?key=secret", "more than host and path"),
        ("https://example.com/#here", "more than host and path"),
        ("https://localhost:3978", "from outside"),
        ("https://plaudit.internal", "from outside"),
        ("https://127.0.0.1", "from outside"),
        ("https://192.168.1.20", "from outside"),
        ("https://[fd00::1]/", "from outside"),
    ],
)
def test_what_no_platform_would_reach(url: str, told: str) -> None:
    with pytest.raises(BadAddress, match=told) as caught:
        read_address(url)
    assert "secret" not in str(caught.value)
