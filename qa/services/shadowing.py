"""The shadow asked what customers asked, in the worker: after the answer, in batches, and not at all when too busy."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from qa.decision import Answer, Decision
from qa.models import Disagreement, Release, Shadow, Turn
from qa.services.deciding import decide_on, kind_of
from qa.services.promoting import live_release

if TYPE_CHECKING:
    from qa.engine.bundle import Bundle

logger = logging.getLogger(__name__)

MAX_ASKED = 200
"""Questions of one run, the newest; the others are passed over, and counted."""


@dataclass(frozen=True)
class ShadowReport:
    """What one run came to: replies that were compared, that differ, and that were passed over."""

    num_compared: int = 0
    num_disagreed: int = 0
    num_skipped: int = 0


def ask_shadow() -> ShadowReport:
    """Compare what was answered since the last time with what the shadow would have answered.

    Replies of a release that differs from the live one in model, knowledge or terms are passed over: more than the
    model would be compared.
    """
    shadow = Shadow.objects.running().first()
    if shadow is None:
        return ShadowReport()
    release = live_release()
    fresh = Turn.objects.filter(pk__gt=shadow.last_turn, reply_to__isnull=False).exclude(decision="")
    num_fresh = fresh.count()
    replies = list(fresh.select_related("reply_to__conversation").order_by("-pk")[:MAX_ASKED])
    if not replies:
        return ShadowReport()
    comparable = [reply for reply in replies if reply.release in _alike(release)]
    decisions = _decide(_bundle(shadow, release), comparable)
    differing = [pair for pair in zip(comparable, decisions, strict=True) if not _agrees(*pair)]
    report = ShadowReport(len(comparable), len(differing), num_fresh - len(comparable))
    _store(shadow, replies[0].pk, differing, report)
    return report


def _alike(release: Release) -> set[int]:
    same = Release.objects.filter(
        model_fingerprint=release.model_fingerprint,
        knowledge_revision=release.knowledge_revision,
        lexicon_revision=release.lexicon_revision,
    )
    return set(same.values_list("number", flat=True))


_loaded: "tuple[tuple[object, ...], Bundle] | None" = None
"""What the last run asked, and what it is of: the next run needs it again."""


def _bundle(shadow: Shadow, release: Release) -> "Bundle":
    global _loaded  # noqa: PLW0603  # one worker, one thread
    from qa.engine.building import build_bundle, load_interpreter

    key = (shadow.pk, release.knowledge_revision, release.lexicon_revision)
    if _loaded is None or _loaded[0] != key:
        unsaved = Release(
            number=release.number,
            model_fingerprint=shadow.model_fingerprint,
            knowledge_revision=release.knowledge_revision,
            lexicon_revision=release.lexicon_revision,
            calibrations=shadow.calibrations,
        )
        interpreter = load_interpreter(shadow.model_fingerprint)
        _loaded = key, build_bundle(unsaved, interpreter, interpreter.encoder)
    return _loaded[1]


def _decide(bundle: "Bundle", replies: Sequence[Turn]) -> list[Decision]:
    from qa.engine.batching import MAX_BATCH
    from qa.engine.bundle import Question

    questions = [Question(r.conversation.knowledge_base_id, r.reply_to.text) for r in replies if r.reply_to]
    findings = []
    for start in range(0, len(questions), MAX_BATCH):
        findings += bundle.consider(questions[start : start + MAX_BATCH])
    return [decide_on(finding) for finding in findings]


def _agrees(reply: Turn, decision: Decision) -> bool:
    return (reply.decision, reply.entry_id) == (kind_of(decision), _entry_of(decision))


def _entry_of(decision: Decision) -> int | None:
    return decision.entry_id if isinstance(decision, Answer) else None


def _store(shadow: Shadow, newest: int, differing: Sequence[tuple[Turn, Decision]], report: ShadowReport) -> None:
    with transaction.atomic():
        Disagreement.objects.bulk_create(
            [
                Disagreement(
                    shadow=shadow,
                    reply=reply,
                    decision=kind_of(decision),
                    entry_id=_entry_of(decision),
                    confidence=decision.probability,
                )
                for reply, decision in differing
            ],
            ignore_conflicts=True,
        )
        Shadow.objects.filter(pk=shadow.pk).update(
            last_turn=newest,
            num_compared=F("num_compared") + report.num_compared,
            num_skipped=F("num_skipped") + report.num_skipped,
        )
    logger.info("shadow %s: %d compared, %d differ", shadow, report.num_compared, report.num_disagreed)
