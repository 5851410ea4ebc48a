"""What answers customers: numbered releases, and which of them is live."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Release(models.Model):
    """One state of what answers customers: model, knowledge revision, lexicon revision, thresholds.

    Its number is what every turn stores. Publishing knowledge makes one, preparing a model makes one.
    """

    class Reason(models.TextChoices):
        """What made the release."""

        KNOWLEDGE = "knowledge", _("knowledge changed")
        LEXICON = "lexicon", _("lexicon changed")
        MODEL = "model", _("model prepared")
        CALIBRATION = "calibration", _("calibrated anew")

    number = models.BigAutoField(_("release number"), primary_key=True)
    model_fingerprint = models.CharField(_("model fingerprint"), max_length=64, blank=True)
    knowledge_revision = models.PositiveBigIntegerField(_("knowledge revision"))
    lexicon_revision = models.PositiveBigIntegerField(_("lexicon revision"))
    calibrations = models.JSONField(
        _("calibrations"), default=dict, blank=True, help_text=_("Knowledge base → calibration model and thresholds.")
    )
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return str(self.number)


class LiveRelease(models.Model):
    """The one row that says which release is live. Locked by whoever makes a new one.

    Processes poll it; numbers are given out under its lock, so they become visible in order.
    """

    SINGLETON_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON_ID, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, null=True)
    since = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="live_release_single")]

    def __str__(self) -> str:
        return f"live: {self.release_id}"
