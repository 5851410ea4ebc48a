"""A customer's words, as they come: kept, an ended conversation opened again, a burst taken for one question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qa.handing import OVER, Step
from qa.models import Conversation, Turn
from qa.protocol import MAX_TEXT
from qa.selectors.desk.questions import is_wish
from qa.services.conversations import NewTurn, add_turn, lock_conversation, open_questions, said_before
from qa.services.handoff.stepping import Actor, take_step
from qa.services.wording import language_of

MAX_MERGED = 5
"""Messages that are taken for one question."""
MERGED_WITHIN = timedelta(minutes=2)
"""What was said longer before is a question of its own, although nobody answered it."""


@dataclass(frozen=True, slots=True)
class Received:
    """A customer's turn that is to be answered, with what was said before it and has no answer either.

    Attributes:
        turn: The last; the reply goes to it.
        earlier: Those before it that belong to the same question, in order.
        is_new: It was not received before.
    """

    turn: Turn
    earlier: Sequence[Turn] = ()
    is_new: bool = True

    @property
    def text(self) -> str:
        """All of it, one message a line, the newest whole if that is too long."""
        lines = [turn.text for turn in (*self.earlier, self.turn)]
        while len(lines) > 1 and sum(map(len, lines)) + len(lines) - 1 > MAX_TEXT:
            del lines[0]
        return "\n".join(lines)


def receive_message(*, conversation_id: int, client_id: UUID, text: str, language: str) -> Received:
    """Record what a customer writes; in a conversation that was over, the bot answers again.

    Raises:
        Conflict: The client's id was used for something else.
    """
    new = NewTurn(Turn.Role.CUSTOMER, Turn.Kind.TEXT, text, language=language, client_id=client_id)
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if (known := said_before(conversation, new)) is not None:
            known.conversation = conversation
            return Received(known, is_new=False)
        turn = add_turn(conversation, new, is_new=True)
        if conversation.state in OVER:
            _open_again(conversation)
        return Received(turn, _earlier_than(turn))


def pending_message(*, conversation_id: int) -> Received | None:
    """Return what a customer said last if nobody has replied to it, as after a crash."""
    questions = open_questions(conversation_id=conversation_id)
    return Received(questions[-1], _earlier_than(questions[-1])) if questions else None


def is_superseded(turn: Turn) -> bool:
    """Tell whether something was said after a question, before its answer, that is answered together with it."""
    later = Turn.objects.filter(
        conversation_id=turn.conversation_id,
        seq__gt=turn.seq,
        role=Turn.Role.CUSTOMER,
        reply_to__isnull=True,
        at__lte=turn.at + MERGED_WITHIN,
    )
    # A wish for a person is answered where it is recorded, and takes no question with it; "I don't know" answers all.
    return later.filter(~is_wish()).exists()


def _open_again(conversation: Conversation) -> None:
    with translation.override(language_of(conversation)):
        take_step(
            conversation,
            Step.WRITE,
            actor=Actor.CUSTOMER,
            words=_("The conversation is open again. The assistant answers; you can ask for a person at any time."),
            kind=Turn.Kind.NOTICE,
            assignee=None,
            num_misses=0,
            is_urgent=False,
            reason="",
            waiting_since=None,
            first_reply_at=None,
            satisfaction=None,
            satisfaction_comment="",
        )


def _earlier_than(turn: Turn) -> list[Turn]:
    # Nearly always the turn before is a reply; that is cheap to see.
    before = Turn.objects.filter(conversation_id=turn.conversation_id, seq=turn.seq - 1)
    kind = before.values_list("role", "kind").first()
    if kind is None or (kind[0] != Turn.Role.CUSTOMER and kind[1] != Turn.Kind.NOTICE):
        return []
    questions = open_questions(conversation_id=turn.conversation_id, until=turn.seq - 1)
    return [q for q in questions[-MAX_MERGED + 1 :] if turn.at - q.at <= MERGED_WITHIN]
