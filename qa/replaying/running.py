"""The experiment: the same traffic with the loop, with labels by chance at the same cost, and without either."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nlp.interpretation import TextEncoder
from nlp.metrics import top1
from nlp.text import normalise
from qa.benchmarking.files import LabelledText
from qa.progress import Progress
from qa.replaying.choosing import choose_by_chance, choose_by_loop
from qa.replaying.learner import Learner, RememberingEncoder, number_entries
from qa.replaying.traffic import Traffic, draw_traffic

ENCODED_AT_ONCE = 256

Retrain = Callable[[Learner], Learner]
"""Returns what answers after the encoder was trained on all that is known."""


class Arm(StrEnum):
    """How what is labelled is chosen."""

    LOOP = "loop"
    RANDOM = "random"
    NONE = "none"


@dataclass(frozen=True)
class Plan:
    """The size of an experiment.

    Attributes:
        per_entry: Phrasings an entry that are known at first.
        num_lots: Weeks.
        share: Of a week's questions, 0..1, that the reviewer has time for.
        num_seeds: Drawings, each of its own known phrasings and its own order of the traffic.
    """

    per_entry: int = 5
    num_lots: int = 4
    share: float = 0.2
    num_seeds: int = 5


@dataclass(frozen=True)
class Week:
    """What one arm has come to after a number of weeks; shares 0..1.

    Attributes:
        joint: As the benchmark's, at the threshold that the product chose itself; where the test has nothing out of
            scope, the share of its questions that were answered right.
        declined: Of the out-of-scope questions; None without any.
        num_reviewed: Labels so far.
    """

    week: int
    joint: float
    top1: float
    answered_right: float
    declined: float | None
    num_reviewed: int


@dataclass(frozen=True)
class Replay:
    """All drawings of an experiment; one list of weeks, the first number 0, for each arm and seed."""

    plan: Plan
    num_known: int
    num_asked: int
    num_test: int
    num_test_out_of_scope: int
    weeks: dict[Arm, tuple[tuple[Week, ...], ...]]


def run_replay(
    *,
    kb: Sequence[LabelledText],
    test: Sequence[LabelledText],
    stream: Sequence[LabelledText] | None,
    plan: Plan,
    encoder: TextEncoder,
    retrain: Retrain | None = None,
    progress: Progress,
) -> Replay:
    """Replay the traffic once for each seed and arm.

    Args:
        kb: Phrasings with their entries, more than `plan.per_entry` of each.
        test: What is measured on, never learned from.
        stream: More traffic; see `draw_traffic`.
        plan: How large.
        encoder: Of every text, each of which it encodes once.
        retrain: Trains the encoder each week; None leaves it as it is, and each week takes seconds.
        progress: Called with a stage, what is done of it, and how much it is.

    Raises:
        ImportRefused: There is too little traffic.
    """
    remembering = _remembering(encoder, [*kb, *test, *(stream or ())], progress)
    weeks: dict[Arm, list[tuple[Week, ...]]] = {arm: [] for arm in Arm}
    for seed in range(plan.num_seeds):
        traffic = draw_traffic(kb, test, stream, per_entry=plan.per_entry, num_lots=plan.num_lots, seed=seed)
        for arm, of_arm in _replay_once(traffic, plan, remembering, retrain, seed, progress).items():
            weeks[arm].append(of_arm)
    return Replay(
        plan,
        len(traffic.known),
        sum(map(len, traffic.lots)),
        len(traffic.test),
        traffic.num_test_out_of_scope,
        {arm: tuple(of_arm) for arm, of_arm in weeks.items()},
    )


def _remembering(encoder: TextEncoder, rows: Sequence[LabelledText], progress: Progress) -> RememberingEncoder:
    remembering = RememberingEncoder(encoder)
    texts = sorted({normalise(row.text) for row in rows} - {""})
    for start in range(0, len(texts), ENCODED_AT_ONCE):
        remembering.encode(texts[start : start + ENCODED_AT_ONCE])
        progress("encoding every text once", min(start + ENCODED_AT_ONCE, len(texts)), len(texts))
    return remembering


def _replay_once(
    traffic: Traffic, plan: Plan, encoder: TextEncoder, retrain: Retrain | None, seed: int, progress: Progress
) -> dict[Arm, tuple[Week, ...]]:
    start = Learner(traffic.known, encoder, number_entries(traffic.known), seed=seed)
    learners = dict.fromkeys((Arm.LOOP, Arm.RANDOM), start if retrain is None else retrain(start))
    rng = np.random.default_rng(seed)
    first = _week(0, learners[Arm.LOOP], traffic)
    weeks = {arm: [first] for arm in Arm}
    for number, lot in enumerate(traffic.lots, start=1):
        limit = round(plan.share * len(lot))
        loop = learners[Arm.LOOP]
        by_loop = choose_by_loop(loop, lot, loop.rows[len(traffic.known) :], limit)
        chosen = {Arm.LOOP: by_loop, Arm.RANDOM: choose_by_chance(lot, len(by_loop), rng)}
        for arm, places in chosen.items():
            taught = learners[arm].taught([lot[place] for place in places], are_chosen=arm is Arm.LOOP)
            learners[arm] = taught if retrain is None else retrain(taught)
            weeks[arm].append(_week(number, learners[arm], traffic))
        weeks[Arm.NONE].append(Week(number, *_figures(first), num_reviewed=0))
        progress("replaying weeks", seed * plan.num_lots + number, plan.num_seeds * plan.num_lots)
    return {arm: tuple(of_arm) for arm, of_arm in weeks.items()}


def _figures(week: Week) -> tuple[float, float, float, float | None]:
    return week.joint, week.top1, week.answered_right, week.declined


def _week(number: int, learner: Learner, traffic: Traffic) -> Week:
    outcome, threshold = learner.measure(traffic.test)
    measured, answered = outcome.measure(threshold), outcome.confidence >= threshold
    answered_right = float(np.mean((answered & outcome.right)[outcome.in_scope]))
    declined = None if outcome.in_scope.all() else float(np.mean(~answered[~outcome.in_scope]))
    joint = answered_right if measured.joint is None else measured.joint
    found = top1(outcome.ranks[outcome.in_scope])
    return Week(number, joint, found, answered_right, declined, len(learner.rows) - len(traffic.known))
