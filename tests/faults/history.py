"""Whether a conversation's history holds what was said: nothing lost, doubled or out of order. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Said:
    """One turn, as somebody saw it."""

    seq: int
    role: str
    text: str


@dataclass
class History:
    """What one customer did and saw.

    Attributes:
        name: Of the customer.
        sent: Every message, in the order in which it was written; each text is unique.
        acknowledged: Texts whose `ack` arrived, with the `seq` that it named.
        seen: Every turn in the order in which the customer's program took it in.
        stored: Every turn of the conversation as the server has it at the end.
    """

    name: str
    sent: list[str] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    seen: list[Said] = field(default_factory=list)
    stored: list[Said] = field(default_factory=list)


def complaints(history: History) -> list[str]:
    """Return what is wrong with a history, one line each; none when all is as it must be."""
    own = [turn.text for turn in history.stored if turn.role == "customer"]
    found = [
        *_compared(history.sent, own, "message"),
        *_gaps([turn.seq for turn in history.stored]),
        *_seen(history),
    ]
    places = {turn.text: turn.seq for turn in history.stored if turn.role == "customer"}
    for text, seq in history.acknowledged.items():
        if places.get(text) != seq:
            found.append(f"“{text}” was acknowledged as {seq} and is stored as {places.get(text)}")
    if history.stored and history.stored[-1].role == "customer":
        found.append("the last message has no reply")
    return [f"{history.name}: {line}" for line in found]


def _compared(wanted: Sequence[str], there: Sequence[str], what: str) -> list[str]:
    counts = Counter(there)
    lost = [text for text in wanted if not counts[text]]
    doubled = [text for text, number in counts.items() if number > 1]
    strange = [text for text in counts if text not in set(wanted)]
    found = [f"{what} lost: {text}" for text in lost]
    found += [f"{what} doubled: {text}" for text in doubled]
    found += [f"{what} that nobody sent: {text}" for text in strange]
    if not found and list(there) != list(wanted):
        found.append(f"{what}s out of order")
    return found


def _gaps(seqs: Sequence[int]) -> list[str]:
    wanted = list(range(1, len(seqs) + 1))
    return [] if list(seqs) == wanted else [f"the numbers of the turns are not 1 to {len(seqs)}: {list(seqs)[:20]} …"]


def _seen(history: History) -> list[str]:
    seqs = [turn.seq for turn in history.seen]
    found = [] if seqs == sorted(set(seqs)) else ["turns were taken in out of order or twice"]
    if history.seen != history.stored:
        missing = [turn.seq for turn in history.stored if turn not in history.seen]
        found.append(f"the customer saw {len(history.seen)} of {len(history.stored)} turns; not {missing[:20]}")
    return found
