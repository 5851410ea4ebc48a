"""What agents say: in their own words, or with an entry of the knowledge base."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qa.exceptions import BadMessage, NotFound
from qa.handing import OVER
from qa.models import Conversation, Turn
from qa.rendering import render_markdown
from qa.services.conversations import NewTurn, add_turn, lock_conversation, said_before
from qa.services.handoff.claiming import take
from qa.services.handoff.stepping import not_now, wake
from qa.services.wording import answer_in, language_of


def say(*, conversation_id: int, agent: User, text: str, client_id: UUID) -> Turn:
    """Say something to a customer; a conversation that nobody has is taken with it.

    Raises:
        BadMessage: There is nothing to say.
        Conflict: Another has it, it is over, or the client's id was used for something else.
    """
    if not text.strip():
        raise BadMessage(_("The message is empty."))
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        new = NewTurn(
            Turn.Role.AGENT,
            Turn.Kind.TEXT,
            text.strip(),
            language=language_of(conversation),
            client_id=client_id,
            author=agent,
        )
        return _say(conversation, agent, new)


def send_entry(*, conversation_id: int, agent: User, entry_id: int, client_id: UUID) -> Turn:
    """Give a customer an entry's answer, word for word, in the language of the conversation.

    Raises:
        NotFound: This knowledge base has no such published entry.
        Conflict: As for `say`.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        entry = conversation.knowledge_base.entries.answering().filter(pk=entry_id, answers__isnull=False).first()
        if entry is None:
            raise NotFound(_("This knowledge base has no such published entry."))
        language = language_of(conversation)
        answer = answer_in(entry.pk, language)
        new = NewTurn(
            Turn.Role.AGENT,
            Turn.Kind.ANSWER,
            answer.text,
            html=render_markdown(answer.text),
            language=answer.language,
            entry=entry,
            client_id=client_id,
            author=agent,
        )
        return _say(conversation, agent, new)


def _say(conversation: Conversation, agent: User, new: NewTurn) -> Turn:
    if (earlier := said_before(conversation, new)) is not None:
        return earlier
    if conversation.state in OVER:
        raise not_now(conversation)
    take(conversation, agent=agent, client_id=None)
    if conversation.first_reply_at is None:
        conversation.first_reply_at = timezone.now()
        conversation.save(update_fields=["first_reply_at", "updated_at"])
    turn = add_turn(conversation, new)
    wake(conversation)
    return turn
