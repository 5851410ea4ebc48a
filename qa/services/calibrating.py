"""Confidence corrected on questions whose answer is known, where a knowledge base has such questions."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nlp.calibration import Calibration, recalibrate
from qa.models import KnowledgeBase, Release
from qa.services.learning import Progress, live_calibration
from qa.services.releases import release_calibrations

if TYPE_CHECKING:
    from qa.engine.bundle import Bundle, Finding
    from qa.evaluating.questions import QuestionSet


def calibrate_on_questions(
    *, bundle: "Bundle", knowledge_base: KnowledgeBase, question_set: "QuestionSet", progress: Progress
) -> tuple[Calibration, Release]:
    """Correct P(correct), thresholds and promises on labelled questions, and release them.

    The correction lasts until the next training or `prepare_model`, which fit on the phrasings again.

    Args:
        bundle: What is live.
        knowledge_base: Whose questions they are.
        question_set: At least eight that are answered right and eight that are not; out-of-scope ones in
            their natural share.
        progress: Called with a stage, what is done of it, and how much it is.

    Raises:
        CalibrationImpossible: Too few questions.
    """
    from qa.engine.batching import MAX_BATCH
    from qa.engine.bundle import DEFAULT_CALIBRATION, Question
    from qa.evaluating.questions import known_entries

    keys = {pk: entry.external_id for pk, entry in known_entries(knowledge_base).items()}
    questions = question_set.questions
    findings: list[Finding] = []
    for start in range(0, len(questions), MAX_BATCH):
        batch = [Question(knowledge_base.pk, q.text) for q in questions[start : start + MAX_BATCH]]
        findings += bundle.consider(batch)
        progress("asking the questions", len(findings), len(questions))
    right = np.array(
        [bool(f.ranked) and keys.get(f.ranked[0].entry_id) == q.label for f, q in zip(findings, questions, strict=True)]
    )
    in_scope = np.array([q.is_in_scope for q in questions])
    old = live_calibration(knowledge_base) or DEFAULT_CALIBRATION
    new = recalibrate(old, _probabilities(old, findings), right, in_scope)
    if old.sure is not None:
        new = replace(new, sure=recalibrate(old.sure, _probabilities(old.sure, findings), right, in_scope))
    return new, release_calibrations(calibrations={knowledge_base.slug: new.to_json()})


def _probabilities(calibration: Calibration, findings: "list[Finding]") -> "np.typing.NDArray[np.float64]":
    """Return P(correct) (n,) of the first entries under a calibration; 0 without an entry."""
    probabilities = np.zeros(len(findings))
    for row, finding in enumerate(findings):
        if finding.ranked:
            evidence = np.array([[finding.ranked[0].evidence[name] for name in calibration.features]])
            probabilities[row] = float(calibration.probability(evidence)[0])
    return probabilities
