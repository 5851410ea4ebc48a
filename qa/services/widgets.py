"""What is done with a widget on purpose, besides editing its row."""

from django.db import transaction

from qa.models import Widget
from qa.models.widgets import new_identity_secret


def rotate_secret(*, widget_id: int) -> str:
    """Give a widget a new identity secret and return it; what the old one signed is refused from now on."""
    with transaction.atomic():
        widget = Widget.objects.select_for_update().get(pk=widget_id)
        widget.identity_secret = new_identity_secret()
        widget.save(update_fields=["identity_secret", "updated_at"])
    return widget.identity_secret
