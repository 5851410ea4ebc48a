"""What customers tell us about a turn: votes and choices, and that they want a person."""

from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound
from qa.models import Conversation, Entry, Turn, Vote
from qa.protocol import NONE_OF_THESE, Choose, Feedback
from qa.rendering import render_markdown
from qa.services.answering import answer_in, hand_off_text
from qa.services.conversations import NewTurn, record_turn
from qa.services.evidence import note_choice, note_vote, note_wish_for_person


def vote(*, conversation_id: int, feedback: Feedback) -> int:
    """Record a vote on a bot's or an agent's turn; a later one replaces it.

    Returns:
        The turn's `seq`.

    Raises:
        NotFound: This conversation has no such turn to vote on.
    """
    turn = Turn.objects.filter(
        conversation_id=conversation_id, seq=feedback.turn, role__in=[Turn.Role.BOT, Turn.Role.AGENT]
    ).first()
    if turn is None:
        raise NotFound(_("There is no such answer in this conversation to vote on."))
    with transaction.atomic():
        Vote.objects.update_or_create(turn=turn, defaults={"value": feedback.vote, "reason": feedback.reason or ""})
        note_vote(voted=turn, value=feedback.vote)
    return turn.seq


def choose(*, conversation_id: int, choice: Choose) -> int:
    """Record the answer to a question back, and give the chosen entry's answer.

    Returns:
        The `seq` of the customer's turn; the reply follows it.

    Raises:
        NotFound: There is no such question, or it had no such option.
        Conflict: It was answered otherwise already.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().select_related("knowledge_base").get(pk=conversation_id)
        asked = conversation.turns.filter(seq=choice.turn, kind=Turn.Kind.CLARIFY).first()
        if asked is None:
            raise NotFound(_("There is no such question in this conversation."))
        with translation.override(asked.language):
            said = _said(conversation, asked, choice)
            entry = conversation.knowledge_base.entries.answering().filter(external_id=choice.option).first()
            _reply(conversation, asked, said, entry)
            if entry is not None or choice.option == NONE_OF_THESE:
                note_choice(said=said, entry=entry)
        return said.seq


def _said(conversation: Conversation, asked: Turn, choice: Choose) -> Turn:
    texts = {o["id"]: o["text"] for o in asked.options} | {NONE_OF_THESE: _("None of these")}
    if choice.option not in texts:
        raise NotFound(_("This question had no such option."))
    earlier = asked.replies.filter(role=Turn.Role.CUSTOMER).first()
    if earlier is not None and earlier.client_id != choice.id:
        raise Conflict(_("This question was already answered."))
    new = NewTurn(
        Turn.Role.CUSTOMER,
        Turn.Kind.TEXT,
        texts[choice.option],
        language=asked.language,
        client_id=choice.id,
        reply_to=asked,
        evidence={"option": choice.option},
    )
    return record_turn(conversation_id=conversation.pk, turn=new)


def _reply(conversation: Conversation, asked: Turn, said: Turn, entry: Entry | None) -> None:
    language = asked.language
    if entry is None:
        text = hand_off_text(conversation.knowledge_base, language)
        new = NewTurn(Turn.Role.BOT, Turn.Kind.HANDOFF, text, language=language, reply_to=said, release=asked.release)
    else:
        answer = answer_in(entry.pk, language)
        new = NewTurn(
            Turn.Role.BOT,
            Turn.Kind.ANSWER,
            answer.text,
            html=render_markdown(answer.text),
            language=language,
            entry=entry,
            reply_to=said,
            release=asked.release,
        )
    record_turn(conversation_id=conversation.pk, turn=new)


def ask_for_person(*, conversation_id: int, client_id: UUID, language: str) -> int:
    """Record that a person is wanted, and tell the customer what happens now.

    Returns:
        The `seq` of the customer's turn.
    """
    with transaction.atomic(), translation.override(language):
        conversation = Conversation.objects.select_for_update().select_related("knowledge_base").get(pk=conversation_id)
        wish = NewTurn(
            Turn.Role.CUSTOMER,
            Turn.Kind.TEXT,
            _("I would like to talk to a person."),
            language=language,
            client_id=client_id,
        )
        said = record_turn(conversation_id=conversation_id, turn=wish)
        base = conversation.knowledge_base
        contact = base.contact_en if language == "en" else base.contact_zh
        text = _("Your wish for a person has been noted, with this conversation.")
        reply = NewTurn(
            Turn.Role.SYSTEM,
            Turn.Kind.HANDOFF,
            f"{text}\n{contact}" if contact else text,
            language=language,
            reply_to=said,
        )
        record_turn(conversation_id=conversation_id, turn=reply)
        note_wish_for_person(said=said)
        return said.seq
