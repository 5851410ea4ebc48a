"""Evidence of the hits → P(correct): a logistic model whose numbers are plain JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from nlp.exceptions import CalibrationImpossible
from nlp.metrics import best_joint_threshold
from nlp.promises import Promise, keepable_promises

FeatureArray = npt.NDArray[np.float64]

MIN_QUESTIONS = 8
"""Fewest right and fewest wrong examples that a confidence is fitted on."""
OUT_OF_SCOPE_SHARE = 0.2
"""Assumed share of out-of-scope questions, when a knowledge base only has its own phrasings."""
NEAR_SHARE = 0.75
"""Assumed share of out-of-scope questions that are as near as those about an entry that was left out; the others are
about something else altogether and declined at any threshold (docs/decisions/0012-evidence.md)."""
NEVER = 1.01
"""A threshold that no probability reaches."""


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
    held_out: FeatureArray | None = None,
) -> Calibration:
    """Choose thresholds on questions whose answer is known: the best `joint`, half of it to ask back, promises.

    Args:
        is_natural: Whether out-of-scope questions have their natural share; else they get the assumed one.
        held_out: (n,) P(correct) of each question by a fit to others; promises rest on it. None for the calibration's
            own, where it weighs so little that it can't have learnt the questions by heart.
    """
    probability = calibration.probability(evidence)
    threshold = best_joint_threshold(probability, right, in_scope, near_share=1.0 if is_natural else NEAR_SHARE)
    kept = np.ones(len(right), np.bool_) if is_natural else _at_assumed_share(in_scope)
    return replace(
        calibration,
        answer_threshold=threshold,
        clarify_threshold=threshold / 2,
        promises=keepable_promises((probability if held_out is None else held_out)[kept], right[kept], in_scope[kept]),
    )


def _at_assumed_share(in_scope: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Choose the questions, evenly spread, that leave out-of-scope ones their assumed share."""
    outside = np.flatnonzero(~in_scope)
    wanted = round(in_scope.sum() * OUT_OF_SCOPE_SHARE / (1 - OUT_OF_SCOPE_SHARE))
    kept = in_scope.copy()
    kept[outside[np.linspace(0, len(outside) - 1, min(wanted, len(outside))).astype(int)]] = True
    return kept
