"""What a customer's browser may say, as types; `qa.protocol.decoding` makes them."""

from dataclasses import dataclass
from typing import Literal

from qa.protocol.frames import Identified


@dataclass(frozen=True, slots=True)
class Hello:
    """First frame: start a conversation, or resume one with its token.

    Attributes:
        identity: The signed word of the page around a widget for who the visitor is (version 2).
        language: Of the page, `zh-Hans`, `zh-Hant` or `en`; None for the browser's (version 2).
        page: Address of the page around a widget, without query and fragment (version 2).
        version: What the socket speaks from now on.
    """

    widget: str | None
    token: str | None
    after: int
    identity: str | None = None
    language: str | None = None
    page: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Message(Identified):
    """A customer's utterance."""

    text: str


@dataclass(frozen=True, slots=True)
class Choose(Identified):
    """The answer to a question back; `option` is an entry or `none`."""

    turn: int
    option: str


@dataclass(frozen=True, slots=True)
class Feedback(Identified):
    """A thumb on a turn."""

    turn: int
    vote: Literal["up", "down"]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Human(Identified):
    """A person is wanted."""


@dataclass(frozen=True, slots=True)
class Contact(Identified):
    """Who the customer is and how to reach them (version 2); empty for what they don't say."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Leave(Identified):
    """A message for when nobody is there, with how to reach the customer (version 2)."""

    name: str
    email: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class Rate(Identified):
    """How satisfied the customer is, 1 to 5 (version 2)."""

    score: int
    comment: str | None


@dataclass(frozen=True, slots=True)
class End(Identified):
    """The customer ends the conversation (version 2)."""


@dataclass(frozen=True, slots=True)
class Suggest(Identified):
    """What could be meant by what is being typed (version 2)."""

    text: str


@dataclass(frozen=True, slots=True)
class Typing:
    """The customer is typing."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Is the line alive?"""


ClientFrame = Hello | Message | Choose | Feedback | Human | Contact | Leave | Rate | End | Suggest | Typing | Ping
