"""Evidence of the hits → P(correct): a logistic model whose numbers are plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from nlp.exceptions import CalibrationImpossible
from nlp.metrics import best_joint_threshold

FeatureArray = npt.NDArray[np.float64]

MIN_QUESTIONS = 8
"""Fewest right and fewest wrong examples that a confidence is fitted on."""
OUT_OF_SCOPE_SHARE = 0.2
"""Assumed share of out-of-scope questions, when a knowledge base only has its own phrasings."""


@dataclass(frozen=True)
class Calibration:
    """Standardise, weigh, squash.

    Attributes:
        features: Names of the evidence, in order.
        mean, scale: Of the training evidence.
        weights, bias: Of the logistic model.
        answer_threshold: P(correct) from which an entry is given as the answer, 0..1.
        clarify_threshold: P(correct) from which it is offered as an option, 0..1.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    answer_threshold: float
    clarify_threshold: float

    def probability(self, evidence: FeatureArray) -> FeatureArray:
        """Return P(correct), `(n,)` in 0..1, of evidence `(n, num_features)`."""
        z = (evidence - np.asarray(self.mean)) / np.asarray(self.scale) @ np.asarray(self.weights) + self.bias
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -60.0, 60.0))))

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
            calibration = cls(**values)  # type: ignore[arg-type]  # checked below
            calibration._check_numbers()
        except (TypeError, ValueError) as error:
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
    calibration: Calibration, evidence: FeatureArray, right: npt.NDArray[np.bool_], in_scope: npt.NDArray[np.bool_]
) -> Calibration:
    """Choose the thresholds on questions whose answer is known: the best `joint`, and half of it to ask back."""
    threshold = best_joint_threshold(calibration.probability(evidence), right, in_scope)
    fields = asdict(calibration) | {"answer_threshold": threshold, "clarify_threshold": threshold / 2}
    return Calibration.from_json(fields)


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
    corrected = 1.0 / (1.0 + np.exp(-np.clip(slope * log_odds + offset, -60.0, 60.0)))
    threshold = best_joint_threshold(corrected, right, in_scope)
    fields = asdict(calibration) | {
        "weights": tuple(slope * w for w in calibration.weights),
        "bias": slope * calibration.bias + offset,
        "answer_threshold": threshold,
        "clarify_threshold": threshold / 2,
    }
    return Calibration.from_json(fields)


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
        Clopper & Pearson 1934. Thresholds are tested from the highest down and the first failure
        ends it (fixed-sequence testing), so that no correction for many tests is needed.
    """
    if not 0 < target < 1:
        return None if target >= 1 else 0.0  # no number of answers shows that none is ever wrong
    from scipy.stats import beta  # heavy, and only needed to fit

    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(right[order])
    # The fewest answers that could show the target at all, had every one of them been right.
    start = max(1, int(np.ceil(np.log(1 - confidence) / np.log(target))))
    best: float | None = None
    for count in range(start, len(order) + 1):
        if count < len(order) and probability[order[count]] == probability[order[count - 1]]:
            continue
        num_right = int(hits[count - 1])
        bound = beta.ppf(1 - confidence, num_right, count - num_right + 1) if num_right else 0.0
        if bound < target:
            break
        best = float(probability[order[count - 1]])
    return best
