"""Who a visitor is; a stand-in until the branch `widget` is merged, whose file wins."""

from django.utils.translation import gettext as _

from qa.exceptions import Unauthorised
from qa.models import Visitor, Widget


def visitor_of(*, widget: Widget, identity: str | None) -> Visitor | None:
    """Return the visitor whom an identity names; None for the anonymous.

    Raises:
        Unauthorised: There is an identity, which nothing here can check, or none where the widget wants one.
    """
    if identity or widget.requires_identity:
        raise Unauthorised(_("The identity was not signed with this widget's secret."))
    return None
