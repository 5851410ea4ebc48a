"""Labels on conversations."""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from qa.exceptions import Conflict
from qa.models import Conversation, Tag
from qa.services.conversations import lock_conversation
from qa.services.waking import wake_desk

MAX_TAGS = 20
"""Labels that one conversation can have."""


def put_tag(*, conversation_id: int, name: str) -> None:
    """Put a label on a conversation; one that does not exist is made, letter case aside.

    Raises:
        Conflict: There are too many on it.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        tags = Tag.objects.filter(knowledge_base=conversation.knowledge_base_id)
        tag = tags.filter(name__iexact=name).first()
        if tag is None:
            tag = Tag.objects.create(knowledge_base_id=conversation.knowledge_base_id, name=name)
        if conversation.tags.exclude(pk=tag.pk).count() >= MAX_TAGS:
            raise Conflict(_("A conversation can have %(limit)d labels. Take one off first.") % {"limit": MAX_TAGS})
        conversation.tags.add(tag)
        _wake_later(conversation)


def take_tag(*, conversation_id: int, name: str) -> None:
    """Take a label off a conversation, if it is on it."""
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        conversation.tags.remove(*conversation.tags.filter(name=name))
        _wake_later(conversation)


def _wake_later(conversation: Conversation) -> None:
    transaction.on_commit(partial(wake_desk, conversation.knowledge_base_id, conversation.pk))
