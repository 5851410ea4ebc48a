"""Entries that could answer what a customer asked last, for the agent who has the conversation."""

from collections.abc import Sequence
from uuid import UUID

from qa import engine
from qa.concurrency import in_database_thread
from qa.desk_protocol.parts import EntryShown
from qa.desk_protocol.server import SuggestionsEvent
from qa.exceptions import QAError
from qa.models import Conversation, Turn
from qa.selectors.desk.entries import show_entries
from qa.selectors.desk.questions import last_question, stored_hits
from qa.services.handoff import pending_message
from qa.services.wording import language_of

NUM_SUGGESTED = 3
Found = Sequence[tuple[int, float]]


async def suggest_for_agent(*, conversation_id: int, frame_id: UUID) -> SuggestionsEvent:
    """Ask the engine for the likeliest entries; without it, show what it found when the question was asked."""
    question, text = await in_database_thread(_read_question, conversation_id)
    if question is None:
        return SuggestionsEvent(frame_id, conversation_id, None, ())
    found = await _found(question.conversation.knowledge_base_id, text)
    items = await in_database_thread(_show, question, found)
    return SuggestionsEvent(frame_id, conversation_id, question.seq, tuple(items))


def _read_question(conversation_id: int) -> tuple[Turn | None, str]:
    """Return the last question and its text: all that the customer said in a row, if nobody replied to it yet."""
    received = pending_message(conversation_id=conversation_id)
    if received is not None:
        return received.turn, received.text
    question = last_question(conversation_id)
    if question is not None:
        question.conversation = Conversation.objects.get(pk=conversation_id)
    return question, question.text if question else ""


async def _found(knowledge_base_id: int, text: str) -> Found | None:
    from qa.engine.bundle import Question  # FAISS and TensorFlow, loaded with the engine

    try:
        finding = await engine.ask(Question(knowledge_base_id, text))
    except QAError:
        return None
    return [(ranked.entry_id, ranked.probability) for ranked in finding.ranked]


def _show(question: Turn, found: Found | None) -> list[EntryShown]:
    hits = stored_hits(question) if found is None else found
    conversation = Conversation.objects.select_related("knowledge_base").get(pk=question.conversation_id)
    shown = show_entries([entry_id for entry_id, _sure in hits], language_of(conversation), dict(hits))
    return shown[:NUM_SUGGESTED]
