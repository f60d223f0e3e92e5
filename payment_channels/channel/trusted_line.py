"""A line that is trusted by itself: where a protocol has no signature, the configuration names whose words count.

Only two kinds of line can be named: one whose other end proves itself (https), and one that does not leave this machine or
its private network (http to a loopback or private address, written as a number, since a name may lead anywhere).
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from payment_channels.channel.wire import HttpCall

WITHIN: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(text) for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
"""RFC 1122 and RFC 4291 loopback, RFC 1918 and RFC 4193 private addresses."""
PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of an address; None where it is none, or carries a user name."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None or port == 0:
        return None
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]


def can_be_trusted(url: str) -> bool:
    """Say whether a line to this address may be named as trusted."""
    origin = origin_of(url)
    if origin is None:
        return False
    scheme, host, _ = origin
    if scheme == "https" or host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in WITHIN)


def came_over(line: str, call: HttpCall | None) -> bool:
    """Say whether the answer to ``call`` came over the line that was named, and that line is one that can be."""
    return call is not None and can_be_trusted(line) and origin_of(call.url) == origin_of(line)
