"""The review queue; for reviewers, adding phrasings for editors."""

from qa.api.openapi.parts import (
    NOTHING,
    SESSION,
    Json,
    answers,
    body,
    errors,
    fields,
    number_in_path,
    parameter,
    ref,
)

_BASE = parameter("knowledge_base", {"type": "string"}, "Its slug; the caller's first one when it is left out.")
_ITEM = number_in_path("item_id")
_DECISION = fields(
    {
        "verdict": {"enum": ["confirm", "correct", "discard"]},
        "label": {"enum": ["entry", "out_of_scope"], "description": "With `correct` only."},
        "entry": {"type": "string", "description": "An entry's id; with the label `entry` only."},
    },
    required=("verdict",),
)
_ONE = answers(fields({"item": ref("ReviewItem")}), "The item as it is now.")
_QUEUE = fields(
    {"items": {"type": "array", "items": ref("ReviewItem")}, "num_waiting": {"type": "integer"}},
)


def _post(summary: str, sent: Json, responses: Json, *codes: int, of_item: bool = True) -> Json:
    return {
        "summary": summary,
        "security": SESSION,
        **({"parameters": [_ITEM]} if of_item else {}),
        "requestBody": body(sent),
        "responses": {**responses, **errors(400, 401, 403, 404, *codes)},
    }


REVIEW: Json = {
    "/api/v1/review/": {
        "get": {
            "summary": "A part of the queue.",
            "security": SESSION,
            "parameters": [
                _BASE,
                parameter("state", {"enum": ["proposed", "reviewed"], "default": "proposed"}, "Which part."),
                parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}, "Most items."),
            ],
            "responses": {**answers(_QUEUE, "The most useful first."), **errors(400, 401, 403, 404)},
        }
    },
    "/api/v1/review/entries/": {
        "get": {
            "summary": "Published entries that hold all of some words.",
            "security": SESSION,
            "parameters": [
                _BASE,
                parameter("q", {"type": "string"}, "The words."),
                parameter("language", {"enum": ["zh", "en"]}, "To show them in."),
            ],
            "responses": {
                **answers(fields({"entries": {"type": "array", "items": ref("ShownEntry")}}), "At most eight."),
                **errors(400, 401, 403, 404),
            },
        }
    },
    "/api/v1/review/propose/": {
        "post": _post(
            "Ask the worker to look for more.",
            fields({"knowledge_base": {"type": "string"}}, required=("knowledge_base",)),
            answers(NOTHING, "It will.", status=202),
            of_item=False,
        )
    },
    "/api/v1/review/{item_id}/decision/": {"post": _post("Confirm, correct or discard.", _DECISION, _ONE, 409)},
    "/api/v1/review/{item_id}/undo/": {"post": _post("Take one's own decision back.", NOTHING, _ONE, 409)},
    "/api/v1/review/{item_id}/phrasing/": {
        "post": _post(
            "Make a reviewed utterance a phrasing of its entry, published at once.",
            NOTHING,
            answers(fields({"entry": {"type": "string"}, "text": {"type": "string"}}), "What was added.", status=201),
            409,
        )
    },
}
