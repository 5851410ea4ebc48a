"""What an agent's page may say, as types; `qa.desk_protocol.decoding` makes them. Each is answered by its id."""

from dataclasses import dataclass
from typing import Literal

from qa.protocol.frames import Identified

View = Literal["queue", "mine", "all"]
Status = Literal["online", "away"]


@dataclass(frozen=True, slots=True)
class Hello(Identified):
    """First frame: the page's language, and whether the agent is there."""

    language: Literal["zh", "en"]
    status: Status


@dataclass(frozen=True, slots=True)
class List(Identified):
    """The list to keep the page supplied with; `base` None is every knowledge base of the agent."""

    view: View
    base: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Leave(Identified):
    """No conversation is looked at any longer."""


@dataclass(frozen=True, slots=True)
class Presence(Identified):
    """Whether the agent is there."""

    status: Status


@dataclass(frozen=True, slots=True)
class Ping(Identified):
    """Is the line alive?"""


@dataclass(frozen=True, slots=True)
class OfConversation(Identified):
    """Anything about one conversation: the agent's right to it is checked before anything else."""

    conversation: int


@dataclass(frozen=True, slots=True)
class Open(OfConversation):
    """The conversation to look at; turns after `after` follow, 0 for the latest."""

    after: int


@dataclass(frozen=True, slots=True)
class Earlier(OfConversation):
    """The turns before a `seq`."""

    before: int


@dataclass(frozen=True, slots=True)
class Read(OfConversation):
    """It was read up to a `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Claim(OfConversation):
    """Take it."""


@dataclass(frozen=True, slots=True)
class Transfer(OfConversation):
    """Give it to another agent; None: back to the queue."""

    to: int | None


@dataclass(frozen=True, slots=True)
class Say(OfConversation):
    """Say something to the customer."""

    text: str


@dataclass(frozen=True, slots=True)
class SendEntry(OfConversation):
    """Give the customer an entry's answer."""

    entry: int


@dataclass(frozen=True, slots=True)
class Resolve(OfConversation):
    """It is settled."""


@dataclass(frozen=True, slots=True)
class Reopen(OfConversation):
    """It is not settled after all."""


@dataclass(frozen=True, slots=True)
class ReturnToBot(OfConversation):
    """The bot answers again."""


@dataclass(frozen=True, slots=True)
class WriteNote(OfConversation):
    """A note for colleagues."""

    text: str


@dataclass(frozen=True, slots=True)
class PutTag(OfConversation):
    """Put a label on it; a new one is made."""

    name: str


@dataclass(frozen=True, slots=True)
class TakeTag(OfConversation):
    """Take a label off it."""

    name: str


@dataclass(frozen=True, slots=True)
class LinkEntry(OfConversation):
    """This entry answers what the customer asked at, or before, a turn; None: no entry does."""

    turn: int
    entry: int | None


@dataclass(frozen=True, slots=True)
class DraftEntry(OfConversation):
    """Make a draft of an entry of what was asked and of an agent's answer."""

    turn: int


@dataclass(frozen=True, slots=True)
class Suggest(OfConversation):
    """Which entries could answer what the customer asked last?"""


@dataclass(frozen=True, slots=True)
class SearchEntries(OfConversation):
    """Published entries that hold some words."""

    words: str


@dataclass(frozen=True, slots=True)
class Canned(OfConversation):
    """The canned replies, and the labels that there are."""


@dataclass(frozen=True, slots=True)
class Agents(OfConversation):
    """Who else could have it."""


@dataclass(frozen=True, slots=True)
class Typing(OfConversation):
    """The agent is typing."""
