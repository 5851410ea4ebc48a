"""The judge's rules: one knowledge base's replies from both systems, and what speaks against the candidate. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nlp.comparing import PairedChange, bootstrap_change, holm, least_visible_loss, mcnemar_loss
from nlp.evaluation import Share
from nlp.metrics import IN_SCOPE_WEIGHT, BoolArray, ScoreArray, expected_calibration_error
from qa.evaluating.asking import Asked, Reply
from qa.evaluating.slicing import ENTRY
from qa.evaluating.trial_questions import Docket, Origin
from qa.evaluating.verdicts import BaseVerdict, Code, Comparison, Reason, Standing

ALPHA = 0.05
"""Risk of rejecting a candidate that is no worse: of each one-sided test over all questions, and of each family of
slices together (Holm)."""
ALPHA_RANKING = 0.025
"""The same for the ranking, whose bootstrap is a little bold on few questions."""
LEAST_SLICE = 20
"""Questions of a kind from which on it is judged by itself; fewer are reported."""
LEAST_OF_ENTRY = 8
"""The same of one entry, whose losses all point one way."""
FEW = 400
"""Questions below which it is said what loss would have been seen."""
COVERAGE_TOLERANCE = 0.02
"""How much of the in-scope questions may lose their automatic answer under a promise."""
CALIBRATION_TOLERANCE = 0.02
"""How much may be added to the calibration error; more counts only where the bootstrap shows that it is more."""
MOST_NAMED = 5
"""Slices of each sort that are named as reasons, the surest first."""
DEPTH = 10
"""Ranks below it count nothing (MRR@10)."""


@dataclass(frozen=True)
class Hearing:
    """Both systems' replies to one knowledge base's questions, in the same order.

    Attributes:
        knowledge_base: Its slug.
        promise: The share that it promises; None without.
        docket: The questions.
        live, candidate: The replies.
        members: Dimension, value and (n,) membership of each slice.
        seed: Of the bootstraps.
    """

    knowledge_base: str
    promise: float | None
    docket: Docket
    live: Asked
    candidate: Asked
    members: Sequence[tuple[str, str, BoolArray]]
    seed: int = 0


def weigh(hearing: Hearing) -> BaseVerdict:
    """Say what speaks against the candidate on one knowledge base."""
    slug, questions = hearing.knowledge_base, hearing.docket.questions
    origins = dict(Counter(question.origin.value for question in questions))
    if not questions:
        note = (Reason(Code.NONE, slug),)
        return BaseVerdict(slug, hearing.docket.sha256, origins, None, None, None, (), (), note)
    everyone = np.ones(len(questions), np.bool_)
    overall = _judged_overall(_compare("all", "all", everyone, hearing))
    slices = _judged_slices([_compare(*member, hearing) for member in hearing.members if _parts(member[2])])
    live, candidate = standing(hearing.live), standing(hearing.candidate)
    reasons = [
        *_losses(slug, overall, slices),
        *_harm(hearing, live, candidate),
        *_musts(hearing, Code.MUST),
        *_promise(hearing, live, candidate),
        *_calibration(hearing, live, candidate),
    ]
    notes = [*_musts(hearing, Code.MUST_BEFORE)]
    if len(questions) < FEW:
        points = 100 * least_visible_loss(len(questions), alpha=ALPHA)
        notes.append(Reason(Code.FEW, slug, {"num": len(questions), "points": points}))
    return BaseVerdict(
        slug, hearing.docket.sha256, origins, live, candidate, overall, slices, tuple(reasons), tuple(notes)
    )


def is_right(reply: Reply) -> bool:
    """Tell whether a question was decided right: answered with its entry; out of scope, not answered."""
    if reply.question.is_in_scope:
        return reply.is_answered and reply.given == reply.question.label
    return not reply.is_answered


def right_flags(asked: Asked) -> BoolArray:
    """Return (n,) which questions were decided right."""
    return np.fromiter(map(is_right, asked.replies), np.bool_)


def reciprocal_ranks(asked: Asked) -> ScoreArray:
    """Return (n,) 1 / rank of the right entry; 0 where it is not among the first ten, or out of scope."""
    ranks = asked.outcomes.ranks
    return np.where((ranks >= 1) & (ranks <= DEPTH), 1.0 / np.maximum(ranks, 1), 0.0)


def standing(asked: Asked) -> Standing:
    """Measure one system."""
    outcomes, right = asked.outcomes, right_flags(asked)
    inside = outcomes.in_scope
    joint = None
    if inside.any() and not inside.all():
        joint = IN_SCOPE_WEIGHT * float(right[inside].mean()) + (1 - IN_SCOPE_WEIGHT) * float(right[~inside].mean())
    of_answers = right[asked.answered] & inside[asked.answered]
    return Standing(
        top1=outcomes.top1(),
        joint=joint,
        answered_wrong=int((~of_answers).sum()),
        right_of_answers=float(of_answers.mean()) if len(of_answers) else None,
        coverage=float(asked.answered[inside].mean()) if inside.any() else None,
        ece=expected_calibration_error(outcomes.probability, outcomes.right),
    )


def _parts(here: BoolArray) -> bool:
    """Tell whether a slice is one: neither empty nor everything."""
    return bool(here.any() and not here.all())


def _compare(dimension: str, value: str, here: BoolArray, hearing: Hearing) -> Comparison:
    before, after = right_flags(hearing.live)[here], right_flags(hearing.candidate)[here]
    loss = mcnemar_loss(before, after)
    inside = hearing.live.outcomes.in_scope & here
    live_ranks, ranks = reciprocal_ranks(hearing.live)[inside], reciprocal_ranks(hearing.candidate)[inside]
    change = bootstrap_change(live_ranks, ranks, seed=hearing.seed) if len(ranks) else PairedChange(0, 0, 0, 1.0)
    return Comparison(
        dimension,
        value,
        num=int(here.sum()),
        live_right=float(before.mean()),
        candidate_right=float(after.mean()),
        gained=loss.gained,
        lost=loss.lost,
        p=loss.p,
        live_mrr=float(live_ranks.mean()) if len(ranks) else None,
        candidate_mrr=float(ranks.mean()) if len(ranks) else None,
        mrr_p=change.p,
    )


def _judged_overall(overall: Comparison) -> Comparison:
    return replace(overall, is_worse=overall.p <= ALPHA, is_ranked_worse=overall.mrr_p <= ALPHA_RANKING)


def _judged_slices(slices: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Judge slices that are large enough, entries in a family of their own: there are many of them."""
    judged: dict[int, Comparison] = {}
    families = (
        [n for n, one in enumerate(slices) if one.dimension != ENTRY and one.num >= LEAST_SLICE],
        [n for n, one in enumerate(slices) if one.dimension == ENTRY and one.num >= LEAST_OF_ENTRY],
    )
    for family in families:
        worse = holm([slices[n].p for n in family], alpha=ALPHA)
        lower = holm([slices[n].mrr_p for n in family], alpha=ALPHA_RANKING)
        for n, is_worse, is_lower in zip(family, worse, lower, strict=True):
            judged[n] = replace(slices[n], is_worse=is_worse, is_ranked_worse=is_lower)
    return tuple(judged.get(n, replace(one, is_judged=False)) for n, one in enumerate(slices))


