"""The operators' pages of widgets: look, words, origins, hours, secret; a live preview and the tag to copy."""

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field
from django.forms import ModelForm, Textarea, TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qa.admin.roles import OF_BASES, RoleAdmin
from qa.models import Role, Visitor, Widget
from qa.selectors import snippet_of
from qa.selectors.access import bases_for
from qa.services.widgets import rotate_secret
from qa.widget_page import embeddable

PREVIEWED = (
    "title_zh",
    "title_en",
    "greeting_zh",
    "greeting_en",
    "brand_color",
    "theme",
    "locale",
)
"""Fields that the preview shows before they are saved."""


@admin.register(Widget)
class WidgetAdmin(RoleAdmin[Widget]):
    """Widgets of the knowledge bases that somebody operates."""

    changers = (Role.OPERATOR,)
    list_display = ("name", "knowledge_base", "is_active", "key", "updated_at")
    list_filter = (OF_BASES, "is_active")
    list_select_related = ("knowledge_base",)
    search_fields = ("name", "key", "origins")
    readonly_fields = ("preview", "snippet", "secret")
    fieldsets = (
        (None, {"fields": ("preview", "name", "knowledge_base", "is_active", "origins")}),
        (gettext_lazy("Look"), {"fields": ("brand_color", "theme", "side", "locale")}),
        (gettext_lazy("Words"), {"fields": ("title_zh", "title_en", "greeting_zh", "greeting_en")}),
        (gettext_lazy("People"), {"fields": ("time_zone", "hours", "holidays", "asks_contact")}),
        (gettext_lazy("On your page"), {"fields": ("snippet", "requires_identity", "secret")}),
    )

    class Media:
        css: ClassVar = {"all": ["qa/widget/admin.css"]}
        js = ("qa/widget/admin.js",)

    def get_form(self, request: HttpRequest, obj: Widget | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Give colours a picker, and lists their lines."""
        lines = Textarea(attrs={"rows": 3, "cols": 60})
        kwargs["widgets"] = {
            "brand_color": TextInput(attrs={"type": "color"}),
            **dict.fromkeys(("origins", "hours", "holidays"), lines),
        }
        form: type[ModelForm[Widget]] = super().get_form(request, obj, change=change, **kwargs)
        return form

    def get_urls(self) -> list[URLPattern]:
        """Add the preview and the secret's page."""
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self.show_preview), name="qa_widget_preview"),
            path("<int:pk>/preview/", wrap(self.show_preview), name="qa_widget_preview_of"),
            path("<int:pk>/secret/", wrap(self.show_secret), name="qa_widget_secret"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("preview"))
    def preview(self, widget: Widget) -> str:
        """Show the chat as the form would make it."""
        name, args = ("admin:qa_widget_preview_of", [widget.pk]) if widget.pk else ("admin:qa_widget_preview", [])
        return format_html(
            '<div class="widget-preview" data-side="{}"><iframe title="{}" data-preview="{}" data-fields="{}"></iframe>'
            '<span class="widget-preview__launcher" aria-hidden="true"></span></div>',
            widget.side,
            _("Live preview"),
            reverse(name, args=args),
            " ".join(("knowledge_base", *PREVIEWED)),
        )

    @admin.display(description=gettext_lazy("tag for your page"))
    def snippet(self, widget: Widget) -> str:
        """Show the tag to copy; its address is the one that this page was opened at."""
        if not widget.pk:
            return _("Save the widget first.")
        return format_html(
            '<textarea class="widget-snippet" rows="3" cols="70" readonly data-origin="{}">{}</textarea>'
            '<button type="button" class="button" data-copy=".widget-snippet" data-done="{}">{}</button>',
            "https://YOUR-CHAT-HOST",
            snippet_of(widget, url="https://YOUR-CHAT-HOST"),
            _("Copied"),
            _("Copy"),
        )

    @admin.display(description=gettext_lazy("identity secret"))
    def secret(self, widget: Widget) -> str:
        """Lead to the secret's own page: it is shown on purpose only."""
        if not widget.pk:
            return _("Save the widget first.")
        link = reverse("admin:qa_widget_secret", args=[widget.pk])
        return format_html('<a class="button" href="{}">{}</a>', link, _("Show or replace"))

    def show_preview(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Render the chat with the form's values, saved or not; `secret` and `key` are not among them."""
        widget = self._previewed(request) if pk is None else self._own(request, pk)
        bases = {str(base.pk): base for base in bases_for(request.user, Role.OPERATOR)}
        widget.knowledge_base = bases.get(request.GET.get("knowledge_base", ""), widget.knowledge_base)
        for name in PREVIEWED:
            setattr(widget, name, _acceptable(widget, name, request.GET.get(name)))
        return embeddable(request, widget, ["'self'"])

    def _previewed(self, request: HttpRequest) -> Widget:
        base = bases_for(request.user, Role.OPERATOR).first()
        if not self.has_add_permission(request) or base is None:
            raise PermissionDenied
        return Widget(key="preview", knowledge_base=base)

    def _own(self, request: HttpRequest, pk: int) -> Widget:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def show_secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a widget's secret after a press of a button, or replace it."""
        widget = self._own(request, pk)
        secret = ""
        if request.method == "POST":
            if "replace" in request.POST:
                rotate_secret(widget_id=widget.pk)
                self.log_change(request, widget, _("Identity secret replaced."))
                messages.warning(request, _("The secret was replaced. What the old one signed is refused from now on."))
                return redirect("admin:qa_widget_secret", widget.pk)
            secret = widget.identity_secret
        context = {**self.admin_site.each_context(request), "widget": widget, "secret": secret, "opts": self.opts}
        return render(request, "admin/qa/widget/secret.html", context)


@admin.register(Visitor)
class VisitorAdmin(RoleAdmin[Visitor]):
    """Customers whom sites have vouched for: to be read, and deleted by operators."""

    base_path = "widget__knowledge_base"
    viewers = (Role.AGENT,)
    changers = (Role.OPERATOR,)
    list_display = ("external_id", "name", "email", "widget", "updated_at")
    list_filter = (("widget", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("widget",)
    search_fields = ("external_id", "name", "email")
    readonly_fields = ("widget", "external_id", "name", "email", "attributes")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse: sites name their visitors."""
        return False


def _acceptable(widget: Widget, name: str, value: str | None) -> str:
    """Return a field's new value, or the old one where the new could not be saved."""
    field = cast("Field[str, str]", Widget._meta.get_field(name))
    old: str = getattr(widget, name)
    if value is None:
        return old
    try:
        cleaned: str = field.clean(value, widget)
    except ValidationError:
        return old
    return cleaned
