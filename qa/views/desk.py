"""The agents' page."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qa.models import Role
from qa.selectors.access import bases_for


@staff_member_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Render the page at `/desk/`; everything on it comes over `/ws/desk/`."""
    if not bases_for(request.user, Role.AGENT).exists():
        return render(request, "qa/desk/forbidden.html", status=403)
    return render(request, "qa/desk/page.html", {"socket_path": "/ws/desk/"})
