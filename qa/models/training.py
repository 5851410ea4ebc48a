"""What models are trained on, and the trainings themselves as jobs."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Snapshot(models.Model):
    """One immutable dataset in VAR_DIR/snapshots, named by the hash of what is in it.

    The folder holds the rows; this row says that it exists, what it counts, and whether it may still be used.
    """

    sha256 = models.CharField(_("hash"), max_length=64, unique=True)
    num_train = models.PositiveIntegerField(_("rows to train on"))
    num_dev = models.PositiveIntegerField(_("rows held out"))
    num_left_out = models.PositiveIntegerField(_("rows left out"))
    counts = models.JSONField(_("rows by source, language and entry"), default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(
        _("withdrawn at"), null=True, blank=True, help_text=_("A conversation in it was deleted: never used again.")
    )

    class Meta:
        verbose_name = _("dataset snapshot")
        verbose_name_plural = _("dataset snapshots")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.sha256[:12]
