"""The pages of the learning line: review, models, reports."""

from pathlib import Path

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie

from qa import selectors
from qa.permissions import EDIT, REVIEW, TRAIN

REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A report is one file with its own styles and pictures, quotes customers, and runs nothing."""


@staff_member_required
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """Render the review queue at `/learning/`; the items come from `/api/v1/review/`."""
    if not request.user.has_perm(REVIEW):
        return render(request, "qa/learning/forbidden.html", status=403)
    bases = list(selectors.reviewable_bases())
    slug = request.GET.get("knowledge_base", "")
    chosen = next((base for base in bases if base.slug == slug), None) if slug else next(iter(bases), None)
    if slug and chosen is None:
        raise Http404(_("There is no knowledge base of this name."))
    context = {"bases": bases, "base": chosen, "may_edit": request.user.has_perm(EDIT)}
    return render(request, "qa/learning/page.html", context)


@staff_member_required
@ensure_csrf_cookie
def models(request: HttpRequest) -> HttpResponse:
    """Render trainings and releases at `/learning/models/`; what is shown comes from `/api/v1/training/`."""
    if not request.user.has_perm(REVIEW):
        return render(request, "qa/learning/forbidden.html", status=403)
    return render(request, "qa/learning/models.html", {"may_train": request.user.has_perm(TRAIN)})


@staff_member_required
def report(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show a training's report, a page of its own that was written when it was judged."""
    if not request.user.has_perm(REVIEW):
        return render(request, "qa/learning/forbidden.html", status=403)
    name, folder = selectors.report_of(job_id), (Path(settings.VAR_DIR) / "reports").resolve()
    path = (folder / name).resolve() if name else folder
    if not path.is_file() or not path.is_relative_to(folder):
        raise Http404(_("There is no report of this training."))
    answer = HttpResponse(path.read_bytes(), content_type="text/html; charset=utf-8")
    answer["Content-Security-Policy"] = REPORT_POLICY
    return answer
