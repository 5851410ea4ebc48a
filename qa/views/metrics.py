"""`/metrics`: figures for Prometheus, for whoever holds the token, or for this machine alone."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from qa import metrics, selectors

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""Headers that a proxy adds: then the connection's address is the proxy's, and says nothing of who asks."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of this process, and those that stand in the database."""
    if settings.METRICS_TOKEN:
        if not _holds_token(request):
            refusal = HttpResponse("Send `Authorization: Bearer METRICS_TOKEN`.\n", "text/plain", status=401)
            refusal["WWW-Authenticate"] = 'Bearer realm="metrics"'
            return refusal
    elif not _is_of_this_machine(request):
        words = "Without METRICS_TOKEN, figures are given to this machine alone. Set it (docs/settings.md).\n"
        return HttpResponse(words, "text/plain", status=403)
    return HttpResponse(metrics.exposition(selectors.levels()), CONTENT_TYPE_LATEST)


def _holds_token(request: HttpRequest) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


def _is_of_this_machine(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False  # a socket file has no address
