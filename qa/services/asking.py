"""One question without a conversation: answered like a customer's, and kept nowhere."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa import engine, metrics
from qa.concurrency import in_database_thread
from qa.decision import Answer, Clarify
from qa.models import KnowledgeBase
from qa.protocol import Option
from qa.rendering import render_markdown
from qa.services.deciding import decide_on, kind_of
from qa.services.wording import answer_in, spoken_language

if TYPE_CHECKING:
    from qa.engine.bundle import Finding


@dataclass(frozen=True)
class Asked:
    """What was decided on a question.

    Attributes:
        decision: `answer`, `clarify` or `handoff`.
        entry, answer, html: Of the entry that answers: its id, its words, and those as HTML; None without one.
        options: What to choose from, with `clarify`.
        confidence: P(correct) of the likeliest entry, 0..1.
        release: Which one decided.
        language: What the answer is in, `zh` or `en`.
    """

    decision: str
    entry: str | None
    answer: str | None
    html: str | None
    options: tuple[Option, ...]
    confidence: float
    release: int
    language: str


async def ask_once(*, knowledge_base: KnowledgeBase, text: str, language: str) -> Asked:
    """Consider a question and decide on it.

    Args:
        knowledge_base: Whose entries may answer.
        text: The question.
        language: To answer in when the question's own can't be told.

    Raises:
        Unavailable: No engine is loaded, or it did not answer in time.
    """
    from qa.engine.bundle import Question  # FAISS and TensorFlow, loaded with the engine

    started = time.perf_counter()
    finding = await engine.ask(Question(knowledge_base.pk, text))
    asked = await in_database_thread(_decide, finding=finding, language=spoken_language(finding.language, language))
    metrics.note_question(decision=asked.decision, latency_ms=(time.perf_counter() - started) * 1000)
    return asked


def _decide(*, finding: "Finding", language: str) -> Asked:
    decision = decide_on(finding)
    kind = kind_of(decision)
    entry = answer = html = None
    options: tuple[Option, ...] = ()
    if isinstance(decision, Answer):
        found = answer_in(decision.entry_id, language)
        entry, answer, html = found.entry.external_id, found.text, render_markdown(found.text)
    elif isinstance(decision, Clarify):
        offered = [answer_in(entry_id, language) for entry_id in decision.entry_ids]
        options = tuple(Option(a.entry.external_id, a.question) for a in offered)
    return Asked(kind, entry, answer, html, options, decision.probability, finding.release, language)
