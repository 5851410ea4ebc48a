"""What a widget's page shows and who may show it."""

from qa.models import Widget
from qa.origins import DEFAULT_PORTS, parse_origin


def active_widget(key: str) -> Widget | None:
    """Return the widget of a key, if it is one and is active."""
    return Widget.objects.select_related("knowledge_base").filter(key=key, is_active=True).first()


def origins_of(widget: Widget) -> list[str]:
    """Return the origins whose pages may embed a widget, written as browsers write them."""
    parsed = [parse_origin(line) for line in widget.origin_list]
    return list(dict.fromkeys(_as_browsers_write(origin) for origin in parsed if origin is not None))


def _as_browsers_write(origin: tuple[str, str, int]) -> str:
    scheme, host, port = origin
    shown = f"[{host}]" if ":" in host else host.encode("idna").decode()
    return f"{scheme}://{shown}" if port == DEFAULT_PORTS[scheme] else f"{scheme}://{shown}:{port}"


def demo_widget(slug: str) -> Widget | None:
    """Return the oldest active widget of the demonstration's knowledge base."""
    return Widget.objects.filter(knowledge_base__slug=slug, is_active=True).order_by("pk").first()
