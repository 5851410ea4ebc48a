"""The operators' pages under /admin/: knowledge, jargon, conversations, releases."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm, TextInput
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qa import admin_desk  # noqa: F401  # registers its pages
from qa.exceptions import QAError
from qa.models import (
    Alias,
    Answer,
    Conversation,
    Entry,
    Evidence,
    Judgement,
    KnowledgeBase,
    MustAnswer,
    Occurrence,
    Phrasing,
    Product,
    Release,
    ReviewItem,
    Term,
    Trial,
    Turn,
)
from qa.promising import describe_promise
from qa.services.jargon import approve_terms, reject_terms
from qa.services.knowledge import set_status, sync_question_phrasings
from qa.services.releases import changing_knowledge, changing_lexicon
from qa.services.reports import report_folder

admin.site.site_header = gettext_lazy("Hangjia operators")
admin.site.site_title = "Hangjia"
admin.site.index_title = gettext_lazy("Overview")


class AnswerInline(admin.StackedInline[Answer, Entry]):
    """An entry's question and answer, a language each."""

    model = Answer
    extra = 0


class PhrasingInline(admin.TabularInline[Phrasing, Entry]):
    """How customers put it; canonical questions are kept by themselves."""

    model = Phrasing
    extra = 3
    formfield_overrides: ClassVar = {models.CharField: {"widget": TextInput(attrs={"size": "90"})}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phrasing]:
        """Leave out the phrasings that follow from the answers."""
        return super().get_queryset(request).exclude(source=Phrasing.Source.QUESTION)


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin[Entry]):
    """Entries: what is saved here answers customers within a second."""

    list_display = ("external_id", "title", "category", "status", "num_phrasings", "updated_at")
    list_filter = ("knowledge_base", "status", "is_emergency", "is_out_of_scope", "products", "category")
    search_fields = ("external_id", "answers__question", "phrasings__text")
    filter_horizontal = ("products",)
    inlines = (AnswerInline, PhrasingInline)
    actions = ("publish", "archive")
    ordering = ("external_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Fetch what the list shows in two queries."""
        counted = super().get_queryset(request).annotate(phrasing_count=Count("phrasings", distinct=True))
        return counted.prefetch_related("answers")

    @admin.display(description=gettext_lazy("question"))
    def title(self, entry: Entry) -> str:
        """Return the canonical question, in whichever language there is one."""
        return next((a.question for a in entry.answers.all()), "–")

    @admin.display(description=gettext_lazy("phrasings"))
    def num_phrasings(self, entry: Entry) -> int:
        """Return how many ways of asking there are."""
        return int(getattr(entry, "phrasing_count", 0))

    def has_delete_permission(self, _request: HttpRequest, _obj: Entry | None = None) -> bool:
        """Entries are archived: turns and releases speak of them."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save an entry; a save is one release, with everything in the form or nothing."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request: HttpRequest, form: ModelForm[Entry], formsets: Any, change: bool) -> None:
        """Save answers and phrasings, then release."""
        with changing_knowledge() as revision:
            super().save_related(request, form, formsets, change)
            entry: Entry = form.instance
            sync_question_phrasings(entries=[entry])
            entry.revision = revision
            is_silent = not entry.is_out_of_scope and not entry.answers.exists()
            if entry.status == Entry.Status.PUBLISHED and is_silent:
                entry.status = Entry.Status.DRAFT
                self.message_user(request, _("An entry without an answer stays a draft."), messages.WARNING)
            entry.save(update_fields=["revision", "status"])

    @admin.action(description=gettext_lazy("Publish the selected entries"))
    def publish(self, request: HttpRequest, chosen: QuerySet[Entry]) -> None:
        """Publish entries."""
        self._set_status(request, chosen, Entry.Status.PUBLISHED)

    @admin.action(description=gettext_lazy("Archive the selected entries"))
    def archive(self, request: HttpRequest, chosen: QuerySet[Entry]) -> None:
        """Archive entries."""
        self._set_status(request, chosen, Entry.Status.ARCHIVED)

    def _set_status(self, request: HttpRequest, chosen: QuerySet[Entry], status: Entry.Status) -> None:
        try:
            num_changed = set_status(entries=list(chosen), status=status)
        except QAError as error:
            self.message_user(request, error.user_message, messages.ERROR)
        else:
            self.message_user(request, _("%(count)d entries changed.") % {"count": num_changed})


class AliasInline(admin.TabularInline[Alias, Term]):
    """Other ways to say a term."""

    model = Alias
    extra = 3


@admin.register(Term)
class TermAdmin(admin.ModelAdmin[Term]):
    """Terms: an approved one is understood at once."""

    list_display = ("text", "kind", "language", "status", "knowledge_base")
    list_filter = ("knowledge_base", "kind", "language", "status")
    search_fields = ("text", "aliases__text")
    inlines = (AliasInline,)
    actions = ("approve", "reject")

    @admin.action(description=gettext_lazy("Approve the selected terms"))
    def approve(self, request: HttpRequest, chosen: QuerySet[Term]) -> None:
        """Approve terms, all in one release."""
        self._change(request, approve_terms, chosen)

    @admin.action(description=gettext_lazy("Reject the selected terms"))
    def reject(self, request: HttpRequest, chosen: QuerySet[Term]) -> None:
        """Reject terms: they are not proposed again."""
        self._change(request, reject_terms, chosen)

    def _change(self, request: HttpRequest, change: Callable[..., int], chosen: QuerySet[Term]) -> None:
        try:
            count = change(terms=list(chosen))
        except QAError as error:
            self.message_user(request, error.user_message, messages.ERROR)
        else:
            self.message_user(request, _("%(count)d terms changed.") % {"count": count})

    def save_related(self, request: HttpRequest, form: ModelForm[Term], formsets: Any, change: bool) -> None:
        """Save the aliases, then release."""
        with changing_lexicon():
            super().save_related(request, form, formsets, change)

    def delete_model(self, request: HttpRequest, obj: Term) -> None:
        """Delete a term and release."""
        with changing_lexicon():
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Term]) -> None:
        """Delete terms and release once."""
        with changing_lexicon():
            super().delete_queryset(request, queryset)


@admin.register(KnowledgeBase)
class KnowledgeBaseAdmin(admin.ModelAdmin[KnowledgeBase]):
    """Knowledge bases."""

    list_display = ("name", "slug", "default_language", "promise_target")
    readonly_fields = ("promise_in_words",)

    @admin.display(description=gettext_lazy("what can be promised"))
    def promise_in_words(self, obj: KnowledgeBase) -> str:
        """Say whether the stated promise can be kept."""
        from qa.services.learning import live_calibration  # numpy and more: not needed to migrate

        calibration = live_calibration(obj)
        if calibration is None:
            return _("Not known yet: the confidence has not been fitted.")
        return describe_promise(calibration, obj.promise_target)

    def save_model(
        self, request: HttpRequest, obj: KnowledgeBase, form: ModelForm[KnowledgeBase], change: bool
    ) -> None:
        """Save it; a new one, or another promise, is a release, so that every process learns of it."""
        if change and "promise_target" not in form.changed_data:
            super().save_model(request, obj, form, change)
            return
        with changing_knowledge():
            super().save_model(request, obj, form, change)

    def has_delete_permission(self, _request: HttpRequest, _obj: KnowledgeBase | None = None) -> bool:
        """Conversations speak of it."""
        return False


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """Product lines."""

    list_display = ("code", "name_zh", "name_en", "knowledge_base")
    list_filter = ("knowledge_base",)

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        """Delete a product line; its entries change with it."""
        with changing_knowledge() as revision:
            obj.entries.update(revision=revision)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Delete product lines; their entries change with them."""
        with changing_knowledge() as revision:
            Entry.objects.filter(products__in=queryset).update(revision=revision)
            super().delete_queryset(request, queryset)


class ReadOnlyAdmin:
    """What operators may look at and nobody may change by hand."""

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class TurnInline(ReadOnlyAdmin, admin.TabularInline[Turn, Conversation]):
    """What was said."""

    model = Turn
    extra = 0
    fields = ("seq", "role", "kind", "text", "entry", "confidence", "decision", "release", "latency_ms", "at")
    # Without change permission Django still builds an inline's form, and `at` can't be in one.
    readonly_fields = fields
    ordering = ("seq",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Turn]:
        """Fetch the entries with their turns."""
        return super().get_queryset(request).select_related("entry")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin, admin.ModelAdmin[Conversation]):
    """Conversations, to look at."""

    list_display = ("public_id", "knowledge_base", "state", "last_seq", "updated_at")
    list_filter = ("knowledge_base", "state")
    fields = ("public_id", "knowledge_base", "state", "created_at", "updated_at")
    inlines = (TurnInline,)
    ordering: ClassVar = ["-updated_at"]


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin, admin.ModelAdmin[Release]):
    """Releases, to look at."""

    list_display = (
        *("number", "reason", "restores", "created_at"),
        *("knowledge_revision", "lexicon_revision", "model_fingerprint"),
    )
    list_filter = ("reason",)


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin, admin.ModelAdmin[Evidence]):
    """Signs of what customers meant, to look at."""

    list_display = ("turn_text", "source", "claim", "entry", "weight", "created_at")
    list_filter = ("source", "claim", "turn__conversation__knowledge_base")
    list_select_related = ("turn", "entry")
    fields = ("turn", "given_by", "agent", "source", "claim", "entry", "weight", "created_at")
    ordering: ClassVar = ["-pk"]

    @admin.display(description=gettext_lazy("utterance"))
    def turn_text(self, sign: Evidence) -> str:
        """Return what the customer wrote, cut."""
        return sign.turn.text[:80]


class JudgementInline(ReadOnlyAdmin, admin.TabularInline[Judgement, ReviewItem]):
    """Who said what of it."""

    model = Judgement
    extra = 0
    fields = ("verdict", "label", "entry", "by", "is_agent", "at", "undone_at")
    readonly_fields = fields


class OccurrenceInline(ReadOnlyAdmin, admin.TabularInline[Occurrence, ReviewItem]):
    """Each time that it was asked."""

    model = Occurrence
    extra = 0
    fields = ("text", "asked_at", "turn")
    readonly_fields = fields


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin, admin.ModelAdmin[ReviewItem]):
    """Review items, to look at; they are reviewed at /learning/."""

    list_display = ("__str__", "state", "label", "entry", "reviewer", "num_asked", "priority")
    list_filter = ("knowledge_base", "state", "label", "bot_decision")
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
class MustAnswerAdmin(admin.ModelAdmin[MustAnswer]):
    """Questions that every model must answer with their entry."""

    list_display = ("text", "entry", "knowledge_base")
    list_filter = ("knowledge_base",)
    search_fields = ("text", "entry__external_id")
    autocomplete_fields = ("entry",)


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin, admin.ModelAdmin[Trial]):
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
