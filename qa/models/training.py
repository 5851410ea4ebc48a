"""What models are trained on, and the trainings themselves as jobs."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.learning import Release


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


class TrainingJobQuerySet(models.QuerySet["TrainingJob"]):
    """Filters of trainings."""

    def unfinished(self) -> "TrainingJobQuerySet":
        """Keep what waits or runs."""
        return self.filter(state__in=TrainingJob.UNFINISHED)


class TrainingJob(models.Model):
    """One training, from whoever asked for it to the model that came of it.

    `slot` is 1 while it runs and empty otherwise: being unique, it lets one run at a time, whatever else goes wrong.
    Whoever runs it holds its lease and renews it; a lease that ran out may be taken over.
    """

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", _("waits")
        RUNNING = "running", _("runs")
        CANCELLING = "cancelling", _("is being stopped")
        CANCELLED = "cancelled", _("stopped")
        DONE = "done", _("went live")
        REJECTED = "rejected", _("not better, not live")
        FAILED = "failed", _("failed")
        PARKED = "parked", _("given up")

    class Trigger(models.TextChoices):
        """What made it."""

        BUTTON = "button", _("button")
        COMMAND = "command", _("command")
        REVIEWS = "reviews", _("enough new reviews")
        SCHEDULE = "schedule", _("schedule")
        CODE = "code", _("changed model code")

    class Event(models.TextChoices):
        """What is told of an attempt; a detail may follow."""

        TAKEN_OVER = "taken_over", _("The process died; another goes on from its last checkpoint.")
        DIED_STOPPING = "died_stopping", _("The process died while it was being stopped.")
        DIED_AT_LAST = "died_at_last", _("The process died at the last attempt; this training is given up.")
        REPLACED = "replaced", _("The process died, and another training was started by hand.")
        STOPPED = "stopped", _("Stopped.")
        REFUSED = "refused", _("It could not be done.")
        UNEXPECTED = "unexpected", _("An unexpected error; the worker's log has the details.")

    UNFINISHED = (State.QUEUED, State.RUNNING, State.CANCELLING)
    MAX_ATTEMPTS = 3

    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.QUEUED)
    trigger = models.CharField(_("made by"), max_length=16, choices=Trigger.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("asked by"), null=True, blank=True, related_name="+"
    )
    snapshot = models.ForeignKey(
        Snapshot, models.PROTECT, verbose_name=_("dataset snapshot"), null=True, blank=True, related_name="jobs"
    )
    seed = models.PositiveIntegerField(_("seed"), default=0)
    options = models.JSONField(default=dict, blank=True, help_text=_("Hyper-parameters that are not the default."))
    code_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    slot = models.PositiveSmallIntegerField(null=True, unique=True, editable=False)
    holder = models.CharField(max_length=200, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(_("stage"), max_length=64, blank=True)
    step = models.PositiveIntegerField(_("step"), default=0)
    num_steps = models.PositiveIntegerField(_("steps"), default=0)
    loss = models.FloatField(_("loss"), null=True, blank=True)
    eta_s = models.FloatField(_("seconds left"), null=True, blank=True)
    candidate = models.CharField(_("model fingerprint"), max_length=64, blank=True)
    release = models.ForeignKey(
        Release, models.SET_NULL, verbose_name=_("release"), null=True, blank=True, related_name="jobs"
    )
    report = models.JSONField(default=dict, blank=True, help_text=_("Figures of candidate and live model."))
    report_path = models.CharField(
        _("report"), max_length=300, blank=True, help_text=_("HTML file below VAR_DIR/reports.")
    )
    history = models.JSONField(default=list, blank=True, help_text=_("What happened at each attempt."))
    created_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = TrainingJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("train", "Can start and stop trainings")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "cancelling"], slot=1, slot__isnull=False)
                | (~models.Q(state__in=["running", "cancelling"]) & models.Q(slot__isnull=True)),
                name="training_job_slot_as_state",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.state}"
