"""Who may do what, and with which knowledge base."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.knowledge import KnowledgeBase


class Role(models.TextChoices):
    """What somebody works as."""

    AGENT = "agent", _("agent")
    EDITOR = "editor", _("editor")
    REVIEWER = "reviewer", _("reviewer")
    OPERATOR = "operator", _("operator")


class Membership(models.Model):
    """A role that a member of staff has, with one knowledge base or with all of them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("member of staff"), related_name="memberships"
    )
    knowledge_base = models.ForeignKey(
        KnowledgeBase,
        models.CASCADE,
        verbose_name=_("knowledge base"),
        null=True,
        blank=True,
        related_name="memberships",
        help_text=_("Empty: every knowledge base, those to come too."),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "knowledge_base", "role"], name="membership_unique"),
            # Two rules: SQLite takes empty values for different ones.
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(knowledge_base__isnull=True),
                name="membership_with_all_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} ({self.knowledge_base or _('all')})"


class AgentPresence(models.Model):
    """Whether an agent is at the desk: open pages beat, and one that stops beating is gone."""

    class Status(models.TextChoices):
        """What an agent says of themselves."""

        ONLINE = "online", _("online")
        AWAY = "away", _("away")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("agent"), related_name="presence"
    )
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.ONLINE)
    seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presence")

    def __str__(self) -> str:
        return f"{self.user}: {self.status}"
