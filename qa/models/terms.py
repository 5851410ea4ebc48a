"""The jargon of a company's trade."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.knowledge import KnowledgeBase, Language


class TermQuerySet(models.QuerySet["Term"]):
    """Filters of terms."""

    def approved(self) -> "TermQuerySet":
        """Keep what takes effect."""
        return self.filter(status=Term.Status.APPROVED)


class Term(models.Model):
    """A word of the trade. Approved terms are understood at once, through their aliases."""

    class Kind(models.TextChoices):
        """What sort of word it is; codes and models are kept whole when a text is cut into words."""

        JARGON = "jargon", _("jargon")
        CODE = "code", _("error code")
        MODEL = "model", _("model number")
        FOREIGN = "foreign", _("not ours")

    class Status(models.TextChoices):
        """Only approved terms take effect."""

        PROPOSED = "proposed", _("proposed")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="terms"
    )
    text = models.CharField(_("term"), max_length=200)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.JARGON)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.APPROVED)
    definition_zh = models.CharField(_("definition in Chinese"), max_length=500, blank=True)
    definition_en = models.CharField(_("definition in English"), max_length=500, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering: ClassVar = ["text"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["knowledge_base", "text"], name="term_text_unique")]

    def __str__(self) -> str:
        return self.text


class Alias(models.Model):
    """Another way to say a term."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="aliases")
    text = models.CharField(_("alias"), max_length=200)

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "text"], name="alias_text_unique")]

    def __str__(self) -> str:
        return self.text
