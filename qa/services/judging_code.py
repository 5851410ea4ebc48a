"""The judge of a change of the code: the live model under it, against what the same model answered before."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qa.exceptions import ImportRefused, Unavailable
from qa.models import KnowledgeBase, Release, Trial
from qa.progress import Progress
from qa.services.judging import keep_verdict, live_release_with_model

if TYPE_CHECKING:
    from qa.evaluating.outcomes import Stored
    from qa.evaluating.questions import QuestionSet
    from qa.evaluating.verdicts import Verdict


def judge_code(
    *,
    question_set: "QuestionSet | None",
    knowledge_base: KnowledgeBase | None,
    baseline: Path | None,
    progress: Progress,
) -> "Verdict":
    """Ask the live model under the present code, and hold it against the stored outcomes of the same model.

    Without any that were found with this model, these thresholds, this knowledge and these terms, the outcomes are
    stored as the first, and nothing is found fault with. The oldest ones count, so that small losses don't add up
    unseen over many changes.

    Args:
        question_set: An operator's own questions.
        knowledge_base: Which one they belong to.
        baseline: JSON that `evaluate --gate --json` printed elsewhere: counts instead of what is stored here.
        progress: Called with a stage, what is done of it, and how much it is.

    Raises:
        Unavailable: No model is live.
        ImportRefused: The baseline is none.
        NLPError: The live model is missing or damaged.
    """
    from qa.evaluating.contenders import build_contender, open_contender
    from qa.evaluating.outcomes import held_against, store_outcomes
    from qa.evaluating.trial import Trial as Held
    from qa.evaluating.trial import hear
    from qa.evaluating.verdicts import Code, Reason, Verdict
    from qa.evaluating.weighing import weigh
    from qa.services.snapshots.trained import trained_texts

    release = live_release_with_model()
    if release is None:
        raise Unavailable("No model is live, so there is nothing to judge. Run `manage.py prepare_model` first.")
    stored = _read_baseline(baseline) if baseline else _stored_outcomes(release)
    contender = open_contender(release.model_fingerprint, release=release)
    bundle = build_contender(contender, release, progress=progress)
    trained = trained_texts((contender.snapshot,))
    present = {}
    for base in KnowledgeBase.objects.order_by("slug"):
        own = question_set if knowledge_base is not None and base.pk == knowledge_base.pk else None
        present[base.slug] = hear(base, bundle, bundle, own, trained=trained, progress=progress)
    hearings = tuple(held_against(h, stored[slug]) for slug, h in present.items() if slug in stored)
    bases = tuple(weigh(hearing) for hearing in hearings)
    shared = sum(base.num_questions for base in bases)
    reasons = tuple(reason for base in bases for reason in base.reasons)
    verdict = Verdict(
        is_blessed=not reasons,
        candidate_fingerprint=release.model_fingerprint,
        live_fingerprint=release.model_fingerprint,
        reasons=reasons,
        notes=tuple(note for base in bases for note in base.notes) if shared else (Reason(Code.NO_BASELINE),),
        bases=bases,
        size_mb=contender.size_bytes / 1e6,
        live_size_mb=contender.size_bytes / 1e6,
        calibrations=release.calibrations,
        outcomes={slug: store_outcomes(h.docket, h.candidate) for slug, h in present.items()},
    )
    return keep_verdict(verdict, release, Held(hearings, None) if shared else None, kind=Trial.Kind.CODE)


def _stored_outcomes(release: Release) -> "Mapping[str, Stored]":
    trials = Trial.objects.filter(
        is_blessed=True,
        candidate_fingerprint=release.model_fingerprint,
        live_release__knowledge_revision=release.knowledge_revision,
        live_release__lexicon_revision=release.lexicon_revision,
    )
    for trial in trials.order_by("pk"):
        if trial.calibrations == release.calibrations and trial.report.get("outcomes"):
            return dict(trial.report["outcomes"])
    return {}


def _read_baseline(path: Path) -> "Mapping[str, Stored]":
    try:
        outcomes = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
        checked = {
            str(slug): {str(key): (int(row[0]), float(row[1]), _known(row[2]), str(row[3])) for key, row in of.items()}
            for slug, of in outcomes.items()
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ImportRefused(
            f"{path} is no baseline ({error}); expected what `manage.py evaluate --gate --json` printed."
        ) from error
    return checked


def _known(kind: object) -> str:
    if kind not in {"answer", "clarify", "handoff"}:
        raise ValueError(f"{kind!r} is no decision")
    return str(kind)
