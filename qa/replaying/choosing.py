"""What a reviewer is asked about in one week: by the loop, or by chance at the same cost."""

from collections.abc import Sequence

import numpy as np

from qa import selecting
from qa.benchmarking.files import LabelledText
from qa.engine.bundle import Finding
from qa.replaying.learner import Learner, asked_of


def choose_by_loop(
    learner: Learner, lot: Sequence[LabelledText], held: Sequence[LabelledText], limit: int
) -> list[int]:
    """Choose as the product does: what is wrong, unsure or new, once, and what speaks for most of it first.

    Args:
        learner: What answered the lot.
        lot: What was asked this week.
        held: What was reviewed before.
        limit: Most that the reviewer has time for.
    """
    findings, before = learner.ask(lot), learner.ask(held)
    proposals = [selecting.propose(asked_of(finding)) for finding in findings]
    useful = [(place, p.worth) for place, p in enumerate(proposals) if p is not None]
    texts = [*_texts(before), *(findings[place].text for place, _worth in useful)]
    theirs = learner.vectors_of(before)
    vectors = np.concatenate([theirs, learner.vectors_of([findings[place] for place, _worth in useful])])
    alike: dict[int, list[int]] = {}
    for number, first in enumerate(selecting.group_near_duplicates(texts, vectors)[len(before) :]):
        alike.setdefault(first, []).append(number)
    groups = [members for first, members in alike.items() if first >= len(before)]
    worths = [selecting.worth_of_group([useful[number][1] for number in members]) for members in groups]
    firsts = [members[0] for members in groups]
    choices = selecting.choose_covering(worths, vectors[len(before) :][firsts], theirs, limit)
    return [useful[firsts[choice.place]][0] for choice in choices]


def choose_by_chance(lot: Sequence[LabelledText], limit: int, rng: np.random.Generator) -> list[int]:
    """Choose questions of a lot at random."""
    chosen: list[int] = rng.permutation(len(lot))[:limit].tolist()
    return chosen


def _texts(findings: Sequence[Finding]) -> list[str]:
    return [finding.text for finding in findings]
