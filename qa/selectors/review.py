"""The review queue as a reviewer sees it: utterances, what the bot did, what is proposed and why, in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from qa.models import Answer, Decision, Entry, KnowledgeBase, ReviewItem
from qa.privacy import without_placeholders
from qa.rendering import render_markdown
from qa.selecting import ReasonCode

OUT_OF_SCOPE = "__oos__"
"""Label of benchmark files for what must be declined (protocol.md)."""
NUM_FOUND = 8
"""Entries that a search shows."""
MAX_WORDS = 8
"""Words of a search that count: each is a join."""


@dataclass(frozen=True)
class ShownEntry:
    """An entry in a reviewer's language, as far as there is one; `probability` 0..1 where it was a hit."""

    id: str
    question: str
    html: str
    probability: float | None = None


@dataclass(frozen=True)
class ShownItem:
    """One review item, ready to be shown.

    Attributes:
        bot: What the bot did, in words.
        bot_entry: The entry that it gave, if it gave one.
        reasons: Why the item is proposed, in words.
        label, entry: What it was found to belong to.
        reviewer: Whose judgement that is; empty for agents who agree, and before.
    """

    id: int
    text: str
    language: str
    num_asked: int
    bot: str
    bot_entry: ShownEntry | None
    reasons: tuple[str, ...]
    proposal: str
    proposed_entry: str | None
    suggestions: tuple[ShownEntry, ...]
    state: str
    label: str
    entry: ShownEntry | None
    reviewer: str
    reviewed_at: str
    has_phrasing: bool


@dataclass(frozen=True)
class ReviewQueue:
    """Part of a knowledge base's items, and how many wait in all."""

    items: tuple[ShownItem, ...]
    num_waiting: int


def num_waiting(base: KnowledgeBase) -> int:
    """Return how many items of a knowledge base wait."""
    return ReviewItem.objects.waiting().filter(knowledge_base=base).count()


def review_queue(base: KnowledgeBase, *, reviewed: bool, limit: int) -> ReviewQueue:
    """Read what waits, the most useful first; or what was reviewed, the latest first.

    Args:
        base: Whose.
        reviewed: Which of the two.
        limit: Most items.
    """
    items = ReviewItem.objects.filter(knowledge_base=base)
    if reviewed:
        items = items.exclude(state=ReviewItem.State.PROPOSED).order_by("-reviewed_at", "-pk")
    else:
        items = items.waiting()
    return ReviewQueue(tuple(_show(items.select_related(*_RELATED)[:limit])), num_waiting(base))


def show_item(item: ReviewItem) -> ShownItem:
    """Return one item as the queue shows it."""
    return next(_show(ReviewItem.objects.filter(pk=item.pk).select_related(*_RELATED)))


def search_entries(base: KnowledgeBase, *, words: str, language: str) -> tuple[ShownEntry, ...]:
    """Find published entries that hold all of the words: in their question or id first, then in a phrasing."""
    entries = Entry.objects.answering().filter(knowledge_base=base)
    in_title, anywhere = entries, entries
    for word in words.split()[:MAX_WORDS]:
        title = Q(external_id__icontains=word) | Q(answers__question__icontains=word)
        in_title = in_title.filter(title)
        anywhere = anywhere.filter(title | Q(phrasings__text__icontains=word))
    found = [
        *in_title.distinct().order_by("external_id").values_list("pk", flat=True)[:NUM_FOUND],
        *anywhere.distinct().order_by("external_id").values_list("pk", flat=True)[:NUM_FOUND],
    ]
    chosen = list(dict.fromkeys(found))[:NUM_FOUND]
    shown = _entries_in(language, chosen)
    return tuple(shown[pk] for pk in chosen)


def reviewed_rows(base: KnowledgeBase) -> list[tuple[str, str]]:
    """Return label and text of everything that was reviewed, in the benchmark format, without placeholders.

    Entries that are no longer published are left out: nothing can be answered with them.
    """
    items = ReviewItem.objects.labelled().filter(knowledge_base=base).select_related("entry").order_by("pk")
    rows = []
    for item in items:
        text = without_placeholders(item.text)
        if item.entry is None:
            rows.append((OUT_OF_SCOPE, text))
        elif item.entry.status == Entry.Status.PUBLISHED:
            rows.append((item.entry.external_id, text))
    return [row for row in rows if row[1]]


