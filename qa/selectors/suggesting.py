"""Questions that could be meant by what a customer is typing."""

from collections.abc import Sequence

from qa.models import Answer, Entry, Phrasing
from qa.protocol import Suggestion

NUM_SUGGESTIONS = 5
NUM_LOOKED_AT = 40
"""Phrasings with the right beginning that are looked at: several may belong to one entry."""


def entries_that_begin(knowledge_base_id: int, text: str) -> list[int]:
    """Return the entries that have a phrasing which begins with a text, the shortest phrasing first."""
    begun = Phrasing.objects.filter(
        entry__knowledge_base=knowledge_base_id,
        entry__status=Entry.Status.PUBLISHED,
        entry__is_out_of_scope=False,
        text__istartswith=text,
    )
    found = sorted(begun.values_list("text", "entry_id")[:NUM_LOOKED_AT], key=lambda row: (len(row[0]), row[1]))
    return list(dict.fromkeys(entry_id for _text, entry_id in found))


def suggestions(entry_ids: Sequence[int], language: str) -> tuple[Suggestion, ...]:
    """Return the canonical questions of published entries in a language, else in another, in this order."""
    answers: dict[int, dict[str, Answer]] = {}
    found = Answer.objects.filter(entry__in=Entry.objects.answering().filter(pk__in=entry_ids))
    shown_of = ("question", "language", "entry__external_id")  # the answers themselves are long
    for answer in found.select_related("entry").only(*shown_of).order_by("pk"):
        answers.setdefault(answer.entry_id, {})[answer.language] = answer
    shown = [answers[pk] for pk in dict.fromkeys(entry_ids) if pk in answers][:NUM_SUGGESTIONS]
    chosen = [of_entry.get(language) or next(iter(of_entry.values())) for of_entry in shown]
    return tuple(Suggestion(answer.entry.external_id, answer.question) for answer in chosen)
