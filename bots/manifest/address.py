"""The public address that the platforms are given: https, a host that is reachable from outside, maybe a path."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = (".local", ".localhost", ".internal")


class BadAddress(ValueError):
    """The message says what is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class Address:
    """`root` has no slash at its end; `host` is what it names, without a port."""

    root: str
    host: str

    def at(self, path: str) -> str:
        return self.root + path


def read_address(url: str) -> Address:
    """Raises BadAddress."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise BadAddress(f"{url} is no address; write one like https://plaudit.example.com") from None
    if parts.scheme != "https" or not host:
        raise BadAddress(f"{url} is no https address; write one like https://plaudit.example.com")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadAddress(f"the address of {host} holds more than host and path; write one like https://{host}")
    if _is_local(host):
        raise BadAddress(f"{host} cannot be reached from outside; give the public address that leads to this Plaudit")
    return Address(f"https://{parts.netloc}{parts.path}".rstrip("/"), host)


def _is_local(host: str) -> bool:
    if "." not in host or host.endswith(LOCAL):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