_RELATED = ("knowledge_base", "bot_entry", "proposed_entry", "entry", "reviewer")


def _show(items: Iterable[ReviewItem]) -> Iterator[ShownItem]:
    items = list(items)
    wanted: dict[str, set[int]] = {}
    for item in items:
        ids = {pk for pk, _probability in item.suggestions} | {item.bot_entry_id, item.entry_id}
        wanted.setdefault(_language(item), set()).update(pk for pk in ids if pk is not None)
    shown = {language: _entries_in(language, ids) for language, ids in wanted.items()}
    for item in items:
        yield _show_one(item, shown[_language(item)])


def _language(item: ReviewItem) -> str:
    return item.language or item.knowledge_base.default_language


def _show_one(item: ReviewItem, entries: dict[int, ShownEntry]) -> ShownItem:
    suggestions = tuple(
        ShownEntry(entries[pk].id, entries[pk].question, entries[pk].html, probability)
        for pk, probability in item.suggestions
        if pk in entries
    )
    return ShownItem(
        id=item.pk,
        text=item.text,
        language=item.language,
        num_asked=item.num_asked,
        bot=_deed(item),
        bot_entry=entries.get(item.bot_entry_id or 0),
        reasons=tuple(_words(reason) for reason in item.reasons),
        proposal=item.proposal,
        proposed_entry=item.proposed_entry.external_id if item.proposed_entry else None,
        suggestions=suggestions,
        state=item.state,
        label=item.label,
        entry=entries.get(item.entry_id or 0),
        reviewer=item.reviewer.get_username() if item.reviewer else "",
        reviewed_at=item.reviewed_at.isoformat(timespec="seconds") if item.reviewed_at else "",
        has_phrasing=item.phrasing_id is not None,
    )


def _entries_in(language: str, ids: Iterable[int]) -> dict[int, ShownEntry]:
    """Read entries with their answer in a language, else in whichever there is."""
    shown: dict[int, ShownEntry] = {}
    for answer in Answer.objects.filter(entry__in=set(ids)).select_related("entry"):
        if answer.entry_id not in shown or answer.language == language:
            shown[answer.entry_id] = ShownEntry(answer.entry.external_id, answer.question, render_markdown(answer.text))
    return shown


def _percent(share: float | None) -> int:
    return round(100 * (share or 0.0))


def _deed(item: ReviewItem) -> str:
    sure = {"percent": _percent(item.confidence)}
    if item.bot_decision == Decision.ANSWER:
        return _("Answered, %(percent)d %% sure, with:") % sure
    if item.bot_decision == Decision.CLARIFY:
        return _("Asked back; its likeliest entry had %(percent)d %%.") % sure
    if not item.bot_decision:
        return _("The bot was not asked: a person had the conversation.")
    return _("Handed over; its likeliest entry had %(percent)d %%.") % sure


def _words(reason: dict[str, object]) -> str:
    """Put a stored reason into words; the numbers in them are those of that time."""
    probability, threshold = reason.get("probability"), reason.get("threshold")
    numbers = {
        "percent": _percent(probability if isinstance(probability, float) else None),
        "needed": _percent(threshold if isinstance(threshold, float) else None),
    }
    texts = {
        ReasonCode.VOTED_DOWN: _("A customer voted the answer down."),
        ReasonCode.ASKED_AGAIN: _("The customer asked again right afterwards."),
        ReasonCode.NONE_OF_THESE: _("The customer meant none of the entries that were offered."),
        ReasonCode.WANTED_PERSON: _("The customer asked for a person afterwards."),
        ReasonCode.CHOSE_OTHER: _("Asked back, the customer chose another entry than the likeliest."),
        ReasonCode.CHOSE: _("Asked back, the customer chose the likeliest entry."),
        ReasonCode.VOTED_UP: _("A customer voted the answer up."),
        ReasonCode.AGENT_CHOSE: _("An agent answered with an entry."),
        ReasonCode.AGENTS_DIFFER: _("Agents answered with different entries."),
        ReasonCode.UNSURE: _("The bot was unsure: %(percent)d %%, and %(needed)d %% are needed to answer."),
        ReasonCode.CLOSE: _("Two entries are about equally likely."),
        ReasonCode.NEW: _("New: nothing known comes near it (%(percent)d %%, %(needed)d %% are needed to ask back)."),
    }
    return texts[ReasonCode(str(reason["code"]))] % numbers
