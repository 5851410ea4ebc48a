"""The learning line: what was reviewed, what every model must answer, trials and releases."""

from typing import ClassVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qa.admin.roles import OF_BASES, InstallationAdmin, ReadOnlyAdmin, RoleAdmin, RoleInline
from qa.models import (
    Judgement,
    MustAnswer,
    Occurrence,
    Release,
    ReviewItem,
    Role,
    Trial,
)
from qa.services.reports import report_folder


class JudgementInline(ReadOnlyAdmin, RoleInline[Judgement, ReviewItem], admin.TabularInline[Judgement, ReviewItem]):
    """Who said what of it."""

    model = Judgement
    extra = 0
    fields = ("verdict", "label", "entry", "by", "is_agent", "at", "undone_at")
    readonly_fields = fields


class OccurrenceInline(ReadOnlyAdmin, RoleInline[Occurrence, ReviewItem], admin.TabularInline[Occurrence, ReviewItem]):
    """Each time that it was asked."""

    model = Occurrence
    extra = 0
    fields = ("text", "asked_at", "turn")
    readonly_fields = fields


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin, RoleAdmin[ReviewItem]):
    """Review items, to look at; they are reviewed at /learning/."""

    viewers = (Role.REVIEWER,)
    list_display = ("__str__", "state", "label", "entry", "reviewer", "num_asked", "priority")
    list_filter = (OF_BASES, "state", "label", "bot_decision")
    list_select_related = ("entry", "reviewer")
    search_fields = ("text",)
    fields = (
        "knowledge_base",
        "text",
        ("state", "label", "entry"),
        ("reviewer", "reviewed_at"),
        ("proposal", "proposed_entry", "priority"),
        ("bot_decision", "bot_entry", "confidence", "release"),
        ("num_asked", "phrasing"),
    )
    inlines = (JudgementInline, OccurrenceInline)
    ordering: ClassVar = ["-pk"]


@admin.register(MustAnswer)
class MustAnswerAdmin(RoleAdmin[MustAnswer]):
    """Questions that every model must answer with their entry."""

    changers = (Role.EDITOR,)
    list_display = ("text", "entry", "knowledge_base")
    list_filter = (OF_BASES,)
    search_fields = ("text", "entry__external_id")
    autocomplete_fields = ("entry",)


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin, InstallationAdmin[Trial]):
    """Trials, to look at, each with its report."""

    list_display = ("id", "kind", "is_blessed", "candidate_fingerprint", "live_release", "created_at", "page")
    list_filter = ("kind", "is_blessed")
    fields = (
        *("kind", "is_blessed", "reasons_in_words", "page"),
        *("candidate_fingerprint", "live_release", "created_at"),
    )
    readonly_fields = fields

    @admin.display(description=gettext_lazy("reasons"))
    def reasons_in_words(self, trial: Trial) -> str:
        """Say why it was rejected, in the operator's language."""
        from qa.evaluating.verdicts import Reason, describe  # numpy and more: not needed to migrate

        lines = ((describe(Reason.from_json(stored)),) for stored in trial.reasons)
        return format_html_join("", "<div>{}</div>", lines) or "–"

    @admin.display(description=gettext_lazy("report"))
    def page(self, trial: Trial) -> str:
        """Link to the report while it is kept."""
        if not (report_folder(trial.pk) / "report.html").is_file():
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("admin:qa_trial_report", args=[trial.pk]), _("open"))

    def get_urls(self) -> list[URLPattern]:
        """Add the report's address."""
        own = path("<int:trial_id>/report/", self.admin_site.admin_view(self.report), name="qa_trial_report")
        return [own, *super().get_urls()]

    def report(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        """Show a report; its styles stand in the page, so it has a policy of its own."""
        file = report_folder(trial_id) / "report.html"
        if not self.has_view_permission(request) or not file.is_file():
            raise Http404
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return HttpResponse(file.read_bytes(), headers={"Content-Security-Policy": policy})


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin, InstallationAdmin[Release]):
    """Releases, to look at."""

    list_display = (
        *("number", "reason", "restores", "created_at"),
        *("knowledge_revision", "lexicon_revision", "model_fingerprint"),
    )
    list_filter = ("reason",)
