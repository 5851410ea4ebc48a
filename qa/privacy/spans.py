"""What can be found in a text, and where."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of personal item it is; its placeholder is the value in angle brackets."""

    PHONE = "phone"
    ID = "id"
    CARD = "card"
    EMAIL = "email"
    PLATE = "plate"
    ADDRESS = "address"
    ORDER = "order"
    NAME = "name"
    ACCOUNT = "account"
    NUMBER = "number"

    @property
    def placeholder(self) -> str:
        """What stands in its place."""
        return f"<{self.value}>"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, half open, that is to be replaced."""

    start: int
    end: int
    kind: Kind
