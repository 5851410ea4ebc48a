"""Suggestions while a customer types: what begins like it, then what the engine finds."""

import asyncio

from qa import engine
from qa.concurrency import in_database_thread
from qa.exceptions import QAError
from qa.protocol import Suggestion
from qa.selectors.suggesting import entries_that_begin, suggestions

MIN_SEARCHED = 2
"""Characters from which a text is searched for; one says nothing."""
LEAST_PROBABILITY = 0.05
"""P(correct) of what is suggested: below it anything comes up."""


async def suggest(*, knowledge_base_id: int, text: str, language: str) -> tuple[Suggestion, ...]:
    """Return questions that could be meant, the likeliest first; none when the engine can't say.

    The engine takes it together with the questions of others that are queued: it costs them nothing but the room.
    """
    # Side by side: rows are read while the network computes.
    begun, found = await asyncio.gather(
        in_database_thread(entries_that_begin, knowledge_base_id, text), _found(knowledge_base_id, text)
    )
    return await in_database_thread(suggestions, [*begun, *found], language)


async def _found(knowledge_base_id: int, text: str) -> list[int]:
    if len(text) < MIN_SEARCHED:
        return []
    from qa.engine.bundle import Question  # FAISS and TensorFlow, loaded with the engine

    try:
        finding = await engine.ask(Question(knowledge_base_id, text, is_unfinished=True))
    except QAError:
        return []
    return [r.entry_id for r in finding.ranked if r.probability >= LEAST_PROBABILITY]
