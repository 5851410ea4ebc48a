"""A widget's chat page, as it is saved or as a form would make it."""

import json
import secrets
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse

from qa import selectors
from qa.contrast import shades_of
from qa.middleware import policy
from qa.models import Widget
from qa.widget_build import STYLES, build


def embeddable(request: HttpRequest, widget: Widget, origins: Sequence[str]) -> HttpResponse:
    """Render a widget as it is given, saved or not, for pages of these origins.

    Nothing in it rests on cookies: browsers keep them from frames, and storage is partitioned.
    """
    nonce = secrets.token_urlsafe(16)
    response = render(
        request,
        "qa/chat/page.html",
        {**_look_of(widget), **addresses(), "origins_json": json.dumps(list(origins)), "nonce": nonce},
    )
    response["Content-Security-Policy"] = policy(
        style_src=f"'self' 'nonce-{nonce}'", frame_ancestors=" ".join(origins) or "'none'"
    )
    # The window that the chat pops out into is opened from a frame on a foreign page.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    response["Cache-Control"] = "no-store"
    response.xframe_options_exempt = True  # the policy says more
    return response


def _look_of(widget: Widget) -> Mapping[str, object]:
    base = widget.knowledge_base
    shades = shades_of(widget.brand_color)
    title = widget.title_zh or selectors.brand_name(base, "zh")
    return {
        "widget": widget.key,
        "brand": title,
        "brand_en": widget.title_en or widget.title_zh or selectors.brand_name(base, "en"),
        "greeting": widget.greeting_zh,
        "greeting_en": widget.greeting_en,
        "theme": widget.theme,
        "locale": "" if widget.locale == Widget.Locale.AUTO else widget.locale,
        "shades": shades,
        "color": shades[0].accent,
        "side": widget.side,
        "popular_json": json.dumps(selectors.popular_questions(base), ensure_ascii=False),
    }


def addresses() -> Mapping[str, object]:
    """Return where the page finds its files and the server: single modules for development, else a build."""
    chosen = {
        "boot": static("qa/chat/boot.js"),
        "script": static("qa/chat/main.js"),
        "styles": [static(f"qa/{style}") for style in STYLES],
        "words": static("qa/chat/words/"),
    }
    if not settings.DEBUG:
        folder = reverse("widget-file", args=[build().hash, "chat.js"]).removesuffix("chat.js")
        chosen = {
            "boot": f"{folder}boot.js",
            "script": f"{folder}chat.js",
            "styles": [f"{folder}chat.css"],
            "words": f"{folder}words-",
        }
    paths = {"poll_path": reverse("chat-frames"), "transcript_path": reverse("chat-transcript")}
    return {"socket_path": "/ws/chat/", **paths, **chosen}
