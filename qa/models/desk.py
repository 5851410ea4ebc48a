"""What happens around a conversation at the desk: steps of a hand-off, notes, what was read, canned replies."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.conversation import Conversation
from qa.models.knowledge import KnowledgeBase


class Transition(models.Model):
    """One step of a conversation from a state to another: who took it, when and why. Never changed."""

    class Actor(models.TextChoices):
        """Who took a step."""

        CUSTOMER = "customer", _("customer")
        BOT = "bot", _("bot")
        AGENT = "agent", _("agent")
        CLOCK = "clock", _("clock")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="transitions")
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    before = models.CharField(_("from"), max_length=16, choices=Conversation.State.choices)
    after = models.CharField(_("to"), max_length=16, choices=Conversation.State.choices)
    actor = models.CharField(_("by"), max_length=16, choices=Actor.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("agent"), null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("step of a hand-off")
        verbose_name_plural = _("steps of hand-offs")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="transition_client_id_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Note(models.Model):
    """What an agent writes for colleagues; customers never see it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="notes")
    client_id = models.UUIDField(unique=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("author"), null=True, related_name="+"
    )
    text = models.TextField(_("text"))
    at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.pk}"


class ReadMark(models.Model):
    """How far an agent has read a conversation, in whichever browser."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="read_marks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "user"], name="read_mark_unique")]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"


class CannedReply(models.Model):
    """A reply that agents use again and again, found by a shortcut."""

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="canned_replies"
    )
    shortcut = models.SlugField(_("shortcut"), max_length=32, allow_unicode=True)
    text_zh = models.TextField(_("text in Chinese"), blank=True)
    text_en = models.TextField(_("text in English"), blank=True)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering: ClassVar = ["shortcut"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["knowledge_base", "shortcut"], name="canned_reply_shortcut_unique")
        ]

    def __str__(self) -> str:
        return self.shortcut


class Lease(models.Model):
    """A task that one process at a time does, such as the clock's; who updates `until` first has it."""

    name = models.CharField(max_length=32, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
