"""How often one client may do something; kept in memory only, so that nothing is known of who did what."""

import ipaddress
import threading
import time
from collections import OrderedDict

_MAX_CLIENTS = 10_000
_HOUR_S = 3600.0


def client_network(address: str) -> str:
    """Return what counts as one client of a plain address: that of IPv4, or the /64 that one subscriber of IPv6 has.

    >>> client_network("10.0.0.1"), client_network("2001:db8::1:2")
    ('10.0.0.1', '2001:db8::/64')
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


class Quota:
    """A bucket for each client: so many at once, and then one for each that an hour brings back.

    Source: the token bucket of https://www.rfc-editor.org/rfc/rfc2697
    """

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, and when that was so
        self._lock = threading.Lock()

    def wait_s(self, client: str) -> float:
        """Count one; return 0, or how many seconds this client must wait, which counts nothing."""
        now = time.monotonic()
        with self._lock:
            left, since = self._buckets.pop(client, (float(self._per_hour), now))
            left = min(self._per_hour, left + (now - since) * self._per_hour / _HOUR_S)
            allowed = left >= 1
            self._buckets[client] = left - allowed, now
            if len(self._buckets) > _MAX_CLIENTS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * _HOUR_S / self._per_hour
