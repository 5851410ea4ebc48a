"""The content security policy of every page."""

from collections.abc import Awaitable, Callable

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


def policy(*, style_src: str = "", frame_ancestors: str = "'none'") -> str:
    """Return a policy: everything from here, nothing inline, framed by nobody, unless said otherwise.

    Args:
        style_src: Where styles may come from, when that is more than from here.
        frame_ancestors: Whose pages may embed this one.
    """
    return "; ".join(
        [
            "default-src 'self'",
            "img-src 'self' data:",
            *([f"style-src {style_src}"] if style_src else []),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        ]
    )


POLICY = policy()


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Sets `Content-Security-Policy` (Django gets its own in 6.0; this project stays on the LTS)."""

    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]

    def process_response(self, _request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the policy unless a view has set its own."""
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
