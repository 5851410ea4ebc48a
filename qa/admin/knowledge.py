"""What customers are answered with: entries, product lines, knowledge bases."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm, TextInput
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qa.admin.roles import OF_BASES, RoleAdmin, RoleInline, reach_in
from qa.exceptions import QAError
from qa.models import (
    Answer,
    Entry,
    KnowledgeBase,
    Phrasing,
    Product,
    Role,
)
from qa.promising import describe_promise
from qa.services.knowledge import set_status, sync_question_phrasings
from qa.services.releases import changing_knowledge


class AnswerInline(RoleInline[Answer, Entry], admin.StackedInline[Answer, Entry]):
    """An entry's question and answer, a language each."""

    model = Answer
    extra = 0


class PhrasingInline(RoleInline[Phrasing, Entry], admin.TabularInline[Phrasing, Entry]):
    """How customers put it; canonical questions are kept by themselves."""

    model = Phrasing
    extra = 3
    formfield_overrides: ClassVar = {models.CharField: {"widget": TextInput(attrs={"size": "90"})}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phrasing]:
        """Leave out the phrasings that follow from the answers."""
        return super().get_queryset(request).exclude(source=Phrasing.Source.QUESTION)


@admin.register(Entry)
class EntryAdmin(RoleAdmin[Entry]):
    """Entries: what is saved here answers customers within a second."""

    changers = (Role.EDITOR,)
    list_display = ("external_id", "title", "category", "status", "num_phrasings", "updated_at")
    list_filter = (
        OF_BASES,
        "status",
        "is_emergency",
        "is_out_of_scope",
        ("products", admin.RelatedOnlyFieldListFilter),
        "category",
    )
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

    @admin.action(permissions=["change"], description=gettext_lazy("Publish the selected entries"))
    def publish(self, request: HttpRequest, chosen: QuerySet[Entry]) -> None:
        """Publish entries."""
        self._set_status(request, chosen, Entry.Status.PUBLISHED)

    @admin.action(permissions=["change"], description=gettext_lazy("Archive the selected entries"))
    def archive(self, request: HttpRequest, chosen: QuerySet[Entry]) -> None:
        """Archive entries."""
        self._set_status(request, chosen, Entry.Status.ARCHIVED)

    def _set_status(self, request: HttpRequest, chosen: QuerySet[Entry], status: Entry.Status) -> None:
        self.require_change(request, chosen)
        try:
            num_changed = set_status(entries=list(chosen), status=status)
        except QAError as error:
            self.message_user(request, error.user_message, messages.ERROR)
        else:
            self.message_user(request, _("%(count)d entries changed.") % {"count": num_changed})


@admin.register(KnowledgeBase)
class KnowledgeBaseAdmin(RoleAdmin[KnowledgeBase]):
    """Knowledge bases."""

    base_path = "pk"
    changers = (Role.OPERATOR,)
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new knowledge base is nobody's yet: operators of all make it."""
        is_granted = admin.ModelAdmin.has_add_permission(self, request)
        return is_granted or reach_in(request).covers(Role.OPERATOR, base_id=None)

    def has_delete_permission(self, _request: HttpRequest, _obj: KnowledgeBase | None = None) -> bool:
        """Conversations speak of it."""
        return False


@admin.register(Product)
class ProductAdmin(RoleAdmin[Product]):
    """Product lines."""

    changers = (Role.EDITOR,)
    list_display = ("code", "name_zh", "name_en", "knowledge_base")
    list_filter = (OF_BASES,)

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
