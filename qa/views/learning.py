"""The pages of the learning line: review, models, reports."""

from pathlib import Path

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from qa import selectors
from qa.models import Role
from qa.selectors.access import bases_for, has_role, may, sees_models

REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A report is one file with its own styles and pictures, quotes customers, and runs nothing."""


@staff_member_required
@require_safe
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """Render the review queue at `/learning/`; the items come from `/api/v1/review/`."""
    if not has_role(request.user, Role.REVIEWER):
        return render(request, "qa/learning/forbidden.html", {"roles": [Role.REVIEWER.label]}, status=403)
    bases = list(bases_for(request.user, Role.REVIEWER))
    slug = request.GET.get("knowledge_base", "")
    chosen = next((base for base in bases if base.slug == slug), None) if slug else next(iter(bases), None)
    if slug and chosen is None:
        raise Http404(_("There is no knowledge base of this name."))
    context = {
        "bases": bases,
        "base": chosen,
        "may_edit": may(request.user, Role.EDITOR, chosen),
        "sees_models": sees_models(request.user),
        "sees_desk": has_role(request.user, Role.AGENT),
    }
    return render(request, "qa/learning/page.html", context)


@staff_member_required
@require_safe
@ensure_csrf_cookie
def models(request: HttpRequest) -> HttpResponse:
    """Render trainings and releases at `/learning/models/`; what is shown comes from `/api/v1/training/`."""
    if not sees_models(request.user):
        return _refuse_models(request)
    context = {"may_train": may(request.user, Role.OPERATOR, None), "may_review": has_role(request.user, Role.REVIEWER)}
    return render(request, "qa/learning/models.html", context)


@staff_member_required
@require_safe
def report(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show a training's report, a page of its own that was written when it was judged."""
    if not sees_models(request.user):
        return _refuse_models(request)
    name, folder = selectors.report_of(job_id), (Path(settings.VAR_DIR) / "reports").resolve()
    path = (folder / name).resolve() if name else folder
    if not path.is_file() or not path.is_relative_to(folder):
        raise Http404(_("There is no report of this training."))
    answer = HttpResponse(path.read_bytes(), content_type="text/html; charset=utf-8")
    answer["Content-Security-Policy"] = REPORT_POLICY
    return answer


def _refuse_models(request: HttpRequest) -> HttpResponse:
    context = {"roles": [Role.REVIEWER.label, Role.OPERATOR.label], "everywhere": True}
    return render(request, "qa/learning/forbidden.html", context, status=403)
