"""How customers put an entry's question, and the vectors of that."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.knowledge import Entry, Language


class Phrasing(models.Model):
    """One way in which customers put an entry's question. Canonical questions are phrasings too."""

    class Source(models.TextChoices):
        """Where a phrasing came from."""

        QUESTION = "question", _("canonical question")
        EDITOR = "editor", _("editor")
        IMPORT = "import", _("import")
        REVIEW = "review", _("review")

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="phrasings")
    language = models.CharField(_("language"), max_length=8, choices=Language.choices)
    text = models.CharField(_("phrasing"), max_length=1000)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.EDITOR, editable=False)

    class Meta:
        verbose_name = _("phrasing")
        verbose_name_plural = _("phrasings")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text


class PhrasingVector(models.Model):
    """A phrasing's vector under one encoder: the truth that every index is built from.

    `text` is what was encoded: a vector whose text is no longer its phrasing's is stale.
    """

    phrasing = models.ForeignKey(Phrasing, models.CASCADE, related_name="vectors")
    fingerprint = models.CharField(max_length=64)
    text = models.CharField(max_length=1000)
    vector = models.BinaryField(help_text=_("(dim,) float32, little-endian, L2-normalised"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phrasing", "fingerprint"], name="phrasing_vector_unique")
        ]

    def __str__(self) -> str:
        return f"{self.phrasing_id} {self.fingerprint}"
