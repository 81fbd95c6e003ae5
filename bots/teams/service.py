"""Which Bot Connector addresses a token may go to."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from bots.settings import LOOPBACK

HTTPS_PORT = "443"
# Deliberately narrower than RFC 3986: no user, no query, no brackets but IPv6's, nothing two parsers could read differently.
ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:]{2,39}\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/[\w.~/-]{0,200})?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ServiceHosts:
    """`hosts` are exact names in lower case, with a port where only that one is meant. With `plain_loopback` those on
    loopback may use http and, if none is named, any port."""

    hosts: Collection[str]
    plain_loopback: bool = False

    def allows(self, url: str) -> bool:
        """Whether the bot may call `url`, and therefore whether its access token may travel there."""
        match = ADDRESS.fullmatch(url)
        if match is None:
            return False
        host = match["host"].lower().strip("[]")
        is_named_with_port = f"{host}:{match['port']}" in self.hosts
        if host not in self.hosts and not is_named_with_port:
            return False
        if self.plain_loopback and host in LOOPBACK:
            return True
        return match["scheme"].lower() == "https" and (is_named_with_port or match["port"] in (None, HTTPS_PORT))


def is_loopback(url: str) -> bool:
    """Whether `url` is on this machine."""
    match = ADDRESS.fullmatch(url)
    return match is not None and match["host"].lower().strip("[]") in LOOPBACK


def is_trustworthy(url: str) -> bool:
    """Whether keys or tokens fetched from `url` cannot be replaced on the way: https, or this machine itself."""
    match = ADDRESS.fullmatch(url)
    if match is None:
        return False
    return match["scheme"].lower() == "https" or is_loopback(url)
