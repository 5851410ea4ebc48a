"""What roles open in the admin: rows of one's own knowledge bases, or of the installation as a whole.

Django's permissions go on saying what they say, for all knowledge bases; memberships add to them.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from qa.models import KnowledgeBase, Role
from qa.selectors.access import Reach, reach_of

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)
Field = Any  # form fields of the admin


OF_BASES = ("knowledge_base", admin.RelatedOnlyFieldListFilter)
"""Offers the knowledge bases of the rows that one sees, and no name of another."""
_REACH = "_hangjia_reach"


def reach_in(request: HttpRequest) -> Reach:
    """Return what memberships open to whoever asks, read once a request: a page of the admin asks a hundred times."""
    reach = getattr(request, _REACH, None)
    if not isinstance(reach, Reach):
        reach = reach_of(request.user, by_permissions=False)
        setattr(request, _REACH, reach)
    return reach


class RoleAdmin(admin.ModelAdmin[Row]):
    """Pages of rows that belong to knowledge bases; those of other ones don't exist for a member of staff.

    Attributes:
        base_path: Where a row names its knowledge base, as in `conversation__knowledge_base`.
        viewers: Roles that see the rows.
        changers: Roles that add, change and delete them too.
    """

    base_path: ClassVar[str] = "knowledge_base"
    viewers: ClassVar[Sequence[Role]] = ()
    changers: ClassVar[Sequence[Role]] = ()

    def holds_role(self, request: HttpRequest, roles: Sequence[Role], row: Model | None) -> bool:
        """Tell whether a membership opens a row, or any row when none is given."""
        reach = reach_in(request)
        if row is None or reach.covers(*roles, base_id=None):
            return reach.touches(*roles)
        return type(row)._default_manager.filter(**{f"{self.base_path}__in": reach.bases(*roles)}, pk=row.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the application to whoever sees any of its rows."""
        return super().has_module_permission(request) or self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Ask Django, then the memberships."""
        seen_by = (*self.viewers, *self.changers)
        return super().has_view_permission(request, obj) or self.holds_role(request, seen_by, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask Django, then the memberships."""
        return super().has_add_permission(request) or self.holds_role(request, self.changers, None)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_change_permission(request, obj) or self.holds_role(request, self.changers, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_delete_permission(request, obj) or self.holds_role(request, self.changers, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        """Leave out what belongs to other knowledge bases."""
        rows = super().get_queryset(request)
        if super().has_view_permission(request):
            return rows
        return rows.filter(**{f"{self.base_path}__in": reach_in(request).bases(*self.viewers, *self.changers)})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row:
        """Return a row; one of another knowledge base is as unknown as one that never was."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404(_("There is nothing with this number."))
        return row

    def require_change(self, request: HttpRequest, chosen: QuerySet[Row]) -> None:
        """Refuse an action on rows of which some may only be looked at.

        Raises:
            PermissionDenied: Nothing was changed.
        """
        if super().has_change_permission(request):
            return
        own = chosen.filter(**{f"{self.base_path}__in": reach_in(request).bases(*self.changers)})
        if own.count() != chosen.count():
            raise PermissionDenied

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Field:
        """Offer one's own knowledge bases, and rows of them."""
        return super().formfield_for_foreignkey(db_field, request, **self._offered(db_field, request), **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Field:
        """Offer rows of one's own knowledge bases."""
        return super().formfield_for_manytomany(db_field, request, **self._offered(db_field, request), **kwargs)

    def _offered(self, db_field: Any, request: HttpRequest) -> dict[str, QuerySet[Any]]:
        model = db_field.related_model
        if model is KnowledgeBase:
            is_granted = super().has_add_permission(request) or super().has_change_permission(request)
            own = KnowledgeBase.objects.order_by("pk") if is_granted else reach_in(request).bases(*self.changers)
            return {"queryset": own}
        if self.admin_site.is_registered(model):
            return {"queryset": self.admin_site.get_model_admin(model).get_queryset(request)}
        return {}


class RoleInline(admin.options.InlineModelAdmin[Row, Parent]):
    """Rows inside the page of one that belongs to a knowledge base: whoever has its roles has theirs."""

    def _holds_role(self, request: HttpRequest, parent: Model | None, *, changing: bool) -> bool:
        page = self.admin_site.get_model_admin(self.parent_model)
        if not isinstance(page, RoleAdmin):
            return False
        roles = page.changers if changing else (*page.viewers, *page.changers)
        return page.holds_role(request, roles, parent)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_view_permission(request, obj) or self._holds_role(request, obj, changing=False)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_add_permission(request, obj) or self._holds_role(request, obj, changing=True)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_change_permission(request, obj) or self._holds_role(request, obj, changing=True)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_delete_permission(request, obj) or self._holds_role(request, obj, changing=True)


class InstallationAdmin(admin.ModelAdmin[Row]):
    """Pages of what the installation has one of, to look at: for operators of all knowledge bases."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the application to whoever sees any of its rows."""
        return super().has_module_permission(request) or self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Ask Django, then the memberships."""
        return super().has_view_permission(request, obj) or reach_in(request).covers(Role.OPERATOR, base_id=None)


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
