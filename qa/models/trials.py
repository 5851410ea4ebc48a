"""Trials of candidate models, and the questions that every model must answer."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.knowledge import Entry, KnowledgeBase
from qa.models.learning import Release


class MustAnswer(models.Model):
    """A question that must be answered with its entry: a candidate that loses it is rejected, whatever it gains."""

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="must_answers"
    )
    entry = models.ForeignKey(Entry, models.CASCADE, verbose_name=_("entry"), related_name="must_answers")
    text = models.CharField(
        _("question"),
        max_length=1000,
        help_text=_("As a customer would put it, and not as a phrasing already says it."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("question that must be answered")
        verbose_name_plural = _("questions that must be answered")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["knowledge_base", "text"], name="must_answer_text_unique")
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def clean(self) -> None:
        """Refuse an entry that can't be the answer here."""
        entry = getattr(self, "entry", None)
        if entry is None or self.knowledge_base_id is None:
            return
        if entry.knowledge_base_id != self.knowledge_base_id or entry.is_out_of_scope:
            raise ValidationError({"entry": _("Choose an entry of this knowledge base that has an answer.")})


class TrialQuerySet(models.QuerySet["Trial"]):
    """Filters of trials."""

    def against(self, live_model: str) -> "TrialQuerySet":
        """Keep candidate models that were held against a live one; "" for none."""
        held = models.Q(live_release__model_fingerprint=live_model)
        if not live_model:
            held |= models.Q(live_release=None)
        return self.filter(held, kind=Trial.Kind.MODEL)


class Trial(models.Model):
    """One trial: a candidate and what was live, asked the same questions, and what the judge said.

    `report` holds figures, hashes of the questions and no text; the page that quotes them lies in a folder named
    after the row's number.
    """

    class Kind(models.TextChoices):
        """What was on trial."""

        MODEL = "model", _("a candidate model")
        CODE = "code", _("the present code")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.MODEL)
    candidate_fingerprint = models.CharField(_("candidate"), max_length=64, db_index=True)
    live_release = models.ForeignKey(
        Release, models.PROTECT, verbose_name=_("held against release"), null=True, related_name="trials"
    )
    is_blessed = models.BooleanField(_("blessed"))
    reasons = models.JSONField(_("reasons"), default=list, help_text=_("Why it was rejected: codes with numbers."))
    report = models.JSONField(default=dict)
    calibrations = models.JSONField(
        default=dict, help_text=_("Confidence and thresholds that the candidate was judged with.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        verbose_name = _("trial")
        verbose_name_plural = _("trials")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.candidate_fingerprint[:12]}"
