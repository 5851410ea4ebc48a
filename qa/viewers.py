"""Who looks at one conversation, as sockets tell one another every few seconds; pure."""

import time
from dataclasses import dataclass

SEEN_EVERY_S = 10.0
"""How often a socket says that it looks."""
FORGOTTEN_AFTER_S = 25.0
"""A socket that did not say so for this long looks no more: two of its words may get lost."""
TYPING_S = 5.0
"""How long somebody is taken to be typing after a key."""


@dataclass(slots=True)
class _Seen:
    user_id: int
    name: str
    seen_at: float
    typed_at: float


class Viewers:
    """The other sockets that look at the conversation which one socket looks at."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def clear(self) -> None:
        """Forget all: another conversation is looked at."""
        self._seen.clear()

    def note(self, channel: str, user_id: int, name: str, *, is_typing: bool = False, now: float | None = None) -> bool:
        """Note that a socket looks; return whether it is new."""
        now = time.monotonic() if now is None else now
        before = self._seen.get(channel)
        typed_at = now if is_typing else (before.typed_at if before else -TYPING_S)
        self._seen[channel] = _Seen(user_id, name, now, typed_at)
        return before is None

    def drop(self, channel: str) -> None:
        """Note that a socket looks no more."""
        self._seen.pop(channel, None)

    def people(self, *, but: int, now: float | None = None) -> tuple[tuple[str, bool], ...]:
        """Return name and whether they type of everybody but one, each once, by name."""
        now = time.monotonic() if now is None else now
        typing: dict[tuple[str, int], bool] = {}
        for seen in self._seen.values():
            if seen.user_id != but and now - seen.seen_at < FORGOTTEN_AFTER_S:
                key = (seen.name, seen.user_id)
                typing[key] = typing.get(key, False) or now - seen.typed_at < TYPING_S
        return tuple((name, is_typing) for (name, _user), is_typing in sorted(typing.items()))
