"""Whether a person can be reached from a conversation: opening hours, and who is at the desk."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from qa.models import Conversation, Widget
from qa.opening import HoursUnreadable, OpeningHours, read_opening_hours
from qa.services.presence import agents_online

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reach:
    """What to tell a customer who wants a person.

    Attributes:
        is_open: It is opening time and somebody is at the desk.
        opens_at: When opening time begins next, in the widget's time zone; None within it, or if it never does.
    """

    is_open: bool
    opens_at: datetime | None


def reach_of(conversation: Conversation, *, now: datetime | None = None) -> Reach:
    """Tell whether a person can be reached now; our own page has no opening hours."""
    now = now or timezone.now()
    hours = None if conversation.widget is None else hours_of(conversation.widget)
    if hours is not None and not hours.is_open(now):
        return Reach(False, hours.next_opening(now))
    return Reach(bool(agents_online(conversation.knowledge_base)), None)


def hours_of(widget: Widget) -> OpeningHours | None:
    """Return a widget's opening hours; None, and a line in the log, for some that were never checked."""
    try:
        return _read(widget.time_zone, widget.hours, widget.holidays)
    except HoursUnreadable as error:
        logger.warning("the opening hours of widget %d can't be read: %s", widget.pk, error)
        return None


@lru_cache(maxsize=256)
def _read(time_zone: str, hours: str, holidays: str) -> OpeningHours:
    return read_opening_hours(time_zone=time_zone, hours=hours, holidays=holidays)
