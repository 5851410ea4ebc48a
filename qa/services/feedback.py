"""What customers tell us about a turn: votes and choices."""

from dataclasses import replace

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound
from qa.models import Conversation, Entry, Turn, Vote
from qa.protocol import NONE_OF_THESE, Choose, Feedback
from qa.rendering import render_markdown
from qa.services.conversations import NewTurn, add_turn, lock_conversation, said_before
from qa.services.evidence import note_choice, note_vote
from qa.services.handoff.missing import count_reply
from qa.services.handoff.stepping import Actor, note_done, was_taken
from qa.services.wording import answer_in, hand_off_text


def vote(*, conversation_id: int, feedback: Feedback) -> int:
    """Record a vote on a bot's or an agent's turn; a later one replaces it, the same id again nothing.

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
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, feedback.id):
            return turn.seq
        Vote.objects.update_or_create(turn=turn, defaults={"value": feedback.vote, "reason": feedback.reason or ""})
        note_done(conversation, feedback.id, actor=Actor.CUSTOMER)
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
        conversation = lock_conversation(conversation_id)
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
    return add_turn(conversation, new)


def _reply(conversation: Conversation, asked: Turn, said: Turn, entry: Entry | None) -> None:
    language = asked.language
    new = NewTurn(Turn.Role.BOT, Turn.Kind.HANDOFF, "", language=language, reply_to=said, release=asked.release)
    if said_before(conversation, new) is not None:
        return
    offers_person = count_reply(conversation, is_miss=entry is None)
    if entry is None:
        text = hand_off_text(conversation.knowledge_base, language, offers_person=offers_person)
        new = replace(new, text=text)
    else:
        answer = answer_in(entry.pk, language)
        new = replace(new, kind=Turn.Kind.ANSWER, text=answer.text, html=render_markdown(answer.text), entry=entry)
    add_turn(conversation, new)
