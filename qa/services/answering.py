"""From a customer's turn to the bot's: consider, decide, record. Always records, errors included."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qa import engine, metrics
from qa.alarms import Alarms, Danger, read_alarms
from qa.concurrency import in_database_thread
from qa.decision import Answer, Clarify, Decision, HandOff
from qa.exceptions import QAError
from qa.models import Conversation, Entry, KnowledgeBase, Turn
from qa.protocol import Option
from qa.rendering import render_markdown
from qa.services.conversations import NewTurn, add_turn, lock_conversation
from qa.services.deciding import decide_on, kind_of, still_answering
from qa.services.evidence import note_reply, note_wish_for_person
from qa.services.handoff.missing import count_reply
from qa.services.handoff.notices import added, safety_words
from qa.services.handoff.queueing import position_of, seek_person
from qa.services.handoff.reaching import reach_of
from qa.services.handoff.receiving import Received, is_superseded
from qa.services.shadows import note_question_for_shadow
from qa.services.wording import answer_in, hand_off_text, language_of, spoken_language

if TYPE_CHECKING:
    from qa.engine.bundle import Finding

logger = logging.getLogger(__name__)

NUM_STORED_HITS = 5
Reason = Conversation.Reason


async def answer(*, turn: Turn, earlier: Sequence[Turn] = ()) -> Turn | None:
    """Answer a customer's turn; the reply is committed when this returns.

    Args:
        turn: The last thing that the customer said.
        earlier: What they said just before it and nobody answered; it is one question together.

    Returns:
        The reply. None when nothing is to be said: a person has the conversation, or the customer said more
        meanwhile and is answered on all of it.
    """
    from qa.engine.bundle import Question  # FAISS and TensorFlow, loaded with the engine

    started = time.perf_counter()
    asked = Received(turn, earlier)
    alarms = read_alarms(engine.normalise(asked.text))
    finding: Finding | None = None
    message = ""
    if _is_for_the_bot(turn, alarms):
        try:
            finding = await engine.ask(Question(turn.conversation.knowledge_base_id, asked.text))
        except QAError as error:
            message = error.user_message
        except Exception:
            logger.exception("turn %d of conversation %d could not be considered", turn.seq, turn.conversation_id)
    considered = _Considered(asked, alarms, finding, message, started)
    return await in_database_thread(_record, considered=considered)


@dataclass(frozen=True, slots=True)
class _Considered:
    """A question with all that is known when its reply is decided on; without a finding, `message` says why."""

    asked: Received
    alarms: Alarms
    finding: "Finding | None"
    message: str
    started: float


def _is_for_the_bot(turn: Turn, alarms: Alarms) -> bool:
    with_agent = turn.conversation.state == Conversation.State.ASSIGNED
    return bool(alarms.danger) or not with_agent


def _record(*, considered: _Considered) -> Turn | None:
    """Say what is to be said to a question, and call a person where its words ask for one; once."""
    turn, alarms = considered.asked.turn, considered.alarms
    with transaction.atomic():
        conversation = lock_conversation(turn.conversation_id)
        if conversation.last_seq > turn.seq:  # else nothing was said since
            earlier = turn.replies.first()
            if earlier is not None or is_superseded(turn):
                return earlier
        if alarms.danger:
            reply = _give_safety(conversation, considered, alarms.danger)
        elif conversation.state == Conversation.State.ASSIGNED:
            return None
        elif alarms.wants_person:
            reply = _call_person(conversation, considered)
        else:
            reply = _give_reply(conversation, considered)
        if alarms.danger or (alarms.is_angry and not alarms.wants_person):
            reason = Reason.DANGER if alarms.danger else Reason.ANGER
            seek_person(conversation, said=None, reason=reason, is_urgent=True)
        return reply


def _call_person(conversation: Conversation, considered: _Considered) -> Turn:
    """Call a person for who asks for one in words; what the bot is sure of, such as the hours, is given before."""
    turn, finding = considered.asked.turn, considered.finding
    note_wish_for_person(said=turn)
    is_sure = finding is not None and isinstance(decide_on(finding), Answer)
    reply = _give_reply(conversation, considered) if is_sure else None
    is_urgent = considered.alarms.is_angry
    told = seek_person(conversation, said=None if is_sure else turn, reason=Reason.REQUEST, is_urgent=is_urgent)
    return reply or told


def _give_safety(conversation: Conversation, considered: _Considered, danger: Danger) -> Turn:
    """Give the likeliest emergency entry, else words of our own: before anything else, and whoever is answering."""
    finding, turn = considered.finding, considered.asked.turn
    likeliest = None if finding is None else _likeliest_emergency(finding)
    if finding is not None and likeliest is not None:
        new = _reply(turn, likeliest, finding, considered)
        count_reply(conversation, is_miss=False)
    else:
        language = spoken_language(finding.language if finding else "", turn.language)
        with translation.override(language):
            words = safety_words(danger)
        new = NewTurn(Turn.Role.SYSTEM, Turn.Kind.NOTICE, words, language=language, reply_to=turn)
    return add_turn(conversation, new)


def _likeliest_emergency(finding: "Finding") -> Answer | None:
    """Return the best emergency entry; one that would not even be offered is about some other danger."""
    for ranked, entry in still_answering(finding):
        if entry.is_emergency and ranked.probability >= finding.thresholds.clarify:
            return Answer(ranked.entry_id, ranked.probability)
    return None


def _give_reply(conversation: Conversation, considered: _Considered) -> Turn:
    turn, finding = considered.asked.turn, considered.finding
    decision = None if finding is None else decide_on(finding)
    is_seen_by_people = conversation.state in _BEFORE_A_PERSON
    if finding is None or decision is None:
        with translation.override(turn.language):
            text = considered.message or _(
                "Something went wrong on our side. Your question is kept; please ask for a person."
            )
        metrics.note_question(decision=metrics.FAILED, latency_ms=None)
        notice = NewTurn(Turn.Role.SYSTEM, Turn.Kind.NOTICE, text, language=turn.language, reply_to=turn)
        return add_turn(conversation, notice)
    is_miss = None if isinstance(decision, Clarify) or is_seen_by_people else isinstance(decision, HandOff)
    offers_person = count_reply(conversation, is_miss=is_miss)
    new = _reply(turn, decision, finding, considered, offers_person=offers_person)
    if is_seen_by_people and isinstance(decision, HandOff):
        with translation.override(language_of(conversation)):
            place = position_of(conversation) if reach_of(conversation).is_open else None  # nobody comes: no place
            new = replace(new, text=added(place))
    reply = add_turn(conversation, new, is_new=True)
    note_reply(reply=reply)
    transaction.on_commit(note_question_for_shadow)
    metrics.note_question(decision=reply.decision, latency_ms=reply.latency_ms)
    return reply


def _reply(
    turn: Turn, decision: Decision, finding: "Finding", considered: _Considered, *, offers_person: bool = False
) -> NewTurn:
    language = spoken_language(finding.language, turn.language)
    with translation.override(language):
        return _reply_in(language, decision, considered, finding, offers_person)


def _reply_in(
    language: str, decision: Decision, considered: _Considered, finding: "Finding", offers_person: bool
) -> NewTurn:
    turn = considered.asked.turn
    evidence: dict[str, object] = {
        "text": finding.text,
        "readings": list(finding.readings),
        "terms": list(finding.terms),
        "thresholds": asdict(finding.thresholds),
        "hits": [
            {"entry": r.entry_id, "phrasing": r.phrasing_id, "probability": r.probability, **r.evidence}
            for r in finding.ranked[:NUM_STORED_HITS]
        ],
    }
    if considered.asked.earlier:
        evidence["merged"] = [t.seq for t in considered.asked.earlier]
    base = turn.conversation.knowledge_base
    role, kind, text, html, entry, options = _wording(base, decision, language, offers_person)
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
        latency_ms=(time.perf_counter() - considered.started) * 1000,
    )


_BEFORE_A_PERSON = {Conversation.State.WAITING, Conversation.State.TICKET}
"""States in which somebody will read what the bot does not know; it says so, and goes on helping meanwhile."""
Wording = tuple[Turn.Role, Turn.Kind, str, str, Entry | None, Sequence[Option]]


def _wording(base: KnowledgeBase, decision: Decision, language: str, offers_person: bool) -> Wording:
    if isinstance(decision, Answer):
        text = answer_in(decision.entry_id, language)
        entry = text.entry
        return Turn.Role.BOT, Turn.Kind.ANSWER, text.text, render_markdown(text.text), entry, ()
    if isinstance(decision, Clarify):
        found = [answer_in(entry_id, language) for entry_id in decision.entry_ids]
        options = [Option(a.entry.external_id, a.question) for a in found]
        return Turn.Role.BOT, Turn.Kind.CLARIFY, _("Did you mean one of these?"), "", None, options
    return Turn.Role.BOT, Turn.Kind.HANDOFF, hand_off_text(base, language, offers_person=offers_person), "", None, ()
