"""`POST /api/v1/ask`: one question, one decision, no conversation. For programs; needs no sign-in."""

from dataclasses import asdict

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qa.api.requests import Body, open_endpoint, read_body, read_string
from qa.exceptions import BadMessage, RateLimited
from qa.models import KnowledgeBase
from qa.protocol import MAX_TEXT
from qa.rates import RateLimit, network_of
from qa.selectors.access import Person
from qa.selectors.asking import base_of_widget, base_to_ask
from qa.services.asking import ask_once

MAX_NAME = 64
_limit = RateLimit()


@open_endpoint(method="POST")
async def ask(request: HttpRequest) -> HttpResponse:
    """Answer `{"knowledge_base": SLUG, "text": …}` or `{"widget": KEY, "text": …}` with a decision."""
    if not _limit.allows(network_of(request.META.get("REMOTE_ADDR", "")), settings.MESSAGES_PER_MINUTE):
        raise RateLimited(_("That was a lot at once. Please wait a moment and send it again."))
    body = read_body(request, required={"text"}, optional={"knowledge_base", "widget"})
    text = read_string(body, "text", MAX_TEXT).strip()
    if not text:
        raise BadMessage(_("text is empty."))
    # A knowledge base is read on Django's own thread, as every view reads; the engine's time is not spent there.
    base = await sync_to_async(_base)(await request.auser(), body)
    asked = await ask_once(knowledge_base=base, text=text, language=(get_language() or "zh")[:2])
    return JsonResponse(asdict(asked))


def _base(user: Person, body: Body) -> KnowledgeBase:
    if ("knowledge_base" in body) == ("widget" in body):
        raise BadMessage(_("Give either knowledge_base or widget."))
    if "widget" in body:
        return base_of_widget(read_string(body, "widget", MAX_NAME))
    return base_to_ask(user, read_string(body, "knowledge_base", MAX_NAME))
