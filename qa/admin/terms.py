"""The jargon of the trade."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qa.admin.roles import OF_BASES, RoleAdmin, RoleInline
from qa.exceptions import QAError
from qa.models import (
    Alias,
    Role,
    Term,
)
from qa.services.jargon import approve_terms, reject_terms
from qa.services.releases import changing_lexicon


class AliasInline(RoleInline[Alias, Term], admin.TabularInline[Alias, Term]):
    """Other ways to say a term."""

    model = Alias
    extra = 3


@admin.register(Term)
class TermAdmin(RoleAdmin[Term]):
    """Terms: an approved one is understood at once."""

    changers = (Role.EDITOR,)
    list_display = ("text", "kind", "language", "status", "knowledge_base")
    list_filter = (OF_BASES, "kind", "language", "status")
    search_fields = ("text", "aliases__text")
    inlines = (AliasInline,)
    actions = ("approve", "reject")

    @admin.action(permissions=["change"], description=gettext_lazy("Approve the selected terms"))
    def approve(self, request: HttpRequest, chosen: QuerySet[Term]) -> None:
        """Approve terms, all in one release."""
        self._change(request, approve_terms, chosen)

    @admin.action(permissions=["change"], description=gettext_lazy("Reject the selected terms"))
    def reject(self, request: HttpRequest, chosen: QuerySet[Term]) -> None:
        """Reject terms: they are not proposed again."""
        self._change(request, reject_terms, chosen)

    def _change(self, request: HttpRequest, change: Callable[..., int], chosen: QuerySet[Term]) -> None:
        self.require_change(request, chosen)
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
