"""Whether a page of some origin may open the chat socket: scheme, host and port, all of them."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings

logger = logging.getLogger(__name__)

DEFAULT_PORTS = {"http": 80, "https": 443}
NEVER_IN_AN_ORIGIN = frozenset("/?#@\\")
"""What would begin a path, a query, a fragment or follow credentials; `urlsplit` forgives empty ones."""
Origin = tuple[str, str, int]
ASGIApp = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def parse_origin(value: str) -> Origin | None:
    """Return (scheme, host, port) of an `Origin` header; None when it is malformed or `null`."""
    if NEVER_IN_AN_ORIGIN & set(value.partition("://")[2]):
        return None
    try:
        parts = urlsplit(value)
        port = parts.port if parts.port is not None else DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not port:
        return None
    return parts.scheme, parts.hostname, port


def is_allowed(origin: str | None, host: str, *, is_secure: bool, extra: Iterable[str] = ()) -> bool:
    """Tell whether a browser page may connect.

    Args:
        origin: The header; None is no browser, and is allowed (tokens protect conversations).
        host: The `Host` header: the page's own origin is allowed.
        extra: Further full origins.
    """
    if origin is None:
        return True
    parsed = parse_origin(origin)
    if parsed is None:
        return False
    own = parse_origin(f"{'https' if is_secure else 'http'}://{host}")
    # Behind a proxy that ends TLS the page is https while we see http: same host, any of the two.
    own_secure = parse_origin(f"https://{host}")
    return parsed in {own, own_secure} or parsed in {parse_origin(o) for o in extra}


def is_own(origin: str | None, host: str) -> bool:
    """Tell whether a socket comes from a page of our own: for sockets that a browser's cookie opens.

    Args:
        origin: The header; None is refused, since every browser sends it.
        host: The `Host` header.
    """
    return origin is not None and is_allowed(origin, host, is_secure=False)


class OriginValidator:
    """Refuses sockets of foreign, malformed and null origins with 403, before they are accepted."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Check the handshake's headers, then pass it on or refuse it."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = headers.get(b"origin"), headers.get(b"host", "")
        is_secure = scope.get("scheme") in {"wss", "https"}
        if is_allowed(origin, host, is_secure=is_secure, extra=settings.ALLOWED_ORIGINS):
            await self._application(scope, receive, send)
            return
        logger.warning("a chat socket of a foreign origin was refused")
        await WebsocketDenier()(scope, receive, send)
