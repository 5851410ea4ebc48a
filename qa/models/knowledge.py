"""What a company knows: knowledge bases, product lines, entries with their answers."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qa.privacy import InvalidTemplate, parse_templates

LANGUAGE_CODES = ("zh", "en")


class Language(models.TextChoices):
    """Languages that an answer can be written in."""

    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")


_TEMPLATE_COMPLAINTS = {
    InvalidTemplate.Code.TOO_MANY: _("There are more than %(limit)d templates."),
    InvalidTemplate.Code.TOO_LONG: _("“%(template)s” has more than %(limit)d characters."),
    InvalidTemplate.Code.TOO_GENERAL: _(
        "“%(template)s” has fewer than %(limit)d places that vary, so it would hit error codes and model numbers."
    ),
    InvalidTemplate.Code.NO_DIGIT: _("“%(template)s” holds no # for a digit, so it would hit words."),
}


def validate_number_templates(lines: str) -> None:
    """Refuse number templates that can't be used, in words; for forms."""
    try:
        parse_templates(lines)
    except InvalidTemplate as error:
        words = _TEMPLATE_COMPLAINTS[error.code]
        raise ValidationError(words, params={"template": error.template, "limit": error.limit}) from error


class KnowledgeBase(models.Model):
    """One company's knowledge on one subject; its entries are searched together."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    default_language = models.CharField(
        _("default language"), max_length=8, choices=Language.choices, default=Language.CHINESE
    )
    promise_target = models.FloatField(
        _("promise"),
        null=True,
        blank=True,
        default=None,
        help_text=_(
            "Share of automatic answers that must be right, between 0.5 and 0.999. "
            "Empty: no promise; answering and declining are balanced."
        ),
    )
    contact_zh = models.CharField(
        _("contact in Chinese"),
        max_length=300,
        blank=True,
        help_text=_("How to reach a person; shown when handing over."),
    )
    contact_en = models.CharField(
        _("contact in English"),
        max_length=300,
        blank=True,
        help_text=_("How to reach a person; shown when handing over."),
    )
    number_templates = models.TextField(
        _("own number formats"),
        blank=True,
        validators=[validate_number_templates],
        help_text=_(
            "Order and serial numbers, which are personal: one format a line. # is a digit, @ a letter, ? either; "
            "everything else stands for itself. Example: HJ########-####"
        ),
    )
    reply_within_s = models.PositiveIntegerField(
        _("a person replies within (s)"), default=180, help_text=_("Later than this, the desk shows it in red.")
    )
    waiting_limit_s = models.PositiveIntegerField(
        _("longest wait for a person (s)"),
        default=600,
        help_text=_("After this the customer is asked to leave a message; the conversation stays open as one."),
    )
    idle_limit_s = models.PositiveIntegerField(
        _("a silent conversation is closed after (s)"), default=3600, help_text=_("Counted from the last word said.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("knowledge base")
        verbose_name_plural = _("knowledge bases")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(promise_target__gte=0.5, promise_target__lte=0.999), name="promise_target_range"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def display_name(self) -> str:
        """Its name in the language that is active."""
        return (self.name_en if (get_language() or "").startswith("en") else "") or self.name

    def clean(self) -> None:
        """Refuse number formats that would take an approved code or model number for personal."""
        try:
            templates = parse_templates(self.number_templates)
        except InvalidTemplate:
            return  # the field's validator says so
        for term in self.terms.approved() if self.pk else ():
            for template in templates:
                if template.pattern.search(term.text):
                    words = _("“%(template)s” matches the term “%(term)s”, which must stay readable. Make it narrower.")
                    raise ValidationError(
                        {"number_templates": ValidationError(words, params={"template": template.text, "term": term})}
                    )


class Product(models.Model):
    """A product line that entries can be limited to."""

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="products"
    )
    code = models.SlugField(_("code"), max_length=64)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("product line")
        verbose_name_plural = _("product lines")
        constraints: ClassVar = [models.UniqueConstraint(fields=["knowledge_base", "code"], name="product_code_unique")]

    def __str__(self) -> str:
        return self.name_zh or self.name_en or self.code


class EntryQuerySet(models.QuerySet["Entry"]):
    """Filters of entries."""

    def published(self) -> "EntryQuerySet":
        """Keep what is in effect: what customers may be answered with, and topics to decline."""
        return self.filter(status=Entry.Status.PUBLISHED)

    def answering(self) -> "EntryQuerySet":
        """Keep what customers may be answered with."""
        return self.published().filter(is_out_of_scope=False)

    def changed_after(self, revision: int) -> "EntryQuerySet":
        """Keep what changed after a knowledge revision, in whatever status it is now."""
        return self.filter(revision__gt=revision)


class Entry(models.Model):
    """One question that customers have, with one answer in each language.

    `revision` is the knowledge revision of its last change; index processes read what is newer
    than theirs. Entries are archived, never deleted: turns and releases speak of them.
    """

    class Status(models.TextChoices):
        """Only published entries answer customers."""

        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.CASCADE, verbose_name=_("knowledge base"), related_name="entries"
    )
    external_id = models.CharField(
        _("external id"), max_length=128, help_text=_("The name that imports and other programs know this entry by.")
    )
    category = models.CharField(_("category"), max_length=64, blank=True, db_index=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.DRAFT)
    products = models.ManyToManyField(
        Product,
        verbose_name=_("product lines"),
        blank=True,
        related_name="entries",
        help_text=_("None means every product line."),
    )
    is_emergency = models.BooleanField(
        _("emergency"), default=False, help_text=_("About danger to people: the answer is shown even when unsure.")
    )
    is_out_of_scope = models.BooleanField(
        _("topic to decline"),
        default=False,
        help_text=_("No answer but questions that must be handed over: the more of them, the more alike are declined."),
    )
    revision = models.PositiveBigIntegerField(default=0, db_index=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering: ClassVar = ["external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["knowledge_base", "external_id"], name="entry_external_id_unique")
        ]

    def __str__(self) -> str:
        return self.external_id


class Answer(models.Model):
    """An entry in one language: the canonical question and the answer, given word for word."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="answers")
    language = models.CharField(_("language"), max_length=8, choices=Language.choices)
    question = models.CharField(_("question"), max_length=500)
    text = models.TextField(_("answer"), help_text=_("Markdown."))

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints: ClassVar = [models.UniqueConstraint(fields=["entry", "language"], name="answer_language_unique")]

    def __str__(self) -> str:
        return self.question
