"""Evidence of the hits → P(correct): a logistic model whose numbers are plain JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from nlp.exceptions import CalibrationImpossible
from nlp.metrics import best_joint_threshold

FeatureArray = npt.NDArray[np.float64]

MIN_QUESTIONS = 8
"""Fewest right and fewest wrong examples that a confidence is fitted on."""
OUT_OF_SCOPE_SHARE = 0.2
"""Assumed share of out-of-scope questions, when a knowledge base only has its own phrasings."""
PROMISES = (0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99)
"""Shares of right answers that are tried for every calibration."""
NEVER = 1.01
"""A threshold that no probability reaches."""
CHAIN_STARTS = (0.0, 0.3, 0.5, 0.7)
"""Shares of all questions answered at which a chain of tests for a promise begins."""


@dataclass(frozen=True)
class Promise:
    """A share of right automatic answers that held-out questions say can be kept.

    Attributes:
        target: The share, 0..1.
        threshold: P(correct) from which answering keeps it, 0..1.
        coverage: Share of in-scope questions that are then answered, 0..1.
    """

    target: float
    threshold: float
    coverage: float


@dataclass(frozen=True)
class Calibration:
    """Standardise, weigh, squash.

    Attributes:
        features: Names of the evidence, in order.
        mean, scale: Of the training evidence.
        weights, bias: Of the logistic model.
        answer_threshold: P(correct) from which an entry is given as the answer, 0..1.
        clarify_threshold: P(correct) from which it is offered as an option, 0..1.
        promises: What can be promised, by rising target; empty when nothing can.
        sure: The calibration that promises rest on, where it is another: it also weighs the distance to the
            second entry, which tells near ties but hides what is out of scope
            (docs/decisions/0006-class-scores.md).
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    answer_threshold: float
    clarify_threshold: float
    promises: tuple[Promise, ...] = ()
    sure: "Calibration | None" = None

    def keeping(self, target: float | None) -> "Calibration":
        """Return the calibration with the threshold that keeps a promise.

        Args:
            target: Share of automatic answers that must be right, 0..1; None leaves the threshold that
                balances answering and declining.

        Returns:
            A calibration that answers nothing by itself when the promise can't be kept.
        """
        if target is None:
            return self
        sure = self.sure or self
        threshold = next((p.threshold for p in sure.promises if p.target >= target - 1e-9), NEVER)
        return replace(sure, answer_threshold=threshold, clarify_threshold=min(sure.clarify_threshold, threshold))

    def probability(self, evidence: FeatureArray) -> FeatureArray:
        """Return P(correct), `(n,)` in 0..1, of evidence `(n, num_features)`."""
        z = (evidence - np.asarray(self.mean)) / np.asarray(self.scale) @ np.asarray(self.weights) + self.bias
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -60.0, 60.0))))

    def probability_of(self, evidence: Mapping[str, float]) -> float:
        """Return P(correct), 0..1, of one hit by the names of its evidence: for one, arrays cost more than the sum."""
        log_odds = self.bias
        for name, mean, scale, weight in zip(self.features, self.mean, self.scale, self.weights, strict=True):
            log_odds += (evidence[name] - mean) / scale * weight
        return 1.0 / (1.0 + math.exp(-min(max(log_odds, -60.0), 60.0)))

    def to_json(self) -> dict[str, object]:
        """Return what is stored in a release."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Calibration":
        """Read what `to_json` gave, after a journey through JSON.

        Raises:
            CalibrationImpossible: It is not what `to_json` writes.
        """
        try:
            values = {k: tuple(v) if isinstance(v, list | tuple) else v for k, v in stored.items()}
            values["promises"] = tuple(
                p if isinstance(p, Promise) else Promise(**p)
                for p in values.get("promises", ())  # type: ignore[attr-defined]  # checked below
            )
            if values.get("sure") is not None:
                values["sure"] = cls.from_json(values["sure"])  # type: ignore[arg-type]  # checked there
            calibration = cls(**values)  # type: ignore[arg-type]  # checked below
            calibration._check_numbers()
        except (AttributeError, TypeError, ValueError) as error:
            raise CalibrationImpossible(f"A stored calibration has other fields than expected: {error}") from error
        return calibration

    def _check_numbers(self) -> None:
        shape = (len(self.features),)
        expected: dict[str, tuple[int, ...]] = dict.fromkeys(("mean", "scale", "weights"), shape)
        expected |= dict.fromkeys(("bias", "answer_threshold", "clarify_threshold"), ())
        for name, wanted in expected.items():
            numbers = np.asarray(getattr(self, name), float)
            if numbers.shape != wanted or not np.isfinite(numbers).all():
                raise ValueError(f"{name} is {getattr(self, name)}, expected finite numbers of shape {wanted}")
        promised = np.asarray([(p.target, p.threshold, p.coverage) for p in self.promises], float)
        if not np.isfinite(promised).all():
            raise ValueError(f"promises are {self.promises}, expected finite numbers")


def fit_calibration(
    evidence: FeatureArray,
    right: npt.NDArray[np.bool_],
    in_scope: npt.NDArray[np.bool_],
    *,
    features: tuple[str, ...],
) -> Calibration:
    """Fit P(correct) on questions whose answer is known.

    Args:
        evidence: (n, num_features) of each question's first hit.
        right: (n,) whether that hit is the right entry.
        in_scope: (n,) whether the question has a right entry at all.

    Raises:
        CalibrationImpossible: Fewer than MIN_QUESTIONS right ones or wrong ones.
    """
    if min(right.sum(), (~right).sum()) < MIN_QUESTIONS:
        raise CalibrationImpossible(
            f"{int(right.sum())} right and {int((~right).sum())} wrong answers to learn from; "
            f"at least {MIN_QUESTIONS} of each are needed. Give the entries more phrasings."
        )
    from sklearn.linear_model import LogisticRegression  # heavy, and only needed to fit

    mean, scale = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-6)
    weights = _scope_weights(in_scope)
    model = LogisticRegression(C=1.0, max_iter=1000).fit((evidence - mean) / scale, right, sample_weight=weights)
    fitted = Calibration(
        features,
        tuple(map(float, mean)),
        tuple(map(float, scale)),
        tuple(map(float, model.coef_[0])),
        float(model.intercept_[0]),
        0.0,
        0.0,
    )
    return with_thresholds(fitted, evidence, right, in_scope)


def _scope_weights(in_scope: npt.NDArray[np.bool_]) -> FeatureArray:
    """Weigh questions so that out-of-scope ones have their assumed share."""
    share = float(np.mean(~in_scope))
    if share in {0.0, 1.0}:
        return np.ones(len(in_scope))
    return np.where(in_scope, (1 - OUT_OF_SCOPE_SHARE) / (1 - share), OUT_OF_SCOPE_SHARE / share)


def with_thresholds(
    calibration: Calibration,
    evidence: FeatureArray,
    right: npt.NDArray[np.bool_],
    in_scope: npt.NDArray[np.bool_],
    *,
    is_natural: bool = False,
) -> Calibration:
    """Choose thresholds on questions whose answer is known: the best `joint`, half of it to ask back, promises.

    Args:
        is_natural: Whether out-of-scope questions have their natural share; else they get the assumed one.
    """
    probability = calibration.probability(evidence)
    threshold = best_joint_threshold(probability, right, in_scope)
    kept = np.ones(len(right), np.bool_) if is_natural else _at_assumed_share(in_scope)
    return replace(
        calibration,
        answer_threshold=threshold,
        clarify_threshold=threshold / 2,
        promises=keepable_promises(probability[kept], right[kept], in_scope[kept]),
    )


def _at_assumed_share(in_scope: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Choose the questions, evenly spread, that leave out-of-scope ones their assumed share."""
    outside = np.flatnonzero(~in_scope)
    wanted = round(in_scope.sum() * OUT_OF_SCOPE_SHARE / (1 - OUT_OF_SCOPE_SHARE))
    kept = in_scope.copy()
    kept[outside[np.linspace(0, len(outside) - 1, min(wanted, len(outside))).astype(int)]] = True
    return kept


