"""From what was asked and an agent's answer to the draft of an entry, which an editor finishes."""

from django.db import transaction
from django.utils.translation import gettext as _

from qa.exceptions import NotFound
from qa.models import Answer, Conversation, Entry, Phrasing, Turn
from qa.privacy import deidentify, parse_templates, without_placeholders
from qa.selectors.desk.questions import question_at
from qa.services.conversations import lock_conversation
from qa.services.wording import language_of

MAX_QUESTION = 500
MAX_PHRASING = 1_000


def draft_entry(*, conversation_id: int, seq: int) -> Entry:
    """Make a draft of a question and an agent's answer; the same turn again gives the same draft.

    What names a person is taken out of both: the conversation is forgotten one day, and the entry is not.

    Args:
        conversation_id: Whose.
        seq: The agent's answer, or the question.

    Raises:
        NotFound: There is no such turn, or no question at it.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        turn = conversation.turns.filter(seq=seq).first()
        question = None if turn is None else question_at(turn)
        if turn is None or question is None:
            raise NotFound(_("There is no such question of a customer."))
        name = f"draft-{conversation.public_id.hex[:8]}-{question.seq}"
        base = conversation.knowledge_base
        entry, is_new = Entry.objects.get_or_create(knowledge_base=base, external_id=name)
        if is_new:
            _write(entry, conversation, question, turn if turn.role == Turn.Role.AGENT else _answer_to(question))
        return entry


def _answer_to(question: Turn) -> Turn | None:
    later = Turn.objects.filter(conversation=question.conversation_id, seq__gt=question.seq)
    return later.filter(role=Turn.Role.AGENT, kind=Turn.Kind.TEXT).order_by("seq").first()


def _write(entry: Entry, conversation: Conversation, question: Turn, answer: Turn | None) -> None:
    templates = parse_templates(conversation.knowledge_base.number_templates)
    language = language_of(conversation)
    asked = without_placeholders(deidentify(question.text, templates).text)
    if asked:
        Phrasing.objects.create(entry=entry, language=language, text=asked[:MAX_PHRASING])
    if answer is not None:
        said = deidentify(answer.text, templates).text
        Answer.objects.create(entry=entry, language=language, question=asked[:MAX_QUESTION], text=said)
