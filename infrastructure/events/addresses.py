"""Where a webhook may go: the addresses of the public internet, and no others unless a setting says so.

Names are resolved by us, every address that a name has is checked, and the connection goes to a checked address: a name
that answers differently the second time leads nowhere else.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from domain.errors import InvalidValue

LONGEST_URL = 2_000

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))  # NAT64 and the old compatible form hold an IPv4
_ALSO_PRIVATE = (  # `is_global` lets them pass: a cloud's metadata, protocol assignments, the old site-local ones
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.0/24"),
    IPv6Network("fec0::/10"),
)


class AddressRefused(Exception):
    """The name leads to an address that no webhook is sent to, or to none at all."""


def check_url(url: str, *, allow_private: bool) -> str:
    """Raises InvalidValue for what can't be a webhook's address; what its name leads to is checked at each delivery."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        httpx.URL(url)  # whoever sends must be able to read it, too
    except (ValueError, httpx.InvalidURL):
        raise InvalidValue("url", "is not an address") from None
    if not host or port == 0 or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidValue("url", "is not an address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidValue("url", "has no user, password or fragment")
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise InvalidValue("url", "must begin with https://")
    if not allow_private and _is_literal(host) and not is_public(host):
        raise InvalidValue("url", "is not an address of the public internet")
    return url


async def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """An address of `host` to connect to. Raises AddressRefused when any of its addresses is not public."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("name_not_found") from None
    addresses = [str(place[0]).partition("%")[0] for *_, place in found]
    if not addresses:
        raise AddressRefused("name_not_found")
    if not allow_private and not all(map(is_public, addresses)):
        raise AddressRefused("address_not_public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether anybody on the internet could be meant by it; also looks at an IPv4 address hidden in an IPv6 one."""
    ip = _unwrapped(ip_address(address))
    private = ip.is_multicast or ip.is_reserved or any(ip in network for network in _ALSO_PRIVATE)
    return ip.is_global and not private


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    hidden = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if hidden is None and any(ip in network for network in _TRANSLATED):
        hidden = IPv4Address(int(ip) & 0xFFFFFFFF)
    return hidden or ip


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
