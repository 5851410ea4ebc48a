"""The figures of one evaluation; frozen, and plain enough to be stored as JSON."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from nlp.evaluation import (
    Confusion,
    CurvePoint,
    Difference,
    Outcomes,
    ReliabilityBin,
    Share,
    Slice,
    confusions,
    paired_difference,
    reliability_bins,
    risk_coverage_curve,
    slices,
)
from nlp.metrics import IN_SCOPE_WEIGHT, BoolArray, Joint, expected_calibration_error, mean_reciprocal_rank, recall
from nlp.promises import promise_threshold
from qa.benchmarking.files import OUT_OF_SCOPE
from qa.decision import Clarify, HandOff
from qa.evaluating.asking import Asked

_LENGTHS = ((10, "1-10"), (20, "11-20"), (40, "21-40"), (80, "41-80"))
"""Most characters of a question, and what the slice is called; what is longer comes last."""
_LONGEST = "81+"


@dataclass(frozen=True)
class Declining:
    """Answering and declining at one threshold; `measured` is None without both kinds of questions."""

    threshold: float
    measured: Joint | None


@dataclass(frozen=True)
class Decisions:
    """What customers would have got, counted; the first four make up all questions.

    Attributes:
        answered_right: In-scope questions that got their entry's answer.
        answered_wrong: Questions that got another answer, out-of-scope ones included.
        asked_back: Questions that were asked back.
        handed_off: Questions that a person has to answer.
        right_offered: Of those asked back, the right entry was among the options.
        joint: 0.8 × share of in-scope questions answered right + 0.2 × share of out-of-scope ones not
            answered, as decided, 0..1; None without both kinds.
    """

    answered_right: int
    answered_wrong: int
    asked_back: int
    handed_off: int
    right_offered: int
    joint: float | None


@dataclass(frozen=True)
class Promise:
    """Whether as many automatic answers are right as was promised.

    Attributes:
        target: Share of automatic answers that shall be right.
        right: Share that is right, with the exact 95 % interval.
        coverage: Share of in-scope questions that are answered automatically; None without one.
        reachable_coverage: The same at the lowest threshold that keeps the promise on these questions with
            95 % confidence; None when no threshold does.
        kept: True or False where the interval tells; None where these questions are too few to.
    """

    target: float
    right: Share
    coverage: float | None
    reachable_coverage: float | None
    kept: bool | None


@dataclass(frozen=True)
class Figures:
    """How well one system ranks, declines and knows how sure it is; shares 0..1, None = nothing to measure.

    Attributes:
        n, n_oos: Questions, and how many of them are out of scope.
        top1: Of the in-scope ones, with the Wilson interval; likewise the next two.
        auroc: Of P(correct), in scope against out of scope.
        ece: Expected calibration error of P(correct), all questions.
        live, oracle: At the live threshold, and at the one that is best on these very questions.
    """

    n: int
    n_oos: int
    top1: Share
    mrr10: float | None
    recall5: float | None
    auroc: float | None
    ece: float
    live: Declining
    oracle: Declining
    decisions: Decisions
    promise: Promise


@dataclass(frozen=True)
class AblationRow:
    """One system beside the full one.

    Attributes:
        name: What was taken out; `full system` for the one that the others are compared with.
        top1, top1_terms, auroc, joint, ece: Its figures; `top1_terms` of the questions in jargon.
        top1_change, top1_terms_change, auroc_change, joint_change: To the full system.
    """

    name: str
    top1: float | None
    top1_terms: float | None
    auroc: float | None
    joint: float | None
    ece: float
    top1_change: Difference | None = None
    top1_terms_change: Difference | None = None
    auroc_change: Difference | None = None
    joint_change: Difference | None = None


@dataclass(frozen=True)
class Details:
    """Where it goes wrong.

    Attributes:
        slices: By language, length and jargon.
        confused: In-scope questions by right entry and first entry.
        answered_out_of_scope: Out-of-scope questions by the entry that they were answered with.
        reliability, risk_coverage: For the pictures.
    """

    slices: tuple[Slice, ...]
    confused: tuple[Confusion, ...]
    answered_out_of_scope: tuple[Confusion, ...]
    reliability: tuple[ReliabilityBin, ...]
    risk_coverage: tuple[CurvePoint, ...]


def measure(asked: Asked, *, target: float) -> Figures:
    """Measure one system's replies; `target` is the promised share of right answers."""
    outcomes = asked.outcomes
    ranks = outcomes.ranks[outcomes.in_scope]
    oracle = outcomes.oracle_threshold()
    return Figures(
        n=len(outcomes.ranks),
        n_oos=int((~outcomes.in_scope).sum()),
        top1=Share.wilson(outcomes.right[outcomes.in_scope]),
        mrr10=mean_reciprocal_rank(ranks) if len(ranks) else None,
        recall5=recall(ranks) if len(ranks) else None,
        auroc=outcomes.auroc(),
        ece=expected_calibration_error(outcomes.probability, outcomes.right),
        live=Declining(outcomes.threshold, outcomes.joint_at(outcomes.threshold)),
        oracle=Declining(oracle, outcomes.joint_at(oracle)),
        decisions=_decisions(asked),
        promise=_promise(asked, target),
    )


