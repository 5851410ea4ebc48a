"""Releases: every change of what answers customers is one, numbered in the order of commits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from django.db import transaction

from qa.models import LiveRelease, Release
from qa.services.jobs import REFRESH_SNAPSHOTS, ask_worker


@contextmanager
def changing_knowledge() -> Iterator[int]:
    """Open a change of entries: one transaction, one release at its end.

    Writers take turns under the lock of the live row, so that revisions become visible in order.

    Yields:
        The knowledge revision to write on every entry that changes.
    """
    with transaction.atomic():
        live = _locked_live_row()
        revision = (live.release.knowledge_revision if live.release else 0) + 1
        yield revision
        # Read again: a change inside this one may have made a release of its own.
        _go_live(_locked_live_row(), reason=Release.Reason.KNOWLEDGE, knowledge_revision=revision)
        transaction.on_commit(partial(ask_worker, REFRESH_SNAPSHOTS))


@contextmanager
def changing_lexicon() -> Iterator[int]:
    """Open a change of terms: one transaction, one release at its end.

    Yields:
        The new lexicon revision.
    """
    with transaction.atomic():
        live = _locked_live_row()
        revision = (live.release.lexicon_revision if live.release else 0) + 1
        yield revision
        _go_live(_locked_live_row(), reason=Release.Reason.LEXICON, lexicon_revision=revision)


def release_model(
    *,
    model_fingerprint: str,
    calibrations: Mapping[str, object] | None = None,
    reason: Release.Reason = Release.Reason.MODEL,
    restores: int | None = None,
) -> Release:
    """Make a release with another model, and its calibration when there is one; knowledge and terms stay.

    Args:
        model_fingerprint: What answers from now on.
        calibrations: By slug; None keeps what there is.
        reason: Why.
        restores: Number of the release whose model and thresholds these are.
    """
    with transaction.atomic():
        live = _locked_live_row()
        kept = live.release.calibrations if live.release else {}
        return _go_live(
            live,
            reason=reason,
            model_fingerprint=model_fingerprint,
            calibrations=dict(calibrations) if calibrations is not None else kept,
            restores=restores,
        )


def release_calibrations(*, calibrations: Mapping[str, object]) -> Release:
    """Make a release with other thresholds; knowledge bases that are not named keep theirs.

    Args:
        calibrations: By slug; None for a knowledge base whose old one does not hold any more.
    """
    with transaction.atomic():
        live = _locked_live_row()
        both = {**(live.release.calibrations if live.release else {}), **calibrations}
        fitted = {slug: calibration for slug, calibration in both.items() if calibration is not None}
        return _go_live(live, reason=Release.Reason.CALIBRATION, calibrations=fitted)


def _locked_live_row() -> LiveRelease:
    LiveRelease.objects.get_or_create(id=LiveRelease.SINGLETON_ID)
    # No join: PostgreSQL reads the locked row anew after waiting, but joins it with the releases that
    # were there before, and finds none. The release is read by a statement of its own.
    return LiveRelease.objects.select_for_update().get()


def _go_live(
    live: LiveRelease,
    *,
    reason: Release.Reason,
    knowledge_revision: int | None = None,
    lexicon_revision: int | None = None,
    model_fingerprint: str | None = None,
    calibrations: Mapping[str, object] | None = None,
    restores: int | None = None,
) -> Release:
    before = live.release or Release(knowledge_revision=0, lexicon_revision=0)
    release = Release.objects.create(
        model_fingerprint=before.model_fingerprint if model_fingerprint is None else model_fingerprint,
        knowledge_revision=before.knowledge_revision if knowledge_revision is None else knowledge_revision,
        lexicon_revision=before.lexicon_revision if lexicon_revision is None else lexicon_revision,
        calibrations=before.calibrations if calibrations is None else calibrations,
        reason=reason,
        restores=restores,
    )
    live.release = release
    live.save()
    return release
