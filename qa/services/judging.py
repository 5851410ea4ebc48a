"""The judge: a candidate goes live only if it is shown to be no worse than what is live, anywhere that matters."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from qa.models import KnowledgeBase, LiveRelease, Release
from qa.models import Trial as TrialRow
from qa.progress import Progress
from qa.services.reports import drop_reports, report_folder

if TYPE_CHECKING:
    from qa.engine.bundle import Bundle
    from qa.evaluating.contenders import Contender
    from qa.evaluating.questions import QuestionSet
    from qa.evaluating.trial import Trial
    from qa.evaluating.verdicts import Reason, Verdict

logger = logging.getLogger(__name__)

MAX_SIZE_MB = 150.0
"""Most that a model's directory may have."""
MAX_GROWTH = 1.25
"""Most that it may have, as a multiple of the live model's."""


def judge_candidate(
    *,
    candidate_fingerprint: str,
    question_set: "QuestionSet | None" = None,
    progress: Progress,
    knowledge_base: KnowledgeBase | None = None,
) -> "Verdict":
    """Hold a candidate model against the live release on the same questions, store what came of it, write the report.

    Nothing goes live by it.

    Args:
        candidate_fingerprint: A model directory of this installation.
        question_set: An operator's own questions, beside those that the judge draws.
        progress: Called with a stage, what is done of it, and how much it is.
        knowledge_base: Which one the question set belongs to; the only one may be left out.

    Raises:
        NLPError: The live model is missing or damaged; a candidate that is gets rejected.
        NotFound: There are several knowledge bases, and none was named.
    """
    from nlp.exceptions import NLPError
    from qa.evaluating.contenders import open_contender
    from qa.evaluating.live import choose_knowledge_base
    from qa.evaluating.verdicts import Code, Reason, Verdict

    if question_set is not None and knowledge_base is None:
        knowledge_base = choose_knowledge_base(None)
    release = live_release_with_model()
    live_fingerprint = release.model_fingerprint if release else ""
    live = open_contender(live_fingerprint, release=release) if release else None
    try:
        candidate = open_contender(candidate_fingerprint)
    except NLPError as error:
        reasons = (Reason(Code.UNLOADABLE, str(error)),)
        return keep_verdict(Verdict(False, candidate_fingerprint, live_fingerprint, reasons), release)
    if live is None or release is None:
        notes = (Reason(Code.FIRST),)
        first = Verdict(True, candidate_fingerprint, "", (), notes, size_mb=_megabytes(candidate))
        return keep_verdict(first, release)
    return judge(live, candidate, release, question_set=question_set, file_base=knowledge_base, progress=progress)


def live_release_with_model() -> Release | None:
    """Return the live release; None while nothing, or no model, is live."""
    live = LiveRelease.objects.select_related("release").first()
    return live.release if live and live.release and live.release.model_fingerprint else None


def judge(
    live: "Contender",
    candidate: "Contender",
    release: Release,
    *,
    question_set: "QuestionSet | None",
    file_base: KnowledgeBase | None,
    progress: Progress,
) -> "Verdict":
    """Hold two loaded contenders against each other; see `judge_candidate`."""
    from qa.evaluating.contenders import build_contender
    from qa.evaluating.outcomes import store_outcomes
    from qa.evaluating.trial import hold_trial
    from qa.evaluating.verdicts import Code, Reason, Verdict
    from qa.evaluating.weighing import weigh
    from qa.services.snapshots.trained import trained_texts
    from retrieval.exceptions import RetrievalError

    live_bundle = build_contender(live, release, progress=progress)
    try:
        bundle = build_contender(candidate, release, progress=progress)
        trial = hold_trial(
            live_bundle,
            bundle,
            question_set=question_set,
            file_base=file_base,
            trained=trained_texts((live.snapshot, candidate.snapshot)),
            progress=progress,
        )
    except RetrievalError as error:  # vectors that are no vectors
        reasons = (Reason(Code.UNLOADABLE, str(error)),)
        return keep_verdict(Verdict(False, candidate.fingerprint, live.fingerprint, reasons), release)
    progress("weighing", 0, 1)
    bases = tuple(weigh(hearing) for hearing in trial.hearings)
    progress("weighing", 1, 1)
    against = (*(reason for base in bases for reason in base.reasons), *_budget(live, candidate, trial.latency_ratio))
    verdict = Verdict(
        is_blessed=not against,
        candidate_fingerprint=candidate.fingerprint,
        live_fingerprint=live.fingerprint,
        reasons=against,
        notes=tuple(note for base in bases for note in base.notes),
        bases=bases,
        latency_ratio=trial.latency_ratio,
        size_mb=_megabytes(candidate),
        live_size_mb=_megabytes(live),
        calibrations=_calibrations(bundle),
        outcomes={h.knowledge_base: store_outcomes(h.docket, h.candidate) for h in trial.hearings},
    )
    return keep_verdict(verdict, release, trial)


def _budget(live: "Contender", candidate: "Contender", latency_ratio: float | None) -> "list[Reason]":
    from qa.evaluating.trial import MAX_LATENCY_RATIO
    from qa.evaluating.verdicts import Code, Reason

    size, before = _megabytes(candidate), _megabytes(live)
    reasons = []
    if latency_ratio is not None and latency_ratio > MAX_LATENCY_RATIO:
        reasons.append(Reason(Code.LATENCY, "", {"ratio": latency_ratio, "most": MAX_LATENCY_RATIO}))
    if size > MAX_SIZE_MB:
        reasons.append(Reason(Code.SIZE, "", {"size": size, "most": MAX_SIZE_MB}))
    if size > MAX_GROWTH * before:
        reasons.append(Reason(Code.GROWTH, "", {"size": size, "before": before, "most": MAX_GROWTH}))
    return reasons


def _megabytes(contender: "Contender") -> float:
    return contender.size_bytes / 1e6


def _calibrations(bundle: "Bundle") -> dict[str, object]:
    from qa.engine.bundle import DEFAULT_CALIBRATION

    slugs = dict(KnowledgeBase.objects.values_list("pk", "slug"))
    fitted = {pk: c for pk, c in bundle.calibrations.items() if c is not DEFAULT_CALIBRATION}
    return {slugs[pk]: calibration.to_json() for pk, calibration in fitted.items() if pk in slugs}


def keep_verdict(
    verdict: "Verdict",
    release: Release | None,
    trial: "Trial | None" = None,
    *,
    kind: TrialRow.Kind = TrialRow.Kind.MODEL,
) -> "Verdict":
    """Store a verdict as a row, and write the page that quotes the questions beside it."""
    row = TrialRow.objects.create(
        kind=kind,
        candidate_fingerprint=verdict.candidate_fingerprint,
        live_release=release,
        is_blessed=verdict.is_blessed,
        reasons=[reason.to_json() for reason in verdict.reasons],
        calibrations=dict(verdict.calibrations),
    )
    verdict = replace(verdict, trial=row.pk)
    if trial is not None:
        verdict = replace(verdict, page=_written(verdict, trial))
    row.report = verdict.to_json()
    row.save(update_fields=["report"])
    return verdict


def _written(verdict: "Verdict", trial: "Trial") -> Path | None:
    from qa.evaluating.report import ReportUnwritable
    from qa.evaluating.trial_report import write_trial_report

    folder = report_folder(verdict.trial)
    try:
        page = write_trial_report(folder, verdict, trial.hearings, language=settings.LANGUAGE_CODE)
    except ReportUnwritable as error:  # the verdict stands without its page
        logger.warning("%s", error)
        return None
    drop_reports()
    return page
