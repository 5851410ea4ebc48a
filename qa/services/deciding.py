"""From what the engine found to a decision on what may be said now."""

from typing import TYPE_CHECKING

from qa.decision import Answer, Candidate, Clarify, Decision, HandOff, decide
from qa.models import Decision as DecisionKind
from qa.models import Entry

if TYPE_CHECKING:
    from qa.engine.bundle import Finding, RankedEntry


def decide_on(finding: "Finding") -> Decision:
    """Decide on a question."""
    found = still_answering(finding)
    candidates = [Candidate(r.entry_id, r.probability, entry.is_emergency) for r, entry in found]
    return decide(candidates, finding.thresholds)


def still_answering(finding: "Finding") -> "list[tuple[RankedEntry, Entry]]":
    """Return what was found, without what was withdrawn since the index was built."""
    entries = Entry.objects.answering().in_bulk([r.entry_id for r in finding.ranked])
    return [(r, entries[r.entry_id]) for r in finding.ranked if r.entry_id in entries]


def kind_of(decision: Decision) -> DecisionKind:
    """Return how the database names a decision."""
    return _KINDS[type(decision)]


_KINDS = {Answer: DecisionKind.ANSWER, Clarify: DecisionKind.CLARIFY, HandOff: DecisionKind.HAND_OFF}
