"""Where the desk's own calls may go: names are resolved once, and what lies inside is refused unless it was named.

OWASP's "Server-Side Request Forgery Prevention"; whoever calls connects to what was judged, so that a name which
changes its meaning in between (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from django.conf import settings

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

PORTS = {"http": 80, "https": 443}
# What clouds tell any program that asks, credentials among it: AWS and most others, Alibaba Cloud, AWS over IPv6.
METADATA = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")))
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
# What Python calls global and no peer of ours has: old ways to write an IPv4 address, translators of a network's own,
# and addresses of a site. RFC 4291 §2.5.5.1, RFC 7915, RFC 8215, RFC 3879.
UNUSED = [ipaddress.ip_network(text) for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")]


class RefusedAddress(Exception):
    """The desk does not connect there."""


def system_resolver(host: str, port: int) -> list[str]:
    """Addresses of ``host`` as the machine knows them. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked(origin: str, host: str, port: int, *, resolver: Resolver = system_resolver) -> list[str]:
    """Addresses to connect to instead of ``host``. Raises ``RefusedAddress``, or ``OSError`` for an unknown name.

    ``origin`` is ``scheme://host:port``: what the operator configured may lie anywhere but at a cloud's metadata.
    """
    found = list(resolver(host, port))
    addresses = [_plain(ipaddress.ip_address(text.partition("%")[0])) for text in found]
    named = origin in configured_origins()
    for address in addresses:
        if address in METADATA or not (named or _is_public(address) or _is_allowed(address)):
            raise RefusedAddress(f"{host} is at {address}")
    return found


def configured_origins() -> set[str]:
    """Origins of the systems whose addresses stand in the environment."""
    return {origin_of(url) for url in settings.OUTGOING_ORIGINS if url}


def origin_of(url: str) -> str:
    """``scheme://host:port``, the port always named."""
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _plain(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address carries, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _is_public(address: IPAddress) -> bool:
    unused = any(address in network for network in UNUSED)
    return address.is_global and not address.is_multicast and not unused


def _is_allowed(address: IPAddress) -> bool:
    return any(address in ipaddress.ip_network(network) for network in settings.OUTGOING_NETWORKS)
