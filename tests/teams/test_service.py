"""Where the bot's access token may travel."""

import pytest

from bots.teams.service import ServiceHosts, is_trustworthy

HOST = "smba.trafficmanager.net"

ALLOWED = [
    f"https://{HOST}",
    f"https://{HOST}/",
    f"https://{HOST}/emea/",
    f"https://{HOST}:443/emea/2f3c1b9e-77aa-4d0c-8f55-0a1b2c3d4e5f/",
    "HTTPS://SMBA.TrafficManager.net/de/",
]
REFUSED = [
    "",
    " ",
    HOST,
    f"//{HOST}/",
    f"http://{HOST}/",
    f"ftp://{HOST}/",
    f"https://{HOST}.evil.example/",
    f"https://evil.{HOST}/",
    f"https://{HOST}./",
    f"https://{HOST}:8443/",
    f"https://{HOST}:/",
    f"https://evil.example#@{HOST}/",
    f"https://evil.example?@{HOST}/",
    f"https://evil.example\\@{HOST}/",
    f"https://{HOST}@evil.example/",
    f"https://{HOST}:x@evil.example/",
    f"https://{HOST}\\.evil.example/",
    f"https://{HOST}\t.evil.example/",
    f"https://{HOST}\n/",
    f" https://{HOST}/",
    f"https://{HOST}/ ",
    f"https://{HOST}/\r\nX: y",
    f"https://{HOST}/?a=b",
    f"https://{HOST}/#a",
    f"https://{HOST}/{{conversationId}}",
    f"https://{HOST}/%2e%2e/",
    f"https:///{HOST}/",
    f"https:{HOST}/",
    "https://smba․trafficmanager․net/",
    "https://ѕmba.trafficmanager.net/",
    "https://127.0.0.1/",
    "https://[::1]/",
]


@pytest.mark.parametrize("url", ALLOWED)
def test_the_bot_connector_itself(url: str) -> None:
    assert ServiceHosts({HOST}).allows(url)
    assert ServiceHosts({HOST}, plain_loopback=True).allows(url)


@pytest.mark.parametrize("url", REFUSED)
def test_anything_else(url: str) -> None:
    assert not ServiceHosts({HOST}).allows(url)
    assert not ServiceHosts({HOST}, plain_loopback=True).allows(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1234/", "http://localhost/x", "http://[::1]:99/"])
def test_loopback_needs_development_and_to_be_listed(url: str) -> None:
    hosts = {"127.0.0.1", "localhost", "::1"}
    assert ServiceHosts(hosts, plain_loopback=True).allows(url)
    assert not ServiceHosts(hosts).allows(url)
    assert not ServiceHosts({HOST}, plain_loopback=True).allows(url)


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://login.botframework.com/v1/.well-known/openidconfiguration", True),
        ("http://127.0.0.1:80/keys", True),
        ("http://login.botframework.com/v1/.well-known/keys", False),
        ("http://127.0.0.1.evil.example/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_where_keys_and_tokens_come_from(url: str, trusted: bool) -> None:
    assert is_trustworthy(url) is trusted


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("http://127.0.0.1:9001/", True),
        ("http://127.0.0.1:9002/", False),
        ("http://127.0.0.1/", False),
        ("https://connector.example:8443/", True),
        ("https://connector.example/", False),
        ("http://connector.example:8443/", False),
    ],
)
def test_a_host_named_with_its_port_is_meant_on_that_port_only(url: str, is_allowed: bool) -> None:
    hosts = ServiceHosts({"127.0.0.1:9001", "connector.example:8443"}, plain_loopback=True)
    assert hosts.allows(url) is is_allowed
