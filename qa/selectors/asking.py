"""Which knowledge base a question without a conversation may be put to."""

from django.utils.translation import gettext as _

from qa.exceptions import NotFound, Unauthorised
from qa.models import KnowledgeBase, Role, Widget
from qa.selectors.access import Person, bases_for
from qa.selectors.chat import chat_knowledge_base_or_none


def base_to_ask(user: Person, slug: str) -> KnowledgeBase:
    """Return a knowledge base by its name: the chat page's for anybody, others for staff who work with them.

    Raises:
        NotFound: There is none of this name, as far as whoever asks may know.
    """
    public = chat_knowledge_base_or_none()
    if public is not None and public.slug == slug:
        return public
    base = bases_for(user, *Role).filter(slug=slug).first()
    if base is None:
        raise NotFound(_("There is no knowledge base of this name."))
    return base


def base_of_widget(key: str) -> KnowledgeBase:
    """Return the knowledge base that a widget answers from.

    Raises:
        NotFound: There is no such widget, or it is switched off.
        Unauthorised: It is for signed-in visitors only, whose identity this way of asking can't carry.
    """
    widget = Widget.objects.filter(key=key, is_active=True).select_related("knowledge_base").first()
    if widget is None:
        raise NotFound(_("There is no widget with this key."))
    if widget.requires_identity:
        raise Unauthorised(_("This widget is for signed-in visitors only."))
    return widget.knowledge_base
