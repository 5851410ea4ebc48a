"""Memberships under /admin/: on a page of their own, and on that of a member of staff."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest

from qa.admin.roles import RoleAdmin, reach_in
from qa.models import KnowledgeBase, Membership, Role


@admin.register(Membership)
class MembershipAdmin(RoleAdmin[Membership]):
    """Who works with what: operators give roles with their own knowledge bases, those of all with all."""

    changers = (Role.OPERATOR,)
    list_display = ("user", "role", "knowledge_base")
    list_filter = (("knowledge_base", admin.RelatedOnlyFieldListFilter), "role")
    list_select_related = ("user", "knowledge_base")
    search_fields = ("user__username",)
    ordering = ("user__username", "role")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Leave out roles with all knowledge bases, but for who may give them."""
        if self._gives_all(request):
            return admin.ModelAdmin.get_queryset(self, request)
        return super().get_queryset(request)

    def holds_role(self, request: HttpRequest, roles: Any, row: Model | None) -> bool:
        """Tell whether a membership opens this one; a role with all knowledge bases needs all."""
        reach = reach_in(request)
        return reach.covers(*roles, base_id=None) or super().holds_role(request, roles, row)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Offer staff; and “all knowledge bases” to those alone who may give it."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True).order_by("username")
            return admin.ModelAdmin.formfield_for_foreignkey(self, db_field, request, **kwargs)
        if not self._gives_all(request):
            return super().formfield_for_foreignkey(
                db_field, request, required=True, empty_label=None, help_text="", **kwargs
            )
        kwargs["queryset"] = KnowledgeBase.objects.order_by("pk")
        return admin.ModelAdmin.formfield_for_foreignkey(self, db_field, request, **kwargs)

    def _gives_all(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request) or reach_in(request).covers(
            Role.OPERATOR, base_id=None
        )


class MembershipInline(admin.TabularInline[Membership, User]):
    """The roles of one member of staff."""

    model = Membership
    extra = 1


class StaffAdmin(UserAdmin[User]):
    """Accounts, with their roles."""

    list_display = ("username", "first_name", "last_name", "email", "is_staff", "is_active")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """Ask for roles once the account is there."""
        return [MembershipInline] if obj is not None else []


admin.site.unregister(User)
admin.site.register(User, StaffAdmin)
