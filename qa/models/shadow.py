"""A blessed model that runs beside the live one, and where the two disagree."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.conversation import Decision, Turn
from qa.models.knowledge import Entry


class ShadowQuerySet(models.QuerySet["Shadow"]):
    """Filters of shadows."""

    def running(self) -> "ShadowQuerySet":
        """Keep the one that is asked what customers ask; none or one."""
        return self.filter(is_running=True)


class Shadow(models.Model):
    """A candidate that is asked what the live model was asked, after the customer has the answer.

    Customers never see what it says. `last_turn` is the newest reply that was compared or passed over.
    """

    model_fingerprint = models.CharField(_("model fingerprint"), max_length=64)
    calibrations = models.JSONField(_("calibrations"), default=dict)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    is_running = models.BooleanField(_("running"), default=True)
    last_turn = models.PositiveBigIntegerField(default=0)
    num_compared = models.PositiveIntegerField(_("compared"), default=0)
    num_skipped = models.PositiveIntegerField(
        _("passed over"), default=0, help_text=_("Too many at once, or answered by another release.")
    )

    objects = ShadowQuerySet.as_manager()

    class Meta:
        verbose_name = _("shadow")
        verbose_name_plural = _("shadows")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_running"], condition=models.Q(is_running=True), name="shadow_runs_alone"
            )
        ]

    def __str__(self) -> str:
        return self.model_fingerprint


class Disagreement(models.Model):
    """One reply that the shadow would have given otherwise: ids and decisions, no text."""

    shadow = models.ForeignKey(Shadow, models.CASCADE, related_name="disagreements")
    reply = models.ForeignKey(Turn, models.CASCADE, related_name="disagreements")
    decision = models.CharField(_("the shadow's decision"), max_length=16, choices=Decision.choices)
    entry = models.ForeignKey(
        Entry, models.CASCADE, verbose_name=_("the shadow's entry"), null=True, blank=True, related_name="+"
    )
    confidence = models.FloatField(_("the shadow's confidence"))

    class Meta:
        verbose_name = _("disagreement")
        verbose_name_plural = _("disagreements")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["shadow", "reply"], name="disagreement_once")]

    def __str__(self) -> str:
        return self.decision
