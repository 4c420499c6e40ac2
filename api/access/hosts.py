"""The names that the service answers to.

A hostile page can have its own name resolve to 127.0.0.1 and then read everything as if it were ours (DNS rebinding);
its name still stands in Host. Source: https://cwe.mitre.org/data/definitions/350.html
"""

import ipaddress
import re
from collections.abc import Collection

from starlette.datastructures import Headers

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")


def host_name(host: str) -> str | None:
    """Return the name in a Host header, without its port; None where it is no host.

    >>> host_name("LocalHost:8000"), host_name("[::1]"), host_name("a b"), host_name("")
    ('localhost', '[::1]', None, None)
    """
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else None


def is_allowed(headers: Headers, server: tuple[str, int | None] | None, names: Collection[str]) -> bool:
    """Whether a request asks for this service: by a name that is allowed, in lower case, or loopback's.

    Or by the address of the server on which it came in: no name of another can be that.
    """
    hosts = headers.getlist("host")
    name = host_name(hosts[0]) if len(hosts) == 1 else None
    own = server[0] if server else ""
    return name is not None and name in {*LOOPBACK_NAMES, *names, own, f"[{own}]"}


def plain_address(address: str) -> str:
    """Return an address without its zone, and one of IPv4 that came in by a socket of IPv6 as what it is.

    >>> plain_address("::ffff:10.0.0.1"), plain_address("fe80::1%eth0"), plain_address("none")
    ('10.0.0.1', 'fe80::1', 'none')
    """
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach an address."""
    return ipaddress.ip_address(plain_address(address)).is_loopback
