"""The OpenAPI document of `/api/v1/`, written by hand, a module for each of its parts.

A test holds it against the URLconf: an address that is missing here fails it.
"""

from qa.api.openapi.asking import ASKING
from qa.api.openapi.chat import CHAT
from qa.api.openapi.parts import Json
from qa.api.openapi.review import REVIEW
from qa.api.openapi.training import TRAINING
from qa.exceptions import ErrorCode

DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {
        "title": "Hangjia",
        "version": "1",
        "description": (
            "Answers customers' questions in a company's own words. Unknown fields and parameters are an error. "
            "Objects of knowledge bases that the caller has no role with answer 404, like those that never were."
        ),
    },
    "paths": {**ASKING, **CHAT, **REVIEW, **TRAINING},
    "components": {
        "securitySchemes": {
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "Staff signed in under /admin/. Changes need the header X-CSRFToken too.",
            }
        },
        "schemas": {
            "Error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"enum": [*(str(code) for code in ErrorCode), "forbidden", "method", "internal"]},
                    "message": {"type": "string", "description": "In words, in the language of Accept-Language."},
                },
            },
            "Option": {
                "type": "object",
                "required": ["id", "text"],
                "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
            },
            "ShownEntry": {
                "type": "object",
                "description": "An entry in the language of what was asked, as far as there is one.",
                "properties": {
                    "id": {"type": "string"},
                    "question": {"type": "string"},
                    "html": {"type": "string"},
                    "probability": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                },
            },
            "ReviewItem": {
                "type": "object",
                "description": "An utterance, de-identified; what the bot did with it, and what it may belong to.",
                "properties": {
                    "id": {"type": "integer"},
                    "text": {"type": "string"},
                    "language": {"type": "string"},
                    "num_asked": {"type": "integer"},
                    "bot": {"type": "string"},
                    "bot_entry": {"oneOf": [{"$ref": "#/components/schemas/ShownEntry"}, {"type": "null"}]},
                    "reasons": {"type": "array", "items": {"type": "string"}},
                    "proposal": {"enum": ["entry", "out_of_scope", "unknown"]},
                    "proposed_entry": {"type": ["string", "null"]},
                    "suggestions": {"type": "array", "items": {"$ref": "#/components/schemas/ShownEntry"}},
                    "state": {"enum": ["proposed", "confirmed", "corrected", "discarded"]},
                    "label": {"enum": ["", "entry", "out_of_scope"]},
                    "entry": {"oneOf": [{"$ref": "#/components/schemas/ShownEntry"}, {"type": "null"}]},
                    "reviewer": {"type": "string"},
                    "reviewed_at": {"type": "string"},
                    "has_phrasing": {"type": "boolean"},
                },
            },
            "Training": {
                "type": "object",
                "description": "One training, from whoever asked for it to the model that came of it.",
                "properties": {
                    "id": {"type": "integer"},
                    "state": {"type": "string"},
                    "state_words": {"type": "string"},
                    "stage": {"type": "string"},
                    "step": {"type": "integer"},
                    "num_steps": {"type": "integer"},
                    "eta_s": {"type": ["number", "null"]},
                    "release": {"type": ["integer", "null"]},
                },
            },
        },
    },
}
