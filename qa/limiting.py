"""How often something may be done in a minute, counted in this process."""

import threading
import time
from collections import Counter
from ipaddress import IPv6Address, ip_address, ip_network


class MinuteLimit:
    """Counts by key within one minute of the clock; memory is given back when the next one begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def allows(self, key: str, *, most: int) -> bool:
        """Count one more and tell whether it is still among the `most` of this minute."""
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            self._counts[key] += 1
            return self._counts[key] <= most


def network_of(address: str) -> str:
    """Return what one customer has of the network: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # a socket file
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
    return str(parsed)
