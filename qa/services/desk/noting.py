"""Notes that agents write for colleagues."""

from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from qa.exceptions import Conflict
from qa.models import Note
from qa.services.conversations import lock_conversation
from qa.services.waking import wake_desk


def write_note(*, conversation_id: int, agent: User, text: str, client_id: UUID) -> Note:
    """Write a note, once; customers never see it.

    Raises:
        Conflict: The client's id was used for something else.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        note, is_new = Note.objects.get_or_create(
            client_id=client_id, defaults={"conversation": conversation, "author": agent, "text": text}
        )
        if (note.conversation_id, note.author_id, note.text) != (conversation_id, agent.pk, text):
            raise Conflict(_("This message id was already used for something else."))
        if is_new:
            transaction.on_commit(partial(wake_desk, conversation.knowledge_base_id, conversation_id))
        return note
