"""Trainings that nobody has to ask for: enough new reviews, enough days, changed code."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from qa.exceptions import Conflict
from qa.models import ReviewItem, TrainingJob
from qa.services.trainings.asking import request_training
from qa.services.trainings.fingerprint import code_fingerprint

Trigger = TrainingJob.Trigger


def consider_training(*, now: datetime | None = None) -> TrainingJob | None:
    """Ask for a training when there is a reason, and none waits or runs; return it.

    Counted is from the last training, however it ended: one that failed is not tried again until something is new.
    """
    if TrainingJob.objects.unfinished().exists():
        return None
    last = TrainingJob.objects.first()
    trigger = _reason(last, now or timezone.now())
    if trigger is None:
        return None
    try:
        return request_training(trigger=trigger)
    except Conflict:  # asked for by somebody else meanwhile
        return None


def _reason(last: TrainingJob | None, now: datetime) -> TrainingJob.Trigger | None:
    reviewed = ReviewItem.objects.labelled()
    if last is not None:
        reviewed = reviewed.filter(reviewed_at__gt=last.created_at)
    if settings.TRAIN_AFTER_REVIEWS and reviewed.count() >= settings.TRAIN_AFTER_REVIEWS:
        return Trigger.REVIEWS
    every = timedelta(days=settings.TRAIN_EVERY_DAYS)
    if every and (last is None or last.created_at + every <= now):
        return Trigger.SCHEDULE
    if settings.TRAIN_ON_CODE_CHANGE and last is not None and last.code_fingerprint != code_fingerprint():
        return Trigger.CODE
    return None
