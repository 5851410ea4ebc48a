"""Strict reading of requests, and errors as JSON."""

import functools
import logging
from collections.abc import Callable, Mapping, Set
from typing import Any, Concatenate, ParamSpec

import orjson
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from qa.exceptions import BadMessage, ErrorCode, QAError, TooLong

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 * 1024
MAX_WORDS = 200
_STATUS = {
    ErrorCode.BAD_MESSAGE: 400,
    ErrorCode.INVALID: 400,
    ErrorCode.UNAUTHORISED: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.TOO_LONG: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
}
P = ParamSpec("P")
Body = Mapping[str, Any]  # straight from the parser; every field is checked where it is used
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def endpoint(*, method: str, permission: str) -> Callable[[View[P]], View[P]]:
    """Let only signed-in staff with a permission call a view, by one method; say what is wrong as JSON."""

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if (refusal := _refusal(request, method, permission)) is not None:
                return refusal
            try:
                return view(request, *args, **kwargs)
            except QAError as error:
                return _error(_STATUS[error.code], error.code, error.user_message)
            except Exception:
                logger.exception("%s %s failed", request.method, request.path)
                return _error(500, "internal", _("Something went wrong on our side. Nothing was changed."))

        return guarded

    return decorate


def user_of(request: HttpRequest) -> User:
    """Return who is signed in; `endpoint` has made sure that somebody is."""
    if isinstance(request.user, AnonymousUser):
        raise TypeError("a view without `endpoint` asked who is signed in")
    return request.user


def _refusal(request: HttpRequest, method: str, permission: str) -> HttpResponse | None:
    if not request.user.is_authenticated or not request.user.is_active:
        return _error(401, "unauthorised", _("Sign in first."))
    if not request.user.is_staff or not request.user.has_perm(permission):
        return _error(403, "forbidden", _("You lack the permission for this. An operator can give it to you."))
    if request.method != method:
        refusal = _error(405, "method", _("This address is called with %(method)s.") % {"method": method})
        refusal["Allow"] = method
        return refusal
    return None


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)


def read_body(request: HttpRequest, *, required: Set[str] = frozenset(), optional: Set[str] = frozenset()) -> Body:
    """Return a JSON object's fields.

    Raises:
        TooLong: The body is larger than MAX_BODY_BYTES.
        BadMessage: It is not a JSON object, or a field is missing or unknown.
    """
    if request.content_type != "application/json":
        raise BadMessage(_("Send JSON, with the content type application/json."))
    if len(request.body) > MAX_BODY_BYTES:
        raise TooLong(_("The body is larger than %(limit)d bytes.") % {"limit": MAX_BODY_BYTES})
    try:
        fields = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise BadMessage(_("The body is not valid JSON.")) from error
    if not isinstance(fields, dict):
        raise BadMessage(_("The body is not a JSON object."))
    _check_names(fields.keys(), required, required | optional)
    return fields


def read_query(request: HttpRequest, *, allowed: Set[str]) -> dict[str, str]:
    """Return a query's parameters, each given at most once.

    Raises:
        BadMessage: One is unknown, given twice, too long or holds a NUL.
    """
    _check_names(request.GET.keys(), frozenset(), allowed)
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise BadMessage(_("%(name)s is given twice.") % {"name": name})
        if len(values[0]) > MAX_WORDS or "\0" in values[0]:
            raise BadMessage(_("%(name)s must have at most %(limit)d characters.") % {"name": name, "limit": MAX_WORDS})
    return request.GET.dict()


def read_number(text: str, *, name: str, least: int, most: int) -> int:
    """Return a whole number of a query.

    Raises:
        BadMessage: It is none, or out of range.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
        raise BadMessage(
            _("%(name)s must be a whole number from %(least)d to %(most)d.")
            % {"name": name, "least": least, "most": most}
        )
    return int(text)


def _check_names(given: Set[str], required: Set[str], allowed: Set[str]) -> None:
    if unknown := sorted(given - allowed):
        raise BadMessage(_("Unknown field: %(names)s.") % {"names": ", ".join(name[:40] for name in unknown[:5])})
    if missing := sorted(required - given):
        raise BadMessage(_("Missing field: %(names)s.") % {"names": ", ".join(missing)})