def _losses(slug: str, overall: Comparison, slices: Iterable[Comparison]) -> list[Reason]:
    named = list(slices)
    found = [_loss(Code.LOSS, slug, overall)] if overall.is_worse else []
    found += [_lower(Code.RANKING, slug, overall)] if overall.is_ranked_worse else []
    worse = sorted((one for one in named if one.is_worse), key=lambda one: one.p)
    lower = sorted((one for one in named if one.is_ranked_worse), key=lambda one: one.mrr_p)
    found += [_loss(Code.SLICE_LOSS, _name(slug, one), one) for one in worse[:MOST_NAMED]]
    return found + [_lower(Code.SLICE_RANKING, _name(slug, one), one) for one in lower[:MOST_NAMED]]


def _name(slug: str, one: Comparison) -> str:
    return f"{slug}, {one.dimension} {one.value}"


def _loss(code: Code, subject: str, one: Comparison) -> Reason:
    return Reason(code, subject, {"lost": one.lost, "gained": one.gained, "p": one.p})


def _lower(code: Code, subject: str, one: Comparison) -> Reason:
    before, after = 100 * (one.live_mrr or 0.0), 100 * (one.candidate_mrr or 0.0)
    return Reason(code, subject, {"before": before, "after": after, "p": one.mrr_p})