def keepable_promises(
    probability: FeatureArray, right: npt.NDArray[np.bool_], in_scope: npt.NDArray[np.bool_]
) -> tuple[Promise, ...]:
    """Return which of `PROMISES` can be kept, with 95 % confidence each, and at what coverage.

    Args:
        probability: (n,) P(correct) of held-out questions' first entries.
        right, in_scope: (n,).
    """
    promises = []
    for target in PROMISES:
        threshold = promise_threshold(probability, right, target=target)
        if threshold is not None and in_scope.any():
            promises.append(Promise(target, threshold, float(np.mean(probability[in_scope] >= threshold))))
    return tuple(promises)


def recalibrate(
    calibration: Calibration,
    probability: FeatureArray,
    right: npt.NDArray[np.bool_],
    in_scope: npt.NDArray[np.bool_],
) -> Calibration:
    """Correct a calibration on held-out questions: Platt scaling of its log-odds, then new thresholds.

    Args:
        probability: (n,) P(correct) that `calibration` gives.

    Raises:
        CalibrationImpossible: Fewer than MIN_QUESTIONS right ones or wrong ones.

    References:
        Platt 1999, Probabilistic outputs for support vector machines.
    """
    if min(right.sum(), (~right).sum()) < MIN_QUESTIONS:
        raise CalibrationImpossible(f"At least {MIN_QUESTIONS} right and as many wrong answers are needed.")
    from sklearn.linear_model import LogisticRegression

    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    log_odds = np.log(clipped / (1 - clipped))
    model = LogisticRegression(C=1e6, max_iter=1000).fit(log_odds[:, None], right)
    slope, offset = max(float(model.coef_[0][0]), 1e-3), float(model.intercept_[0])
    corrected = replace(
        calibration,
        weights=tuple(slope * w for w in calibration.weights),
        bias=slope * calibration.bias + offset,
    )
    # The log-odds are what the features gave: they stand in for the features.
    plain = replace(corrected, features=("log_odds",), mean=(0.0,), scale=(1.0,), weights=(slope,), bias=offset)
    chosen = with_thresholds(plain, log_odds[:, None], right, in_scope, is_natural=True)
    return replace(
        corrected,
        answer_threshold=chosen.answer_threshold,
        clarify_threshold=chosen.clarify_threshold,
        promises=chosen.promises,
    )


