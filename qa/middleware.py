"""The content security policy of every page."""

from collections.abc import Awaitable, Callable

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Sets `Content-Security-Policy` (Django gets its own in 6.0; this project stays on the LTS)."""

    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]

    def process_response(self, _request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the policy unless a view has set its own."""
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
