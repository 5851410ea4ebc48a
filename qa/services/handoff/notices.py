"""What customers are told around a hand-off, in the language that is active; honest about what happens next."""

from django.utils.translation import gettext as _

from qa.alarms import Danger
from qa.models import Conversation
from qa.selectors.people import display_name
from qa.services.handoff.reaching import Reach
from qa.services.wording import contact_of, language_of


def in_queue(conversation: Conversation, position: int) -> str:
    """Tell a customer that they wait, and where they stand."""
    if conversation.is_urgent:
        first = _("Our staff have been called; this conversation comes first.")
    else:
        first = _("A person will take over here, with all that was said.")
    place = _("You are next.") if position == 1 else _("You are number %(n)d in the queue.") % {"n": position}
    return f"{first} {place}"


def nobody_yet(conversation: Conversation, reach: Reach) -> str:
    """Tell a customer in danger that they come first as soon as somebody is there, and that help is elsewhere."""
    words = _("Nobody is at the desk just now, so do not wait here for help. Whoever comes first sees this at once.")
    return _with_contact(conversation, f"{words}{_opens(reach)}")


def nobody_there(conversation: Conversation, reach: Reach) -> str:
    """Tell a customer that nobody is there, and ask how to reach them."""
    if reach.opens_at is not None:
        words = _("Our staff are not here at this hour.") + _opens(reach)
    else:
        words = _("Nobody is at the desk just now.")
    if not can_be_reached(conversation):
        words += " " + _("Leave your e-mail address or telephone number here, and somebody will get back to you.")
    else:
        words += " " + _("Your wish has been noted, and somebody will get back to you.")
    return _with_contact(conversation, words)


def waited_too_long(conversation: Conversation) -> str:
    """Tell a customer that nobody came, and ask how to reach them."""
    words = _("We are sorry: nobody could take over in time. Your conversation is kept as a message.")
    if not can_be_reached(conversation):
        words += " " + _("Leave your e-mail address or telephone number here, and somebody will get back to you.")
    return _with_contact(conversation, words)


def with_agent(conversation: Conversation) -> str:
    """Tell a customer who is with them."""
    return _("%(name)s is with you and will answer here.") % {"name": agent_name(conversation)}


def added(position: int | None) -> str:
    """Tell a customer whose message the bot has no sure answer to that a person will read it."""
    words = _("I don't know this for sure. It has been added to your conversation, and our staff will read it.")
    if position is None:
        return words
    place = _("You are next.") if position == 1 else _("You are number %(n)d in the queue.") % {"n": position}
    return f"{words} {place}"


def safety_words(danger: Danger) -> str:
    """Return what anybody in danger should do first, when the knowledge base has no entry for it."""
    if danger == Danger.GAS:
        return _(
            "If you smell gas: do not switch anything on or off and light nothing. Open doors and windows, close the "
            "gas valve if you can reach it, and leave with everybody. Outside, call 119 or your gas company."
        )
    if danger == Danger.FIRE:
        return _(
            "If there is fire or smoke: leave with everybody at once and call 119. Switch the power off at the breaker "
            "only if that is safe. Do not use water on anything that is under power."
        )
    return _(
        "If there are sparks or somebody got a shock: do not touch the unit. Switch the power off at the breaker "
        "before you touch anybody, call 120 if somebody is hurt and 119 if it burns. Leave the power off until it "
        "was checked."
    )


def agent_name(conversation: Conversation) -> str:
    """Return the name of the agent who has a conversation, or what they are."""
    return display_name(conversation.assignee) or _("A member of staff")


def can_be_reached(conversation: Conversation) -> bool:
    """Tell whether there is an address or a number that a customer can be reached by."""
    by_site = conversation.visitor.email if conversation.visitor else ""
    return bool(conversation.contact_email or conversation.contact_phone or by_site)


def _opens(reach: Reach) -> str:
    if reach.opens_at is None:
        return ""
    return " " + _("We are back from %(time)s.") % {"time": f"{reach.opens_at:%Y-%m-%d %H:%M}"}


def _with_contact(conversation: Conversation, words: str) -> str:
    contact = contact_of(conversation.knowledge_base, language_of(conversation))
    return f"{words}\n{contact}" if contact else words
