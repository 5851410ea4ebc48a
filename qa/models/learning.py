"""What answers customers: numbered releases, and which of them is live; and evidence of how well they did."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.conversation import Turn
from qa.models.knowledge import Entry


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
        PROMOTION = "promotion", _("model promoted")
        ROLLBACK = "rollback", _("rolled back")

    number = models.BigAutoField(_("release number"), primary_key=True)
    model_fingerprint = models.CharField(_("model fingerprint"), max_length=64, blank=True)
    knowledge_revision = models.PositiveBigIntegerField(_("knowledge revision"))
    lexicon_revision = models.PositiveBigIntegerField(_("lexicon revision"))
    calibrations = models.JSONField(
        _("calibrations"), default=dict, blank=True, help_text=_("Knowledge base → calibration model and thresholds.")
    )
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    restores = models.PositiveBigIntegerField(
        _("restores release"), null=True, blank=True, help_text=_("Whose model and thresholds were taken up again.")
    )
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


class Evidence(models.Model):
    """One sign of what a customer's utterance meant, or did not mean.

    Signs come from customers and agents; they never change knowledge or training data by themselves.
    A reviewer sees what they add up to (`ReviewItem`).
    """

    class Source(models.TextChoices):
        """Where a sign came from."""

        VOTE_UP = "vote_up", _("thumb up")
        VOTE_DOWN = "vote_down", _("thumb down")
        CHOICE = "choice", _("chosen when asked back")
        NONE_OF_THESE = "none_of_these", _("none of these")
        HAND_OFF = "handoff", _("handed over")
        PERSON = "person", _("wished for a person")
        REASKED = "reasked", _("asked again")
        AGENT = "agent", _("agent's choice")

    class Claim(models.TextChoices):
        """What a sign says of the utterance."""

        ENTRY = "entry", _("this entry")
        NOT_ENTRY = "not_entry", _("not this entry")
        OUT_OF_SCOPE = "out_of_scope", _("out of scope")
        UNKNOWN = "unknown", _("unknown")

    turn = models.ForeignKey(
        Turn, models.CASCADE, verbose_name=_("utterance"), related_name="signs", help_text=_("The customer's turn.")
    )
    given_by = models.ForeignKey(
        Turn, models.CASCADE, verbose_name=_("given by"), null=True, blank=True, related_name="signs_given"
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("agent"), null=True, blank=True, related_name="+"
    )
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    claim = models.CharField(_("claim"), max_length=16, choices=Claim.choices)
    entry = models.ForeignKey(
        Entry, models.PROTECT, verbose_name=_("entry"), null=True, blank=True, related_name="signs"
    )
    weight = models.FloatField(_("weight"), help_text=_("How much it counts, 0 to 1."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            # One sign of a sort for each turn that gives one, and one choice for each agent.
            models.UniqueConstraint(fields=["given_by", "source"], name="evidence_given_once"),
            models.UniqueConstraint(
                fields=["turn", "agent"], condition=models.Q(agent__isnull=False), name="evidence_agent_once"
            ),
            models.CheckConstraint(
                condition=models.Q(claim__in=["entry", "not_entry"], entry__isnull=False)
                | models.Q(claim__in=["out_of_scope", "unknown"], entry__isnull=True),
                name="evidence_entry_as_claimed",
            ),
            models.CheckConstraint(condition=models.Q(weight__gt=0, weight__lte=1), name="evidence_weight_range"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.claim}"