def detail(asked: Asked) -> Details:
    """Look at one system's replies from all sides."""
    outcomes, replies = asked.outcomes, asked.replies
    dimensions = {
        "language": [reply.language or "other" for reply in replies],
        "length": [_length(reply.text) for reply in replies],
        "jargon": ["with" if reply.has_terms else "without" for reply in replies],
    }
    groups = (slices(name, values, outcomes, asked.answered) for name, values in dimensions.items())
    labels = [reply.question.label for reply in replies]
    first = [reply.ranked[0] if reply.ranked else "" for reply in replies]
    inside = [label if label != OUT_OF_SCOPE else found for label, found in zip(labels, first, strict=True)]
    given = [reply.given for reply in replies]
    outside = [
        label if label == OUT_OF_SCOPE and reply.is_answered else reply.given
        for label, reply in zip(labels, replies, strict=True)
    ]
    return Details(
        slices=tuple(one for group in groups for one in group),
        confused=tuple(confusions(inside, first)),
        answered_out_of_scope=tuple(confusions(outside, given)),
        reliability=tuple(reliability_bins(outcomes.probability, outcomes.right)),
        risk_coverage=tuple(risk_coverage_curve(outcomes)),
    )


def compare(name: str, asked: Asked, full: Asked, *, seed: int) -> AblationRow:
    """Hold one system against the full one, on the same questions."""
    outcomes, baseline = asked.outcomes, full.outcomes
    # Which questions are in jargon, the full system says: the one without a lexicon can't.
    in_jargon, baseline_in_jargon = outcomes.take(full.has_terms), baseline.take(full.has_terms)
    row = _row(name, outcomes, in_jargon)
    if asked is full:
        return row
    return replace(
        row,
        top1_change=paired_difference(outcomes, baseline, Outcomes.top1, seed=seed),
        top1_terms_change=paired_difference(in_jargon, baseline_in_jargon, Outcomes.top1, seed=seed),
        auroc_change=paired_difference(outcomes, baseline, Outcomes.auroc, seed=seed),
        joint_change=paired_difference(outcomes, baseline, Outcomes.joint, seed=seed),
    )


def plain(figures: Figures) -> dict[str, object]:
    """Return the figures under the benchmark report's names, with what it has no name for beside them."""
    top1, promise, live, oracle = figures.top1, figures.promise, figures.live, figures.oracle
    return {
        "n": figures.n,
        "n_oos": figures.n_oos,
        "top1": top1.value,
        "top1_ci95": [top1.low, top1.high],
        "mrr10": figures.mrr10,
        "recall5": figures.recall5,
        "auroc": figures.auroc,
        "joint": live.measured.joint if live.measured else None,
        "joint_natural": live.measured.natural if live.measured else None,
        "threshold": live.threshold,
        "oracle_threshold": oracle.threshold,
        "oracle_joint": oracle.measured.joint if oracle.measured else None,
        "oracle_joint_natural": oracle.measured.natural if oracle.measured else None,
        "ece": figures.ece,
        "decisions": asdict(figures.decisions),
        "promise": {
            "target": promise.target,
            "kept": promise.kept,
            "coverage": promise.coverage,
            "right": promise.right.value,
            "right_ci95": [promise.right.low, promise.right.high],
            "reachable_coverage": promise.reachable_coverage,
        },
    }


def _row(name: str, outcomes: Outcomes, in_jargon: Outcomes) -> AblationRow:
    ece = expected_calibration_error(outcomes.probability, outcomes.right)
    return AblationRow(name, outcomes.top1(), in_jargon.top1(), outcomes.auroc(), outcomes.joint(), ece)


def _decisions(asked: Asked) -> Decisions:
    replies, inside = asked.replies, asked.outcomes.in_scope
    right = np.array([reply.is_answered and reply.given == reply.question.label for reply in replies])
    joint = None
    if inside.any() and not inside.all():
        declined = float(np.mean(~asked.answered[~inside]))
        joint = IN_SCOPE_WEIGHT * float(right[inside].mean()) + (1 - IN_SCOPE_WEIGHT) * declined
    return Decisions(
        answered_right=int(right.sum()),
        answered_wrong=int((asked.answered & ~right).sum()),
        asked_back=sum(isinstance(reply.decision, Clarify) for reply in replies),
        handed_off=sum(isinstance(reply.decision, HandOff) for reply in replies),
        right_offered=sum(reply.question.label in reply.offered for reply in replies),
        joint=joint,
    )


def _promise(asked: Asked, target: float) -> Promise:
    outcomes = asked.outcomes
    answers = np.array([reply.given == reply.question.label for reply in asked.replies if reply.is_answered], np.bool_)
    right = Share.clopper_pearson(answers)
    kept = right.low >= target if right.low >= target or right.high < target else None
    threshold = promise_threshold(outcomes.probability, outcomes.right, target=target)
    reachable = None if threshold is None else _share_of(outcomes.probability >= threshold, outcomes)
    return Promise(target, right, _share_of(asked.answered, outcomes), reachable, kept)


def _share_of(answered: BoolArray, outcomes: Outcomes) -> float | None:
    inside = answered[outcomes.in_scope]
    return float(np.mean(inside)) if len(inside) else None


def _length(text: str) -> str:
    return next((name for most, name in _LENGTHS if len(text) <= most), _LONGEST)
