"""Turns as an agent sees them: with what the bot understood, found and decided."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from qa.desk_protocol.parts import DeskTurn, Hit, Understood
from qa.desk_protocol.server import TurnsEvent
from qa.models import Answer, Turn
from qa.selectors.people import display_name

PAGE = 60
"""Turns that are read at a time."""
NUM_HITS = 3
Stored = Mapping[str, Any]  # `Turn.evidence`, as JSON


def show_turns(
    *, conversation_id: int, language: str, after: int = 0, before: int | None = None, asked: UUID | None = None
) -> TurnsEvent:
    """Read a page of turns, in three queries.

    Args:
        conversation_id: Whose; the right to it is checked.
        language: In which questions of entries are shown.
        after: Only those with a higher `seq`, the first of them; 0 for the last page.
        before: Only those with a lower `seq`, the last of them.
        asked: The frame that this answers.
    """
    turns = Turn.objects.filter(conversation_id=conversation_id, seq__gt=after).select_related("author")
    if before is not None:
        turns = turns.filter(seq__lt=before)
    page = turns.order_by("seq" if after else "-seq")[:PAGE]
    shown = list(page) if after else list(reversed(page))
    questions = _questions(shown, language)
    has_earlier = not after and bool(shown) and shown[0].seq > 1
    return TurnsEvent(asked, conversation_id, tuple(_show(turn, questions) for turn in shown), has_earlier)


def _show(turn: Turn, questions: Mapping[int, str]) -> DeskTurn:
    return DeskTurn(
        seq=turn.seq,
        role=turn.role,
        kind=turn.kind,
        text=turn.text,
        html=turn.html,
        at=turn.at.isoformat(timespec="milliseconds"),
        author=display_name(turn.author),
        client_id=turn.client_id if turn.role == Turn.Role.AGENT else None,
        entry=turn.entry_id,
        question=questions.get(turn.entry_id or 0, ""),
        options=tuple(str(option["text"]) for option in turn.options),
        understood=_understood(turn, questions),
    )


def _understood(turn: Turn, questions: Mapping[int, str]) -> Understood | None:
    stored: Stored = turn.evidence
    if turn.role != Turn.Role.BOT or not stored:
        return None
    hits = (Hit(h["entry"], questions[h["entry"]], h["probability"]) for h in _hits(turn) if h["entry"] in questions)
    return Understood(
        readings=tuple(stored.get("readings") or [stored.get("text", "")]),
        terms=tuple(stored.get("terms", ())),
        hits=tuple(hits),
        decision=turn.decision,
        answer_from=stored.get("thresholds", {}).get("answer"),
    )


def _hits(turn: Turn) -> Sequence[Stored]:
    hits: Sequence[Stored] = turn.evidence.get("hits", [])
    return hits[:NUM_HITS]


def _questions(turns: Sequence[Turn], language: str) -> dict[int, str]:
    """Return the canonical questions of all entries that the turns speak of, in a language or another."""
    wanted = {turn.entry_id for turn in turns} | {hit["entry"] for turn in turns for hit in _hits(turn)}
    questions: dict[int, str] = {}
    for entry_id, spoken, question in Answer.objects.filter(entry__in=wanted - {None}).values_list(
        "entry_id", "language", "question"
    ):
        if entry_id not in questions or spoken == language:
            questions[entry_id] = question
    return questions
