"""Tasks that one of several processes does at a time: whoever updates the row first."""

from datetime import datetime, timedelta

from django.db import transaction

from qa.models import Lease


def take_lease(*, name: str, now: datetime, for_s: float) -> bool:
    """Take a lease if nobody has it, and tell whether this call did.

    Args:
        name: What is done under it.
        now: By this process's clock; a clock that goes wrong takes it too early or too late, never for ever.
        for_s: How long nobody else gets it, in seconds.
    """
    until = now + timedelta(seconds=for_s)
    with transaction.atomic():
        if Lease.objects.filter(name=name, until__lte=now).update(until=until):
            return True
        _lease, is_new = Lease.objects.get_or_create(name=name, defaults={"until": until})
    return is_new
