"""Health for supervisors and load balancers."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from qa import engine


@require_safe
def livez(_request: HttpRequest) -> JsonResponse:
    """Answer that the process runs."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when questions can be answered, 503 with the reason in words when not."""
    report = engine.readiness()
    status = 200 if report.is_ready else 503
    return JsonResponse({"ready": report.is_ready, "release": report.release, "detail": report.detail}, status=status)
