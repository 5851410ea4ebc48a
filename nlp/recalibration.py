"""Confidence fitted on questions whose answer is known: reviewed ones, or a development set."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.calibration import MIN_QUESTIONS, Calibration, FeatureArray, with_thresholds
from nlp.exceptions import CalibrationImpossible

FREE = 30.0
"""Leading evidence is scaled up by this, which leaves its weights as good as free of the penalty."""
SHRINKAGE = 0.05
"""Variance that the other weights are expected to have, from MANY_QUESTIONS on; less in proportion below
(docs/decisions/0012-evidence.md)."""
MANY_QUESTIONS = 1_000
NUM_PARTS = 5
"""Parts of the questions that are left out in turn: promises rest on what was not fitted on."""


def fit_on_questions(
    evidence: FeatureArray,
    right: npt.NDArray[np.bool_],
    in_scope: npt.NDArray[np.bool_],
    *,
    features: tuple[str, ...],
    num_leading: int,
    tells_scope: bool,
) -> Calibration:
    """Fit P(correct), thresholds and promises on labelled questions.

    A knowledge base's own phrasings can say how much its score tells, and little more; questions of customers show
    what else does, such as their length. The leading evidence is weighed freely, all other is shrunk towards
    nothing, the more the fewer questions there are.

    Args:
        evidence: (n, num_features) of each question's first hit.
        right: (n,) whether that hit is the right entry.
        in_scope: (n,) whether the question has a right entry at all; out-of-scope ones in their natural share.
        features: Names of the evidence, the leading ones first.
        num_leading: How many are leading.
        tells_scope: Whether to weigh the evidence for telling right answers from out-of-scope questions, which
            answering and declining are balanced by, or from everything that is not right, which promises rest on.

    Raises:
        CalibrationImpossible: Fewer than MIN_QUESTIONS right ones or wrong ones.

    References:
        Platt 1999, Probabilistic outputs for support vector machines, for the last step.
    """
    if min(right.sum(), (~right).sum()) < MIN_QUESTIONS:
        raise CalibrationImpossible(f"At least {MIN_QUESTIONS} right and as many wrong answers are needed.")
    weighing = _Weighing(features, num_leading, tells_scope)
    held_out, parts = np.zeros(len(right)), _parts(right, in_scope)
    for part in range(NUM_PARTS):
        known, left_out = parts != part, parts == part
        without = weighing.fit(evidence[known], right[known], in_scope[known])
        held_out[left_out] = without.probability(evidence[left_out])
    fitted = weighing.fit(evidence, right, in_scope)
    return with_thresholds(fitted, evidence, right, in_scope, is_natural=True, held_out=held_out)


def _parts(right: npt.NDArray[np.bool_], in_scope: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the part (n,) of each question: by chance, as evenly as can be of every kind of outcome."""
    shuffled = np.random.default_rng(0).permutation(len(right))
    parts = np.empty(len(right), np.int64)
    parts[shuffled[np.lexsort((in_scope[shuffled], right[shuffled]))]] = np.arange(len(right)) % NUM_PARTS
    return parts


@dataclass(frozen=True)
class _Weighing:
    """How evidence is weighed; attributes as the arguments of `fit_on_questions`."""

    features: tuple[str, ...]
    num_leading: int
    tells_scope: bool

    def fit(self, evidence: FeatureArray, right: npt.NDArray[np.bool_], in_scope: npt.NDArray[np.bool_]) -> Calibration:
        """Fit P(correct) without thresholds."""
        asked = right | ~in_scope if self.tells_scope and (~in_scope).sum() >= MIN_QUESTIONS else np.ones_like(right)
        mean, scale = evidence[asked].mean(axis=0), np.maximum(evidence[asked].std(axis=0), 1e-6)
        scale[: self.num_leading] /= FREE
        variance = SHRINKAGE * min(1.0, len(right) / MANY_QUESTIONS)
        standardised = (evidence - mean) / scale
        weights, _ = _logistic(standardised[asked], right[asked], variance=variance, balanced=True)
        weights[0] = max(weights[0], 0.0)  # a better score is never worse evidence, whatever a few questions say
        slope, bias = _logistic((standardised @ weights)[:, None], right, variance=1e6)
        weights = weights * max(float(slope[0]), 1e-3)
        return Calibration(self.features, _plain(mean), _plain(scale), _plain(weights), bias, 0.0, 0.0)


def _logistic(
    evidence: FeatureArray, right: npt.NDArray[np.bool_], *, variance: float, balanced: bool = False
) -> tuple[FeatureArray, float]:
    """Fit a logistic regression with a normal prior; return its weights (num_features,) and its bias."""
    from sklearn.linear_model import LogisticRegression  # heavy, and only needed to fit

    model = LogisticRegression(C=variance, max_iter=2_000, class_weight="balanced" if balanced else None)
    model.fit(evidence, right)
    return np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])


def _plain(values: FeatureArray) -> tuple[float, ...]:
    return tuple(map(float, values))
