"""What anybody may call: a question without a conversation, and this document."""

from qa.api.openapi.parts import Json, answers, body, errors, fields, ref
from qa.protocol import MAX_TEXT

_QUESTION = {
    **fields(
        {
            "knowledge_base": {
                "type": "string",
                "description": "Its slug: the chat page's for anybody, others for staff with a role there.",
            },
            "widget": {"type": "string", "description": "A widget's key."},
            "text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
        },
        required=("text",),
    ),
    "oneOf": [{"required": ["knowledge_base"]}, {"required": ["widget"]}],
}
_ASKED = fields(
    {
        "decision": {"enum": ["answer", "clarify", "handoff"]},
        "entry": {"type": ["string", "null"], "description": "Id of the entry that answers."},
        "answer": {"type": ["string", "null"], "description": "Its answer, word for word, in Markdown."},
        "html": {"type": ["string", "null"], "description": "The same, sanitised."},
        "options": {"type": "array", "items": ref("Option"), "description": "What may be meant, with `clarify`."},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "release": {"type": "integer", "description": "What decided."},
        "language": {"enum": ["zh", "en"]},
    },
    required=("decision", "entry", "answer", "html", "options", "confidence", "release", "language"),
)
ASKING: Json = {
    "/api/v1/ask": {
        "post": {
            "summary": "Ask once, without a conversation; nothing is kept.",
            "requestBody": body(_QUESTION),
            "responses": {**answers(_ASKED, "What was decided."), **errors(400, 401, 404, 413, 429, 503)},
        }
    },
    "/api/v1/schema/": {
        "get": {
            "summary": "This document.",
            "responses": answers({"type": "object"}, "OpenAPI 3.1."),
        }
    },
}