def promise_threshold(
    probability: FeatureArray, right: npt.NDArray[np.bool_], *, target: float, confidence: float = 0.95
) -> float | None:
    """Return the lowest threshold above which a share `target` of answers is right, with `confidence`.

    Args:
        probability: (n,) of held-out questions' first entries, out-of-scope ones included.
        right: (n,).
        target, confidence: 0..1.

    Returns:
        The threshold, or None when no threshold keeps the promise on these questions.

    References:
        Clopper & Pearson 1934 for the bound. Angelopoulos et al. 2022, "Learn then test": thresholds are
        tested from high to low and the first failure ends a chain (fixed-sequence testing); the chains that
        start at several coverages share the risk (Bonferroni), so that one early error doesn't end all.
    """
    if not 0 < target < 1:
        return None if target >= 1 else 0.0  # no number of answers shows that none is ever wrong
    from scipy.stats import beta  # heavy, and only needed to fit

    order = np.argsort(-probability, kind="stable")
    ordered, num_right = probability[order], np.cumsum(right[order])
    risk = (1 - confidence) / len(CHAIN_STARTS)
    # The fewest answers that could show the target at all, had every one of them been right.
    least = max(1, int(np.ceil(np.log(risk) / np.log(target))))
    # A threshold can't part equals: only counts that end a run of equal probabilities are tested.
    counts = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) + 1
    counts = counts[counts >= least]
    if not len(counts):
        return None
    hits = num_right[counts - 1]
    bounds = np.where(hits > 0, beta.ppf(risk, np.maximum(hits, 1), counts - hits + 1), 0.0)
    reached = 0
    for start in CHAIN_STARTS:
        first = int(np.searchsorted(counts, start * len(order)))
        failed = np.flatnonzero(bounds[first:] < target)
        end = first + (int(failed[0]) if len(failed) else len(counts) - first)
        if end > first:
            reached = max(reached, int(counts[end - 1]))
    return float(ordered[reached - 1]) if reached else None
