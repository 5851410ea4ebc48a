"""The chat without a socket, for pages that can't open one; its frames are those of docs/protocol.md."""

from qa.api.openapi.parts import Json, answers, body, fields

_FRAMES: Json = {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": 50}
_REFUSAL = fields(
    {"error": fields({"code": {"type": "string"}, "message": {"type": "string"}}, required=("code", "message"))},
    required=("error",),
)


def _refusals(**words: str) -> Json:
    responses: Json = {}
    for status, description in words.items():
        responses |= answers(_REFUSAL, description, status=int(status.removeprefix("on_")))
    return responses


CHAT: Json = {
    "/api/v1/chat/": {
        "post": {
            "summary": "Say frames, a hello first, and get what the server says; waits up to 25 s for something.",
            "requestBody": body(fields({"frames": _FRAMES}, required=("frames",))),
            "responses": {
                **answers(
                    fields(
                        {
                            "frames": {"type": "array", "items": {"type": "object"}},
                            "close": {
                                "type": ["integer", "null"],
                                "description": "The code that a socket would have been closed with.",
                            },
                        },
                        required=("frames", "close"),
                    ),
                    "The server's frames, in order.",
                ),
                **_refusals(
                    on_400="The body is not what is described here.",
                    on_401="Pages of this origin may not speak here.",
                    on_413="The body is longer than 64 KiB.",
                ),
            },
        }
    },
    "/api/v1/chat/transcript/": {
        "post": {
            "summary": "A conversation as a text file, for whoever has its token; JSON or a form.",
            "requestBody": body(fields({"token": {"type": "string"}}, required=("token",))),
            "responses": {
                "200": {
                    "description": "What was said, line by line.",
                    "content": {"text/plain": {"schema": {"type": "string"}}},
                },
                **_refusals(
                    on_400="The body is not what is described here.",
                    on_401="The token opens no conversation, or the origin may not speak here.",
                    on_413="The body is longer than 64 KiB.",
                ),
            },
        }
    },
}
