"""What was said: conversations, their turns in order, and votes on them."""

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from qa.models.knowledge import Entry, KnowledgeBase
from qa.models.widgets import Visitor, Widget

_TOKEN_SALT = "qa.conversation.token"  # noqa: S105  # a salt, not a secret
_OWN_TOKEN_SALT = "qa.conversation.own_token"  # noqa: S105  # a salt, not a secret


class Tag(models.Model):
    """A label that agents put on conversations."""

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="tags"
    )
    name = models.CharField(_("name"), max_length=40)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["knowledge_base", "name"], name="tag_name_unique")]

    def __str__(self) -> str:
        return self.name


class Conversation(models.Model):
    """One visitor's conversation. Whoever holds its token may read and continue it.

    `state` says who answers; `qa.services.handoff` alone changes it, and writes a `Transition` each time.
    """

    class State(models.TextChoices):
        """Who is answering."""

        BOT = "bot", _("bot")
        WAITING = "waiting", _("waiting for a person")
        ASSIGNED = "assigned", _("with a person")
        TICKET = "ticket", _("left as a message")
        RESOLVED = "resolved", _("resolved")
        CLOSED = "closed", _("closed")

    class Reason(models.TextChoices):
        """Why a person is wanted."""

        REQUEST = "request", _("asked for a person")
        MISSES = "misses", _("not understood twice")
        ANGER = "anger", _("upset")
        DANGER = "danger", _("danger")
        AGENT = "agent", _("taken by an agent")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.PROTECT, verbose_name=_("knowledge base"), related_name="conversations"
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.BOT)
    last_seq = models.PositiveIntegerField(_("last number"), default=0)
    widget = models.ForeignKey(
        Widget, models.SET_NULL, verbose_name=_("widget"), null=True, blank=True, related_name="conversations"
    )
    visitor = models.ForeignKey(
        Visitor, models.SET_NULL, verbose_name=_("visitor"), null=True, blank=True, related_name="conversations"
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    page = models.CharField(
        _("page"), max_length=500, blank=True, help_text=_("Where the widget stood last, without query and fragment.")
    )
    num_misses = models.PositiveSmallIntegerField(_("misses in a row"), default=0)
    reason = models.CharField(_("why a person"), max_length=16, choices=Reason.choices, blank=True)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("agent"),
        null=True,
        blank=True,
        related_name="assigned_conversations",
    )
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    assigned_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    first_reply_at = models.DateTimeField(_("first reply by a person at"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    contact_name = models.CharField(_("name"), max_length=200, blank=True)
    contact_email = models.CharField(_("e-mail"), max_length=254, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=40, blank=True)
    satisfaction = models.PositiveSmallIntegerField(
        _("satisfaction"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    satisfaction_comment = models.CharField(_("comment"), max_length=500, blank=True)
    tags = models.ManyToManyField(Tag, verbose_name=_("labels"), blank=True, related_name="conversations")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes: ClassVar = [
            models.Index(fields=["knowledge_base", "state", "waiting_since"], name="conversation_queue"),
            models.Index(fields=["assignee", "state"], name="conversation_assignee"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @staticmethod
    def new_token() -> str:
        """Return a fresh bearer token, 32 random bytes in URL-safe base64."""
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(token: str) -> str:
        """Return what is stored of a token: a keyed SHA-256, so that a copied table opens nothing."""
        return salted_hmac(_TOKEN_SALT, token, algorithm="sha256").hexdigest()

    @staticmethod
    def token_of(public_id: uuid.UUID) -> str:
        """Return the bearer token of a conversation.

        It can be made again, so that a visitor whom the site vouches for goes on with their conversation on
        another device, but only by who has the secret key.
        """
        return salted_hmac(_OWN_TOKEN_SALT, public_id.hex, algorithm="sha256").hexdigest()

    def opens_with(self, token: str) -> bool:
        """Tell whether a token is this conversation's, in constant time."""
        return constant_time_compare(self.token_digest, self.digest_of(token))


class Decision(models.TextChoices):
    """What was decided on a question."""

    ANSWER = "answer", _("answer")
    CLARIFY = "clarify", _("ask back")
    HAND_OFF = "handoff", _("hand over")


class Turn(models.Model):
    """One thing said, by whomever. It exists when this row is committed; `seq` rises by one.

    A bot's turn keeps what it was decided on: release, normalised text, hits with their evidence,
    thresholds, probability and time taken, so that the decision can be replayed.
    """

    class Role(models.TextChoices):
        """Who spoke."""

        CUSTOMER = "customer", _("customer")
        BOT = "bot", _("bot")
        AGENT = "agent", _("agent")
        SYSTEM = "system", _("system")

    class Kind(models.TextChoices):
        """What sort of turn it is (protocol.md)."""

        TEXT = "text", _("text")
        ANSWER = "answer", _("answer")
        CLARIFY = "clarify", _("question back")
        HANDOFF = "handoff", _("hand-over")
        NOTICE = "notice", _("notice")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    seq = models.PositiveIntegerField(_("number"))
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    entry = models.ForeignKey(
        Entry, models.PROTECT, verbose_name=_("entry"), null=True, blank=True, related_name="turns"
    )
    options = models.JSONField(default=list, blank=True)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    release = models.PositiveBigIntegerField(_("release"), default=0)
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("agent"), null=True, blank=True, related_name="+"
    )
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    decision = models.CharField(_("decision"), max_length=16, choices=Decision.choices, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    latency_ms = models.FloatField(_("time taken (ms)"), null=True, blank=True)
    at = models.DateTimeField(_("said at"), auto_now_add=True)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering: ClassVar = ["conversation_id", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="turn_seq_unique"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="turn_client_id_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"


class Vote(models.Model):
    """A customer's thumb on one turn; a later vote replaces an earlier one."""

    class Value(models.TextChoices):
        """Up or down."""

        UP = "up", _("up")
        DOWN = "down", _("down")

    turn = models.OneToOneField(Turn, models.CASCADE, verbose_name=_("turn"), related_name="vote")
    value = models.CharField(_("value"), max_length=8, choices=Value.choices)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")

    def __str__(self) -> str:
        return self.value
