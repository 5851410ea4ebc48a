"""Who answers a conversation, and which steps lead from one state to another; pure.

Every step of a hand-off stands in `LEGAL`; what is not there can't happen. `qa.services.handoff` takes them.
"""

from enum import StrEnum

from qa.exceptions import QAError

OFFERED_AFTER = 2
"""Misses in a row from which a person is offered."""


class State(StrEnum):
    """Who is answering; the values of `Conversation.State`."""

    BOT = "bot"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    TICKET = "ticket"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Step(StrEnum):
    """What can happen to a conversation."""

    WANT = "want"
    """A person is wanted, and there is one."""
    NOTE = "note"
    """A person is wanted and none is there, or the customer leaves a message."""
    WRITE = "write"
    """The customer writes to a conversation that was over."""
    END = "end"
    """The customer ends it."""
    CLAIM = "claim"
    """An agent takes it."""
    REOPEN = "reopen"
    """An agent takes up what was over."""
    TRANSFER = "transfer"
    """An agent gives it to another."""
    REQUEUE = "requeue"
    """An agent, or the clock for one who is gone, puts it back into the queue."""
    RETURN = "return"
    """An agent gives it back to the bot."""
    RESOLVE = "resolve"
    """An agent says that it is settled."""
    GIVE_UP = "give_up"
    """Nobody came for too long: the clock makes a message of it."""
    IDLE = "idle"
    """Nobody said anything for too long."""


_S = State
LEGAL: dict[Step, dict[State, State]] = {
    Step.WANT: dict.fromkeys((_S.BOT, _S.TICKET, _S.RESOLVED, _S.CLOSED), _S.WAITING),
    Step.NOTE: dict.fromkeys((_S.BOT, _S.WAITING, _S.RESOLVED, _S.CLOSED), _S.TICKET),
    Step.WRITE: dict.fromkeys((_S.RESOLVED, _S.CLOSED), _S.BOT),
    Step.END: {s: _S.CLOSED for s in _S if s != _S.CLOSED},
    Step.CLAIM: dict.fromkeys((_S.BOT, _S.WAITING, _S.TICKET), _S.ASSIGNED),
    Step.REOPEN: dict.fromkeys((_S.RESOLVED, _S.CLOSED), _S.ASSIGNED),
    Step.TRANSFER: {_S.ASSIGNED: _S.ASSIGNED},
    Step.REQUEUE: {_S.ASSIGNED: _S.WAITING},
    Step.RETURN: dict.fromkeys((_S.WAITING, _S.ASSIGNED, _S.TICKET), _S.BOT),
    Step.RESOLVE: dict.fromkeys((_S.WAITING, _S.ASSIGNED, _S.TICKET), _S.RESOLVED),
    Step.GIVE_UP: {_S.WAITING: _S.TICKET},
    Step.IDLE: dict.fromkeys((_S.BOT, _S.ASSIGNED, _S.RESOLVED), _S.CLOSED),
}
"""For each step: from which states it may be taken, and where it leads."""
OVER = frozenset({State.RESOLVED, State.CLOSED})
"""States in which nobody is expected to answer any more."""


class IllegalStep(QAError):
    """Raised when a step does not lead on from a conversation's state; services say it in better words."""


def after(state: str, step: Step) -> State:
    """Return the state that a step leads to.

    Raises:
        IllegalStep: The step can't be taken from this state.
    """
    try:
        return LEGAL[step][State(state)]
    except KeyError:
        expected = ", ".join(LEGAL[step])
        raise IllegalStep(f"'{step}' can't be taken from '{state}'; expected one of: {expected}.") from None


def is_legal(state: str, step: Step) -> bool:
    """Tell whether a step can be taken from a state."""
    return State(state) in LEGAL[step]
