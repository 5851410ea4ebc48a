"""The ASGI application: pages through Django, sockets through Channels, the engine for their lifetime."""

import asyncio
import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")
django_application = get_asgi_application()

from qa import engine  # noqa: E402  # needs the app registry
from qa.clockwork import tick_for_ever  # noqa: E402
from qa.origins import OriginValidator  # noqa: E402
from qa.routing import websocket_urlpatterns  # noqa: E402


async def _lifespan(_scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Load the engine before the first request and let time pass; stop both after the last."""
    clock: asyncio.Task[None] | None = None
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await asyncio.to_thread(engine.load)
            clock = asyncio.create_task(tick_for_ever())
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            if clock is not None:
                clock.cancel()
            await asyncio.to_thread(engine.close)
            await send({"type": "lifespan.shutdown.complete"})
            return


application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": OriginValidator(URLRouter(websocket_urlpatterns)),
        "lifespan": _lifespan,
    }
)
