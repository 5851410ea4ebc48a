"""The reviewers' page."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie

from qa import selectors
from qa.permissions import EDIT, REVIEW


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
