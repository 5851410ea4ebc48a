"""Strict reading of requests, and errors as JSON."""

import functools
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence, Set
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from qa.exceptions import BadMessage, ErrorCode, NotFound, QAError, TooLong
from qa.models import KnowledgeBase, Role
from qa.selectors.access import bases_for, has_role, visible_to

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
Row = TypeVar("Row", bound=Model)
Body = Mapping[str, Any]  # straight from the parser; every field is checked where it is used
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
AsyncView = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]


def endpoint(*, method: str, role: Role | Sequence[Role], everywhere: bool = False) -> Callable[[View[P]], View[P]]:
    """Let only staff of a role call a view, by one method; say what is wrong as JSON.

    With whichever knowledge base: the view then looks for its rows through `found_for` or `base_for` alone, so that
    those of other knowledge bases don't exist for the caller.

    Args:
        method: The one that the address is called with.
        role: Needed; of several, any will do.
        everywhere: Needed with all knowledge bases, for what belongs to the installation as a whole.
    """
    roles = (role,) if isinstance(role, Role) else tuple(role)

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if (refusal := _refusal(request, method, roles, everywhere)) is not None:
                return refusal
            try:
                return view(request, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  # told in words, and logged
                return _told(request, error)

        return guarded

    return decorate


def open_endpoint(*, method: str) -> Callable[[AsyncView], AsyncView]:
    """Let anybody call an asynchronous view, by one method; say what is wrong as JSON.

    No cookie gives such a view rights to change anything, so it asks for no CSRF token.
    """

    def decorate(view: AsyncView) -> AsyncView:
        @csrf_exempt
        @functools.wraps(view)
        async def guarded(request: HttpRequest) -> HttpResponse:
            if request.method != method:
                return _wrong_method(method)
            try:
                return await view(request)
            except Exception as error:  # noqa: BLE001  # told in words, and logged
                return _told(request, error)

        return guarded

    return decorate


def _told(request: HttpRequest, error: Exception) -> JsonResponse:
    if isinstance(error, QAError):
        return _error(_STATUS[error.code], error.code, error.user_message)
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _error(500, "internal", _("Something went wrong on our side. Nothing was changed."))


def user_of(request: HttpRequest) -> User:
    """Return who is signed in; `endpoint` has made sure that somebody is."""
    if isinstance(request.user, AnonymousUser):
        raise TypeError("a view without `endpoint` asked who is signed in")
    return request.user


def base_for(request: HttpRequest, *roles: Role, slug: str = "") -> KnowledgeBase:
    """Return a knowledge base with which the caller has one of the roles; the first one without a slug.

    Raises:
        NotFound: There is none of this name, as far as the caller may know.
    """
    bases = bases_for(request.user, *roles)
    base = (bases.filter(slug=slug) if slug else bases).first()
    if base is None:
        raise NotFound(_("There is no knowledge base of this name."))
    return base


def found_for(request: HttpRequest, *roles: Role, rows: QuerySet[Row], pk: int, path: str = "knowledge_base") -> Row:
    """Return one row of a knowledge base with which the caller has one of the roles.

    Raises:
        NotFound: There is none with this number, as far as the caller may know.
    """
    row = visible_to(request.user, *roles, rows=rows, path=path).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is nothing with this number."))
    return row


def _refusal(request: HttpRequest, method: str, roles: Sequence[Role], everywhere: bool) -> HttpResponse | None:
    if not request.user.is_authenticated or not request.user.is_active:
        return _error(401, "unauthorised", _("Sign in first."))
    if not has_role(request.user, *roles, everywhere=everywhere):
        return _error(403, "forbidden", _("You lack the permission for this. An operator can give it to you."))
    return None if request.method == method else _wrong_method(method)


def _wrong_method(method: str) -> HttpResponse:
    refusal = _error(405, "method", _("This address is called with %(method)s.") % {"method": method})
    refusal["Allow"] = method
    return refusal


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


def read_string(body: Body, name: str, longest: int) -> str:
    """Return a field of a body that holds a text.

    Raises:
        BadMessage: It is none, is empty, too long or holds a NUL.
    """
    value = body[name]
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        raise BadMessage(
            _("%(name)s must be a text of at most %(limit)d characters.") % {"name": name, "limit": longest}
        )
    return value


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
