"""Reviewed pairs: what customers asked, de-identified, and which entry a person says it belongs to."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from qa.models.conversation import Decision, Turn
from qa.models.knowledge import Entry, KnowledgeBase
from qa.models.phrasings import Phrasing

_CONVERSATION_SALT = "qa.occurrence.conversation"


class Label(models.TextChoices):
    """What an utterance belongs to."""

    ENTRY = "entry", _("an entry")
    OUT_OF_SCOPE = "out_of_scope", _("out of scope")
    UNKNOWN = "unknown", _("unknown")


class ReviewQuerySet(models.QuerySet["ReviewItem"]):
    """Filters of review items."""

    def waiting(self) -> "ReviewQuerySet":
        """Keep what is to be reviewed, the most useful first."""
        return self.filter(state=ReviewItem.State.PROPOSED).order_by("-priority", "id")

    def labelled(self) -> "ReviewQuerySet":
        """Keep what a reviewer, or two agents, gave a label."""
        return self.filter(state__in=[ReviewItem.State.CONFIRMED, ReviewItem.State.CORRECTED])


class ReviewItem(models.Model):
    """One utterance, asked once or often, and what it is proposed to belong to; later, what it was found to.

    It holds nothing that names a person, so it may outlive the conversations that it came from. Why it is
    proposed stands in `reasons` as codes with numbers; `qa.selectors.review` puts them into words.
    """

    class State(models.TextChoices):
        """How far the review is."""

        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        CORRECTED = "corrected", _("corrected")
        DISCARDED = "discarded", _("discarded")

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="review_items"
    )
    text = models.TextField(_("utterance"), help_text=_("De-identified."))
    key = models.CharField(max_length=64, editable=False, help_text=_("Digest of the normalised text."))
    language = models.CharField(_("language"), max_length=8, blank=True)
    num_asked = models.PositiveIntegerField(_("times asked"), default=1)
    bot_decision = models.CharField(_("decision"), max_length=16, choices=Decision.choices, blank=True)
    bot_entry = models.ForeignKey(
        Entry, models.PROTECT, verbose_name=_("entry given"), null=True, blank=True, related_name="+"
    )
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    release = models.PositiveBigIntegerField(_("release"), default=0)
    suggestions = models.JSONField(default=list, blank=True, help_text=_("Entries that may be right, best first."))
    reasons = models.JSONField(default=list, blank=True)
    proposal = models.CharField(_("proposal"), max_length=16, choices=Label.choices)
    proposed_entry = models.ForeignKey(
        Entry, models.PROTECT, verbose_name=_("proposed entry"), null=True, blank=True, related_name="+"
    )
    priority = models.FloatField(_("priority"), default=0.0)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PROPOSED)
    label = models.CharField(_("label"), max_length=16, choices=Label.choices, blank=True)
    entry = models.ForeignKey(
        Entry, models.PROTECT, verbose_name=_("entry"), null=True, blank=True, related_name="review_items"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("reviewer"), null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    phrasing = models.ForeignKey(
        Phrasing, models.SET_NULL, verbose_name=_("phrasing"), null=True, blank=True, related_name="review_items"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    refreshed_at = models.DateTimeField(_("proposed at"), help_text=_("Signs up to then are in it."))

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review item")
        verbose_name_plural = _("review items")
        permissions: ClassVar = [("review", "Can review what customers asked")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["knowledge_base", "key"], name="review_item_key_unique"),
            models.CheckConstraint(
                condition=models.Q(proposal="entry", proposed_entry__isnull=False)
                | models.Q(proposal__in=["out_of_scope", "unknown"], proposed_entry__isnull=True),
                name="review_item_proposal_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["proposed", "discarded"], label="", entry__isnull=True)
                | models.Q(state__in=["confirmed", "corrected"], label="entry", entry__isnull=False)
                | models.Q(state__in=["confirmed", "corrected"], label="out_of_scope", entry__isnull=True),
                name="review_item_label_as_state",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["knowledge_base", "state", "-priority", "id"], name="review_item_queue")
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Judgement(models.Model):
    """What one person said of a review item; undone, it stays, and no longer counts.

    A reviewer's judgement decides. Agents' judgements decide when two different people agree and nobody differs.
    """

    item = models.ForeignKey(ReviewItem, models.CASCADE, related_name="judgements")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+")
    is_agent = models.BooleanField(_("by an agent"), default=False)
    verdict = models.CharField(_("verdict"), max_length=16, choices=ReviewItem.State.choices)
    label = models.CharField(_("label"), max_length=16, choices=Label.choices, blank=True)
    entry = models.ForeignKey(Entry, models.PROTECT, verbose_name=_("entry"), null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("judged at"), auto_now_add=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("judgement")
        verbose_name_plural = _("judgements")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "by"],
                condition=models.Q(is_agent=True, by__isnull=False),
                name="judgement_of_agent_once",
            )
        ]

    def __str__(self) -> str:
        return self.verdict


class Occurrence(models.Model):
    """One time that a review item was asked; what leads from a label back to its conversation.

    It outlives the conversation without its turn. The digest still tells which occurrences are of one
    conversation (a snapshot is split by it), and finds them when that conversation is to be forgotten.
    """

    item = models.ForeignKey(ReviewItem, models.CASCADE, related_name="occurrences")
    turn = models.OneToOneField(
        Turn, models.SET_NULL, verbose_name=_("turn"), null=True, blank=True, related_name="occurrence"
    )
    conversation_digest = models.CharField(max_length=64, db_index=True, editable=False)
    text = models.TextField(_("utterance"), help_text=_("De-identified."))
    key = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("occurrence")
        verbose_name_plural = _("occurrences")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:80]

    @staticmethod
    def digest_of(public_id: UUID) -> str:
        """Return what stands for a conversation: a keyed SHA-256 of its public id."""
        return salted_hmac(_CONVERSATION_SALT, str(public_id), algorithm="sha256").hexdigest()
