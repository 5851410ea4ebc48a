"""An agent says which entry answers what a customer asked: evidence for the learning line."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from qa.exceptions import NotFound
from qa.models import Entry, Evidence, Turn
from qa.selectors.desk.questions import question_at
from qa.services.evidence import note_agent_choice, question_behind


def link_entry(*, turn_id: int, agent: User, entry_id: int | None) -> Evidence:
    """Note which entry answers a customer's turn; None means that none does.

    A later word of the same agent takes the place of the earlier.

    Args:
        turn_id: A customer's turn, or a reply to one.
        agent: Who says so.
        entry_id: Of the same knowledge base.

    Raises:
        NotFound: There is no such turn with a question behind it, or no such entry.
    """
    with transaction.atomic():
        turn = Turn.objects.select_related("conversation", "reply_to").filter(pk=turn_id).first()
        question = None if turn is None else _question_of(turn)
        if question is None:
            raise NotFound(_("There is no such question of a customer."))
        entry = None
        if entry_id is not None:
            base_id = question.conversation.knowledge_base_id
            entry = Entry.objects.filter(pk=entry_id, knowledge_base=base_id).first()
            if entry is None:
                raise NotFound(_("This knowledge base has no such entry."))
        return note_agent_choice(question=question, agent_id=agent.pk, entry=entry)


def _question_of(turn: Turn) -> Turn | None:
    # What a reply goes back to may be a wish for a person: the question is before it then.
    return question_at(question_behind(turn) or turn)