def _harm(hearing: Hearing, live: Standing, candidate: Standing) -> list[Reason]:
    wrong_before = hearing.live.answered & ~_answered_right(hearing.live)
    wrong_after = hearing.candidate.answered & ~_answered_right(hearing.candidate)
    p = mcnemar_loss(~wrong_before, ~wrong_after).p
    numbers = {"before": live.answered_wrong, "after": candidate.answered_wrong, "p": p}
    return [Reason(Code.HARM, hearing.knowledge_base, numbers)] if p <= ALPHA else []


def _answered_right(asked: Asked) -> BoolArray:
    return right_flags(asked) & asked.outcomes.in_scope


def _musts(hearing: Hearing, code: Code) -> list[Reason]:
    """Return what must be answered and is not: what was before, or (MUST_BEFORE) was not either."""
    rows = zip(hearing.docket.questions, hearing.live.replies, hearing.candidate.replies, strict=True)
    return [
        Reason(code, f"{hearing.knowledge_base}, {question.question.label}")
        for question, before, after in rows
        if question.origin is Origin.MUST and not is_right(after) and is_right(before) == (code is Code.MUST)
    ]


def _promise(hearing: Hearing, live: Standing, candidate: Standing) -> list[Reason]:
    if hearing.promise is None:
        return []
    reasons = []
    target, slug = hearing.promise, hearing.knowledge_base
    is_broken = _of_answers(hearing.candidate).high < target
    was_broken = _of_answers(hearing.live).high < target
    before, after = live.right_of_answers or 0.0, candidate.right_of_answers or 0.0
    if is_broken and not (was_broken and after >= before):
        reasons.append(Reason(Code.PROMISE, slug, {"target": 100 * target, "after": 100 * after}))
    inside = hearing.live.outcomes.in_scope
    lost = (live.coverage or 0.0) - (candidate.coverage or 0.0)
    p = mcnemar_loss(hearing.live.answered[inside], hearing.candidate.answered[inside]).p
    if lost > COVERAGE_TOLERANCE + 1e-9 and p <= ALPHA:
        shares = {"before": live.coverage or 0.0, "after": candidate.coverage or 0.0, "tolerance": COVERAGE_TOLERANCE}
        reasons.append(Reason(Code.COVERAGE, slug, {name: 100 * share for name, share in shares.items()}))
    return reasons


def _of_answers(asked: Asked) -> Share:
    return Share.clopper_pearson(_answered_right(asked)[asked.answered])


def _calibration(hearing: Hearing, live: Standing, candidate: Standing) -> list[Reason]:
    added = candidate.ece - live.ece
    if added <= CALIBRATION_TOLERANCE or not _is_added(hearing):
        return []
    shares = {"before": live.ece, "after": candidate.ece, "tolerance": CALIBRATION_TOLERANCE}
    return [Reason(Code.CALIBRATION, hearing.knowledge_base, {name: 100 * share for name, share in shares.items()})]


def _is_added(hearing: Hearing) -> bool:
    """Tell whether too much calibration error is no chance: in 95 % of paired resamples there is too much."""
    live, candidate = hearing.live.outcomes, hearing.candidate.outcomes
    rng, num = np.random.default_rng(hearing.seed), len(live.ranks)
    added = []
    for _ in range(200):
        rows = rng.integers(0, num, num)
        pair = [expected_calibration_error(o.probability[rows], o.right[rows]) for o in (live, candidate)]
        added.append(pair[1] - pair[0])
    return float(np.percentile(added, 5)) > CALIBRATION_TOLERANCE
