"""What the chat page is headed with and offers first."""

from collections import Counter

from django.conf import settings

from qa.models import Answer, Entry, KnowledgeBase, Turn

NUM_POPULAR = 6
NUM_RECENT_ANSWERS = 2_000
"""Answers of late that popularity is counted on."""


def chat_knowledge_base_or_none() -> KnowledgeBase | None:
    """Return the knowledge base that the chat page answers from, if there is one yet."""
    bases = KnowledgeBase.objects.order_by("pk")
    if settings.CHAT_KNOWLEDGE_BASE:
        bases = bases.filter(slug=settings.CHAT_KNOWLEDGE_BASE)
    return bases.first()


def brand_name(base: KnowledgeBase | None, language: str) -> str:
    """Return what the chat of a knowledge base is headed with."""
    if base is None:
        return "Hangjia" if language == "en" else "行家"
    return (base.name_en or base.name) if language == "en" else base.name


def popular_questions(base: KnowledgeBase | None) -> list[dict[str, str]]:
    """Return questions of a knowledge base for the first screen, one language → text mapping each.

    Asked most of late; filled up with one entry of each category, the largest categories first.
    """
    if base is None:
        return []
    published = Entry.objects.answering().filter(knowledge_base=base)
    known = dict(published.order_by("pk").values_list("pk", "category"))
    recent = Turn.objects.filter(entry__in=known).order_by("-pk").values_list("entry_id", flat=True)
    asked = [pk for pk, _count in Counter(recent[:NUM_RECENT_ANSWERS]).most_common() if pk is not None]
    sizes = Counter(known.values())
    first_of = {category: pk for pk, category in reversed(known.items())}
    filling = [first_of[category] for category, _size in sizes.most_common()]
    chosen = list(dict.fromkeys([*asked[:NUM_POPULAR], *filling]))[:NUM_POPULAR]
    questions: dict[int, dict[str, str]] = {pk: {} for pk in chosen}
    for answer in Answer.objects.filter(entry__in=chosen):
        questions[answer.entry_id][answer.language] = answer.question
    return list(questions.values())
