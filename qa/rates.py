"""How fast a conversation, or an address without one, may ask in this process; pure."""

import time
from collections import OrderedDict, deque
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address, ip_network

PERIOD_S = 60.0
MAX_KEPT = 10_000
"""Keys that are remembered; the ones that were silent longest are forgotten first."""


class RateLimit:
    """Counts what was sent under a key in the last minute."""

    def __init__(self) -> None:
        self._sent: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def allows(self, key: Hashable, per_minute: int, *, now: float | None = None) -> bool:
        """Tell whether one more may be sent, and count it if so."""
        now = time.monotonic() if now is None else now
        sent = self._sent.setdefault(key, deque())
        self._sent.move_to_end(key)
        while len(self._sent) > MAX_KEPT:
            self._sent.popitem(last=False)
        while sent and now - sent[0] >= PERIOD_S:
            sent.popleft()
        if len(sent) >= per_minute:
            return False
        sent.append(now)
        return True


def network_of(address: str) -> str:
    """Return what one customer has of the network: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # a socket file
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
    return str(parsed)
