"""Confidence corrected on questions whose answer is known, where a knowledge base has such questions."""

from typing import TYPE_CHECKING

import numpy as np

from nlp.calibration import Calibration
from qa.models import KnowledgeBase, Release
from qa.progress import Progress
from qa.services.releases import release_calibrations

if TYPE_CHECKING:
    from qa.engine.bundle import Bundle, Finding
    from qa.evaluating.questions import QuestionSet


def calibrate_on_questions(
    *, bundle: "Bundle", knowledge_base: KnowledgeBase, question_set: "QuestionSet", progress: Progress
) -> tuple[Calibration, Release]:
    """Fit P(correct), thresholds and promises on labelled questions, and release them.

    They last until the next training or `prepare_model`, which fit on the phrasings again.

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
    from qa.engine.bundle import Question
    from qa.engine.calibrating import calibrate_on_findings
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
    new = calibrate_on_findings(findings, right, in_scope)
    return new, release_calibrations(calibrations={knowledge_base.slug: new.to_json()})
