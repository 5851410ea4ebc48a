"""The chat without a socket: `POST /api/v1/chat/`, and the transcript of a conversation."""

from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from qa.exceptions import BadMessage, ErrorCode, QAError, TooLong, Unauthorised
from qa.long_polling import Frame, poll
from qa.origins import is_allowed
from qa.protocol import MAX_FRAME_BYTES
from qa.services.transcripts import write_transcript

MAX_FRAMES = 50
"""Frames of one request."""
STATUS_OF = {ErrorCode.UNAUTHORISED: 401, ErrorCode.TOO_LONG: 413}


# The token in the body is the key, not a cookie: another site can't make a browser send it.
@csrf_exempt
@require_POST
async def frames(request: HttpRequest) -> HttpResponse:
    """Say frames on the conversation's behalf, and give what the server says; waits when there is nothing."""
    try:
        _check_origin(request)
        said = _frames_of(_fields_of(request))
    except QAError as error:
        return _refuse(error)
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    polled = await poll(said, headers)
    return _answer({"frames": polled.frames, "close": polled.close})


@csrf_exempt
@require_POST
def transcript(request: HttpRequest) -> HttpResponse:
    """Give a conversation as a text file; `token` is in the body, as JSON or as a form sends it."""
    try:
        _check_origin(request)
        fields = request.POST if request.content_type != "application/json" else _fields_of(request)
        token = fields.get("token")
        if not isinstance(token, str):
            raise Unauthorised(_("The token of the conversation is missing."))
        written = write_transcript(token=token)
    except QAError as error:
        return _refuse(error)
    response = HttpResponse(written.text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{written.name}"'
    response["Cache-Control"] = "no-store"
    return response


def _check_origin(request: HttpRequest) -> None:
    origin = request.headers.get("origin")
    if not is_allowed(origin, request.get_host(), is_secure=request.is_secure(), extra=settings.ALLOWED_ORIGINS):
        raise Unauthorised(_("Pages of this origin may not speak here."))


def _fields_of(request: HttpRequest) -> dict[str, Any]:
    if int(request.headers.get("content-length") or 0) > MAX_FRAME_BYTES or len(request.body) > MAX_FRAME_BYTES:
        raise TooLong(_("The request is too long: at most %(n)d bytes are allowed.") % {"n": MAX_FRAME_BYTES})
    try:
        fields = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise BadMessage(_("The request is not valid JSON.")) from error
    if not isinstance(fields, dict):
        raise BadMessage(_("The request is not a JSON object."))
    return fields


def _frames_of(fields: dict[str, Any]) -> list[Frame]:
    said = fields.get("frames")
    if set(fields) != {"frames"} or not isinstance(said, list) or not 0 < len(said) <= MAX_FRAMES:
        raise BadMessage(_('Expected {"frames": […]} with 1 to %(n)d frames, a hello first.') % {"n": MAX_FRAMES})
    if not all(isinstance(frame, dict) for frame in said):
        raise BadMessage(_("Every frame is a JSON object."))
    return said


def _refuse(error: QAError) -> HttpResponse:
    response = _answer({"code": error.code, "message": error.user_message})
    response.status_code = STATUS_OF.get(error.code, 400)
    return response


def _answer(fields: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(orjson.dumps(fields), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
