"""The customer's chat page."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qa import selectors


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Render the page at `/`; the conversation itself goes over `/ws/chat/`."""
    context = {
        "brand": selectors.brand_name("zh"),
        "brand_en": selectors.brand_name("en"),
        "popular_json": json.dumps(selectors.popular_questions(), ensure_ascii=False),
        "socket_path": "/ws/chat/",
        "widget": "",
    }
    return render(request, "qa/chat/page.html", context)
