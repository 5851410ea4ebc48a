"""What a widget's page shows and who may show it."""

from django.utils.html import escape

from qa.contrast import shades_of
from qa.models import Widget
from qa.origins import DEFAULT_PORTS, parse_origin
from qa.widget_build import Build


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


def snippet_of(widget: Widget, *, url: str, pinned: Build | None = None) -> str:
    """Return the tag that puts a widget on a page.

    Args:
        widget: How it looks is said on the tag, so that the launcher is right before anything else is loaded.
        url: Of this installation, such as `https://chat.example`.
        pinned: A build; then the browser refuses any other bytes than this build's.
    """
    look = {
        "color": shades_of(widget.brand_color)[0].accent,
        "side": "" if widget.side == Widget.Side.RIGHT else widget.side,
        "locale": "" if widget.locale == Widget.Locale.AUTO else widget.locale,
        "theme": "" if widget.theme == Widget.Theme.AUTO else widget.theme,
    }
    said = "".join(f' data-{name}="{value}"' for name, value in look.items() if value)
    path, checked = "v1.js", ""
    if pinned is not None:
        path, checked = f"{pinned.hash}/v1.js", f' integrity="{pinned.integrity("v1.js")}" crossorigin="anonymous"'
    address = escape(f"{url.rstrip('/')}/widget/{path}")
    return f'<script async src="{address}" data-widget="{widget.key}"{said}{checked}></script>'
