"""The customer's chat: the page at `/`, and a widget's page at `/chat/<key>/`, which others may embed."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qa import selectors
from qa.middleware import policy
from qa.widget_page import addresses, embeddable


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Render the page at `/`; the conversation itself goes over `/ws/chat/`."""
    base = selectors.chat_knowledge_base_or_none()
    context = {
        "brand": selectors.brand_name(base, "zh"),
        "brand_en": selectors.brand_name(base, "en"),
        "popular_json": json.dumps(selectors.popular_questions(base), ensure_ascii=False),
        "origins_json": "[]",
        **addresses(),
    }
    return render(request, "qa/chat/page.html", context)


@require_safe
def widget_page(request: HttpRequest, key: str) -> HttpResponse:
    """Render a widget's chat; its own origins may embed it, and nobody else."""
    widget = selectors.active_widget(key)
    if widget is None:
        # Shown in the frame on whatever page: it holds nothing, and says why there is no chat.
        response = render(request, "qa/chat/unknown.html", status=404)
        response["Content-Security-Policy"] = policy(frame_ancestors="*")
        response.xframe_options_exempt = True
        return response
    return embeddable(request, widget, selectors.origins_of(widget))
