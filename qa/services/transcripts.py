"""A conversation as a text that its customer keeps."""

from dataclasses import dataclass

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qa.exceptions import Unauthorised
from qa.models import Conversation, Turn
from qa.selectors.people import display_name
from qa.services.wording import language_of


@dataclass(frozen=True, slots=True)
class Transcript:
    """A text, and what its file is called."""

    name: str
    text: str


def write_transcript(*, token: str) -> Transcript:
    """Write down the conversation that a token opens, in its own language and its widget's time zone.

    Raises:
        Unauthorised: It opens none.
    """
    rows = Conversation.objects.select_related("knowledge_base", "widget")
    conversation = rows.filter(token_digest=Conversation.digest_of(token)).first()
    if conversation is None:
        raise Unauthorised(_("This token opens no conversation."))
    zone = conversation.widget.time_zone if conversation.widget else None
    language = language_of(conversation)
    with translation.override(language), timezone.override(zone):
        head = conversation.knowledge_base.display_name
        turns = conversation.turns.select_related("author").order_by("seq")
        text = "\n\n".join([head, *(_written(turn) for turn in turns)]) + "\n"
    return Transcript(f"chat-{timezone.localdate(conversation.created_at):%Y-%m-%d}.txt", text)


def _written(turn: Turn) -> str:
    options = "".join(f"\n- {option['text']}" for option in turn.options)
    return f"[{timezone.localtime(turn.at):%Y-%m-%d %H:%M:%S}] {_speaker(turn)}\n{turn.text}{options}"


def _speaker(turn: Turn) -> str:
    names = {
        Turn.Role.CUSTOMER: _("You"),
        Turn.Role.BOT: _("Assistant"),
        Turn.Role.AGENT: display_name(turn.author) or _("A member of staff"),
        Turn.Role.SYSTEM: _("Notice"),
    }
    return names[Turn.Role(turn.role)]
