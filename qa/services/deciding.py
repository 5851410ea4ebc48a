"""From what the engine found to a decision on what may be said now."""

from typing import TYPE_CHECKING

from qa.decision import Candidate, Decision, decide
from qa.models import Entry

if TYPE_CHECKING:
    from qa.engine.bundle import Finding


def decide_on(finding: "Finding") -> Decision:
    """Decide on a question; what was withdrawn since the index was built is not given any more."""
    entries = Entry.objects.answering().in_bulk([r.entry_id for r in finding.ranked])
    ranked = [r for r in finding.ranked if r.entry_id in entries]
    return decide(
        [Candidate(r.entry_id, r.probability, entries[r.entry_id].is_emergency) for r in ranked], finding.thresholds
    )
