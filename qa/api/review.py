"""`/api/v1/review/`: the queue, decisions on it, and their undoing. Session and CSRF token, as the page has them."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qa import selectors
from qa.api.requests import (
    Body,
    base_for,
    endpoint,
    found_for,
    read_body,
    read_number,
    read_query,
    read_string,
    user_of,
)
from qa.exceptions import BadMessage
from qa.models import Label, ReviewItem, Role
from qa.services.jobs import PROPOSE_REVIEWS, ask_worker
from qa.services.reviewing import NewJudgement, add_phrasing, review_item, undo_review

MAX_ITEMS = 100
MAX_ENTRY_ID = 128
_VERDICTS = {
    "confirm": ReviewItem.State.CONFIRMED,
    "correct": ReviewItem.State.CORRECTED,
    "discard": ReviewItem.State.DISCARDED,
}


@endpoint(method="GET", role=Role.REVIEWER)
def queue(request: HttpRequest) -> HttpResponse:
    """Answer with a part of the queue: `?knowledge_base=&state=proposed|reviewed&limit=`."""
    query = read_query(request, allowed={"knowledge_base", "state", "limit"})
    state = query.get("state", "proposed")
    if state not in {"proposed", "reviewed"}:
        raise BadMessage(_("%(name)s must be one of: %(values)s.") % {"name": "state", "values": "proposed, reviewed"})
    limit = read_number(query.get("limit", "50"), name="limit", least=1, most=MAX_ITEMS)
    base = base_for(request, Role.REVIEWER, slug=query.get("knowledge_base", ""))
    found = selectors.review_queue(base, reviewed=state == "reviewed", limit=limit)
    return JsonResponse(asdict(found))


@endpoint(method="GET", role=Role.REVIEWER)
def entries(request: HttpRequest) -> HttpResponse:
    """Answer with published entries that hold the words: `?knowledge_base=&q=&language=`."""
    query = read_query(request, allowed={"knowledge_base", "q", "language"})
    language = query.get("language") or (get_language() or "zh")[:2]
    found = selectors.search_entries(
        base_for(request, Role.REVIEWER, slug=query.get("knowledge_base", "")),
        words=query.get("q", ""),
        language=language,
    )
    return JsonResponse({"entries": [asdict(entry) for entry in found]})


@endpoint(method="POST", role=Role.REVIEWER)
def decision(request: HttpRequest, item_id: int) -> HttpResponse:
    """Confirm, correct or discard: `{"verdict": "confirm"}`, `{"verdict": "correct", "label": …, "entry": …}`."""
    judgement = _judgement(read_body(request, required={"verdict"}, optional={"label", "entry"}))
    item = found_for(request, Role.REVIEWER, rows=ReviewItem.objects.all(), pk=item_id)
    item = review_item(item_id=item.pk, reviewer=user_of(request), judgement=judgement)
    return JsonResponse({"item": asdict(selectors.show_item(item))})


@endpoint(method="POST", role=Role.REVIEWER)
def undo(request: HttpRequest, item_id: int) -> HttpResponse:
    """Take one's own decision back: `{}`."""
    read_body(request)
    item = found_for(request, Role.REVIEWER, rows=ReviewItem.objects.all(), pk=item_id)
    item = undo_review(item_id=item.pk, reviewer=user_of(request))
    return JsonResponse({"item": asdict(selectors.show_item(item))})


@endpoint(method="POST", role=Role.EDITOR)
def phrasing(request: HttpRequest, item_id: int) -> HttpResponse:
    """Make a reviewed utterance a phrasing of its entry, published at once: `{}`."""
    read_body(request)
    item = found_for(request, Role.EDITOR, rows=ReviewItem.objects.all(), pk=item_id)
    added = add_phrasing(item_id=item.pk)
    return JsonResponse({"entry": added.entry.external_id, "text": added.text}, status=201)


@endpoint(method="POST", role=Role.REVIEWER)
def propose(request: HttpRequest) -> HttpResponse:
    """Ask the worker to look for more: `{"knowledge_base": SLUG}`."""
    body = read_body(request, required={"knowledge_base"})
    base = base_for(request, Role.REVIEWER, slug=read_string(body, "knowledge_base", MAX_ENTRY_ID))
    ask_worker(PROPOSE_REVIEWS, base.pk)
    return JsonResponse({}, status=202)


def _judgement(body: Body) -> NewJudgement:
    verdict = body["verdict"]
    if not isinstance(verdict, str) or verdict not in _VERDICTS:
        raise BadMessage(
            _("%(name)s must be one of: %(values)s.") % {"name": "verdict", "values": ", ".join(_VERDICTS)}
        )
    if verdict != "correct":
        if body.keys() != {"verdict"}:
            raise BadMessage(_("label and entry go with the verdict “correct” only."))
        return NewJudgement(_VERDICTS[verdict])
    label = body.get("label")
    if label == Label.OUT_OF_SCOPE and "entry" not in body:
        return NewJudgement(_VERDICTS[verdict], Label.OUT_OF_SCOPE)
    if label == Label.ENTRY and "entry" in body:
        return NewJudgement(_VERDICTS[verdict], Label.ENTRY, read_string(body, "entry", MAX_ENTRY_ID))
    raise BadMessage(_("A correction needs the label “entry” with an entry's id, or the label “out_of_scope” alone."))
