"""From a customer's turn to the bot's: consider, decide, record. Always records, errors included."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qa import engine
from qa.concurrency import in_database_thread
from qa.decision import Answer, Candidate, Clarify, Decision, HandOff, decide
from qa.exceptions import QAError
from qa.models import Answer as EntryAnswer
from qa.models import Decision as DecisionKind
from qa.models import Entry, KnowledgeBase, Turn
from qa.protocol import Option
from qa.rendering import render_markdown
from qa.services.conversations import NewTurn, record_turn
from qa.services.evidence import note_reply
from qa.services.shadows import note_question_for_shadow

if TYPE_CHECKING:
    from qa.engine.bundle import Finding

logger = logging.getLogger(__name__)

NUM_STORED_HITS = 5


async def answer(*, turn: Turn) -> Turn:
    """Answer a customer's turn; the reply is committed when this returns."""
    from qa.engine.bundle import Question  # FAISS and TensorFlow, loaded with the engine

    started = time.perf_counter()
    try:
        finding = await engine.ask(Question(turn.conversation.knowledge_base_id, turn.text))
    except QAError as error:
        return await in_database_thread(_record_failure, turn=turn, message=error.user_message)
    except Exception:
        logger.exception("turn %d of conversation %d could not be considered", turn.seq, turn.conversation_id)
        return await in_database_thread(_record_failure, turn=turn, message="")
    return await in_database_thread(_record_reply, turn=turn, finding=finding, started=started)


def _record_failure(*, turn: Turn, message: str) -> Turn:
    with translation.override(turn.language):
        text = message or _("Something went wrong on our side. Your question is kept; please ask for a person.")
        new = NewTurn(Turn.Role.SYSTEM, Turn.Kind.NOTICE, text, language=turn.language, reply_to=turn)
        return record_turn(conversation_id=turn.conversation_id, turn=new)


def _record_reply(*, turn: Turn, finding: "Finding", started: float) -> Turn:
    decision = decide_on(finding)
    language = spoken_language(finding.language, turn.language)
    with translation.override(language):
        new = _reply(turn, decision, finding, language, started)
    with transaction.atomic():
        reply = record_turn(conversation_id=turn.conversation_id, turn=new)
        note_reply(reply=reply)
    note_question_for_shadow()
    return reply


def decide_on(finding: "Finding") -> Decision:
    """Decide on what was found; an entry that was withdrawn since the index was built is not given any more."""
    entries = Entry.objects.answering().in_bulk([r.entry_id for r in finding.ranked])
    ranked = [r for r in finding.ranked if r.entry_id in entries]
    candidates = [Candidate(r.entry_id, r.probability, entries[r.entry_id].is_emergency) for r in ranked]
    return decide(candidates, finding.thresholds)


def kind_of(decision: Decision) -> DecisionKind:
    """Return how the database names a decision."""
    return _KINDS[type(decision)]


def spoken_language(found: str, before: str) -> str:
    """Return the language to reply in: the question's, Chinese for a mixed one, else the page's."""
    return {"zh": "zh", "mixed": "zh", "en": "en"}.get(found) or before or "zh"


def _reply(turn: Turn, decision: Decision, finding: "Finding", language: str, started: float) -> NewTurn:
    evidence = {
        "text": finding.text,
        "readings": list(finding.readings),
        "terms": list(finding.terms),
        "thresholds": asdict(finding.thresholds),
        "hits": [
            {"entry": r.entry_id, "phrasing": r.phrasing_id, "probability": r.probability, **r.evidence}
            for r in finding.ranked[:NUM_STORED_HITS]
        ],
    }
    role, kind, text, html, entry, options = _wording(turn.conversation.knowledge_base, decision, language)
    return NewTurn(
        role,
        kind,
        text,
        html=html,
        language=language,
        entry=entry,
        options=options,
        confidence=decision.probability,
        release=finding.release,
        reply_to=turn,
        decision=kind_of(decision),
        evidence=evidence,
        latency_ms=(time.perf_counter() - started) * 1000,
    )


_KINDS = {Answer: DecisionKind.ANSWER, Clarify: DecisionKind.CLARIFY, HandOff: DecisionKind.HAND_OFF}
Wording = tuple[Turn.Role, Turn.Kind, str, str, Entry | None, Sequence[Option]]


def _wording(base: KnowledgeBase, decision: Decision, language: str) -> Wording:
    if isinstance(decision, Answer):
        text = answer_in(decision.entry_id, language)
        entry = text.entry
        return Turn.Role.BOT, Turn.Kind.ANSWER, text.text, render_markdown(text.text), entry, ()
    if isinstance(decision, Clarify):
        found = [answer_in(entry_id, language) for entry_id in decision.entry_ids]
        options = [Option(a.entry.external_id, a.question) for a in found]
        return Turn.Role.BOT, Turn.Kind.CLARIFY, _("Did you mean one of these?"), "", None, options
    return Turn.Role.BOT, Turn.Kind.HANDOFF, hand_off_text(base, language), "", None, ()


def hand_off_text(base: KnowledgeBase, language: str) -> str:
    """Return what a customer is told when a person has to help: honest about what happens next."""
    contact = base.contact_en if language == "en" else base.contact_zh
    text = _("I don't know this for sure, so I won't guess. Your question has been noted for our staff.")
    return f"{text}\n{contact}" if contact else text


def answer_in(entry_id: int, language: str) -> EntryAnswer:
    """Return an entry's answer in a language, else in its knowledge base's, else in any."""
    answers = {
        a.language: a for a in EntryAnswer.objects.filter(entry=entry_id).select_related("entry__knowledge_base")
    }
    default = next(iter(answers.values())).entry.knowledge_base.default_language
    return answers.get(language) or answers.get(default) or next(iter(answers.values()))
