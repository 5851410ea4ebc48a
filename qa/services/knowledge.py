"""Changes of entries that touch more than one row."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from qa.benchmarking.files import OUT_OF_SCOPE
from qa.exceptions import QAError
from qa.models import Answer, Entry, KnowledgeBase, Phrasing
from qa.services.releases import changing_knowledge


def sync_question_phrasings(*, entries: Sequence[Entry]) -> None:
    """Make the canonical question of each answer findable: one phrasing of source `question` each."""
    answers = Answer.objects.filter(entry__in=entries)
    wanted = {(a.entry_id, a.language): a.question for a in answers}
    stale = []
    for phrasing in Phrasing.objects.filter(entry__in=entries, source=Phrasing.Source.QUESTION):
        if wanted.get((phrasing.entry_id, phrasing.language)) == phrasing.text:
            del wanted[phrasing.entry_id, phrasing.language]
        else:
            stale.append(phrasing.pk)
    Phrasing.objects.filter(pk__in=stale).delete()
    Phrasing.objects.bulk_create(
        Phrasing(entry_id=entry_id, language=language, text=question, source=Phrasing.Source.QUESTION)
        for (entry_id, language), question in wanted.items()
    )


def topic_to_decline(*, knowledge_base: KnowledgeBase) -> Entry:
    """Return the entry that collects a knowledge base's out-of-scope questions; it is made when there is none."""
    entry, _created = Entry.objects.get_or_create(
        knowledge_base=knowledge_base,
        external_id=OUT_OF_SCOPE,
        defaults={"is_out_of_scope": True, "status": Entry.Status.PUBLISHED},
    )
    return entry


def set_status(*, entries: Sequence[Entry], status: Entry.Status) -> int:
    """Publish, archive or withdraw entries; customers see it within a second.

    Returns:
        How many entries changed.

    Raises:
        QAError: An entry without any answer can't be published.
    """
    if status == Entry.Status.PUBLISHED:
        _refuse_unanswerable(entries)
    with changing_knowledge() as revision:
        return Entry.objects.filter(pk__in=[e.pk for e in entries]).update(status=status, revision=revision)


def _refuse_unanswerable(entries: Sequence[Entry]) -> None:
    answered = set(Answer.objects.filter(entry__in=entries).values_list("entry_id", flat=True))
    if silent := [e.external_id for e in entries if e.pk not in answered and not e.is_out_of_scope]:
        raise QAError(
            _("These entries have no answer in any language and can't be published: %(ids)s. Write one first.")
            % {"ids": ", ".join(silent[:10])}
        )
