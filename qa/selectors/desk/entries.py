"""Entries and canned replies that an agent can send, in the customer's language as far as there is one."""

from collections.abc import Iterable, Mapping

from qa.desk_protocol.parts import EntryShown, Reply
from qa.models import Answer, CannedReply, Entry, KnowledgeBase
from qa.rendering import render_markdown
from qa.selectors.review import search_entries


def show_entries(entry_ids: Iterable[int], language: str, sure: Mapping[int, float] | None = None) -> list[EntryShown]:
    """Return published entries in the order of their ids as given; what was withdrawn is left out.

    Args:
        entry_ids: Which.
        language: Of the answer.
        sure: P(correct) by entry, where it was a hit.
    """
    wanted = list(dict.fromkeys(entry_ids))
    shown: dict[int, Answer] = {}
    published = Entry.objects.answering().filter(pk__in=wanted)
    for answer in Answer.objects.filter(entry__in=published).select_related("entry").order_by("pk"):
        if answer.entry_id not in shown or answer.language == language:
            shown[answer.entry_id] = answer
    return [_show(shown[pk], (sure or {}).get(pk)) for pk in wanted if pk in shown]


def _show(answer: Answer, probability: float | None) -> EntryShown:
    entry = answer.entry
    return EntryShown(entry.pk, entry.external_id, answer.question, render_markdown(answer.text), probability)


def search_for_agent(base: KnowledgeBase, *, words: str, language: str) -> tuple[EntryShown, ...]:
    """Find published entries that hold all of the words."""
    names = [found.id for found in search_entries(base, words=words, language=language)] if words else []
    ids = dict(Entry.objects.filter(knowledge_base=base, external_id__in=names).values_list("external_id", "pk"))
    return tuple(show_entries([ids[name] for name in names], language))


def canned_replies(base: KnowledgeBase, language: str) -> tuple[Reply, ...]:
    """Return the canned replies of a knowledge base, by their shortcut."""
    kept = CannedReply.objects.filter(knowledge_base=base)
    texts = ((r.shortcut, (r.text_en or r.text_zh) if language == "en" else (r.text_zh or r.text_en)) for r in kept)
    return tuple(Reply(shortcut, text) for shortcut, text in texts if text)
