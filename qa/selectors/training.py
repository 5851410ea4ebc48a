"""Trainings and releases as `/learning/models/` shows them, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from qa import engine
from qa.models import LiveRelease, Release, ReviewItem, Snapshot, TrainingJob
from qa.selectors.shadow import ShownCandidate, ShownShadow, show_candidates, show_shadow

NUM_JOBS = 15
NUM_RELEASES = 10
ABOUT_MODELS = (
    Release.Reason.MODEL,
    Release.Reason.CALIBRATION,
    Release.Reason.PROMOTION,
    Release.Reason.ROLLBACK,
)
"""Why releases are made that change how questions are understood; edits of knowledge make many more."""


@dataclass(frozen=True)
class ShownFigure:
    """One knowledge base's held-out questions under the live and the candidate model; shares 0..1."""

    knowledge_base: str
    num_questions: int
    live_top1: float
    candidate_top1: float
    live_joint: float
    candidate_joint: float


@dataclass(frozen=True)
class ShownJob:
    """One training.

    Attributes:
        state: As the database has it; `state_words` is for people.
        stage: What it does just now, in words.
        eta_s: Seconds that the steps will still take; None before the first.
        history: What happened at its attempts, in words.
        has_report: Whether there is a report page.
    """

    id: int
    state: str
    state_words: str
    trigger: str
    asked_by: str
    snapshot: str
    num_train: int | None
    attempts: int
    stage: str
    step: int
    num_steps: int
    loss: float | None
    eta_s: float | None
    candidate: str
    release: int | None
    figures: tuple[ShownFigure, ...]
    history: tuple[str, ...]
    has_report: bool
    created_at: str
    finished_at: str


@dataclass(frozen=True)
class ShownRelease:
    """One release that changed the model or its confidence.

    Attributes:
        since: When the live one went live; empty for others.
        can_restore: Whether it had another model or other thresholds than what is live.
        restores: The release whose model and thresholds it took up again.
        job: The training that the model came of.
    """

    number: int
    is_live: bool
    since: str
    can_restore: bool
    restores: int | None
    reason: str
    model: str
    snapshot: str
    job: int | None
    figures: tuple[ShownFigure, ...]
    has_report: bool
    created_at: str


@dataclass(frozen=True)
class ShownModels:
    """All that the page shows.

    Attributes:
        num_new_reviews: What was reviewed since the last training was asked for.
        trouble: Why the process that shows this does not answer with the live release; empty when it does.
        shadow: What runs beside the live model.
        candidates: What could.
    """

    jobs: tuple[ShownJob, ...]
    releases: tuple[ShownRelease, ...]
    num_new_reviews: int
    trouble: str
    shadow: ShownShadow | None
    candidates: tuple[ShownCandidate, ...]


def show_models() -> ShownModels:
    """Read the latest trainings and releases."""
    jobs = list(TrainingJob.objects.select_related("snapshot", "asked_by", "release")[:NUM_JOBS])
    reviewed = ReviewItem.objects.labelled()
    if jobs:
        reviewed = reviewed.filter(reviewed_at__gt=jobs[0].created_at)
    shown = tuple(_show_job(job) for job in jobs)
    beside = (show_shadow(), show_candidates())
    return ShownModels(shown, _show_releases(), reviewed.count(), _trouble(), *beside)


def _trouble() -> str:
    report = engine.readiness()
    return "" if report.is_ready and report.detail == "ok" else report.detail


def show_job(job: TrainingJob) -> ShownJob:
    """Return one training as the page shows it."""
    return _show_job(TrainingJob.objects.select_related("snapshot", "asked_by", "release").get(pk=job.pk))


def report_of(job_id: int) -> str | None:
    """Return where a training's report is, below VAR_DIR/reports; None when it has none."""
    return TrainingJob.objects.filter(pk=job_id).exclude(report_path="").values_list("report_path", flat=True).first()


def _show_job(job: TrainingJob) -> ShownJob:
    return ShownJob(
        id=job.pk,
        state=job.state,
        state_words=job.get_state_display(),
        trigger=job.get_trigger_display(),
        asked_by=job.asked_by.get_username() if job.asked_by else "",
        snapshot=_short(job.snapshot),
        num_train=job.snapshot.num_train if job.snapshot else None,
        attempts=job.attempts,
        stage=_stage(job.stage) if job.slot else "",
        step=job.step,
        num_steps=job.num_steps,
        loss=job.loss,
        eta_s=job.eta_s,
        candidate=job.candidate,
        release=job.release.number if job.release and job.state == TrainingJob.State.DONE else None,
        figures=_figures(job.report),
        history=tuple(_words(line) for line in job.history),
        has_report=bool(job.report_path),
        created_at=job.created_at.isoformat(timespec="seconds"),
        finished_at=job.finished_at.isoformat(timespec="seconds") if job.finished_at else "",
    )


def _show_releases() -> tuple[ShownRelease, ...]:
    live = LiveRelease.objects.select_related("release").first()
    about_models = Q(reason__in=ABOUT_MODELS) | Q(pk=live.release_id if live else None)
    releases = list(Release.objects.filter(about_models).exclude(model_fingerprint="")[:NUM_RELEASES])
    trained = TrainingJob.objects.filter(candidate__in={r.model_fingerprint for r in releases}).order_by("pk")
    job_of = {job.candidate: job for job in trained.select_related("snapshot")}
    return tuple(_show_release(release, job_of.get(release.model_fingerprint), live) for release in releases)


def _show_release(release: Release, job: TrainingJob | None, live: LiveRelease | None) -> ShownRelease:
    now = live.release if live else None
    had = (release.model_fingerprint, release.calibrations)
    return ShownRelease(
        number=release.number,
        is_live=release == now,
        since=live.since.isoformat(timespec="seconds") if live and release == now else "",
        can_restore=now is not None and had != (now.model_fingerprint, now.calibrations),
        restores=release.restores,
        reason=release.get_reason_display(),
        model=release.model_fingerprint,
        snapshot=_short(job.snapshot) if job else "",
        job=job.pk if job else None,
        figures=_figures(job.report) if job else (),
        has_report=bool(job and job.report_path),
        created_at=release.created_at.isoformat(timespec="seconds"),
    )


def _short(snapshot: Snapshot | None) -> str:
    return str(snapshot) if snapshot else ""


def _figures(report: Mapping[str, object]) -> tuple[ShownFigure, ...]:
    listed = report.get("comparisons", [])
    return tuple(ShownFigure(**figure) for figure in listed) if isinstance(listed, list) else ()


def _stage(name: str) -> str:
    base, colon, step = name.rpartition(": ")  # the knowledge base first, where the step is one's own
    words = {
        "": _("reading the data"),
        "training the encoder": _("training the encoder"),
        "exporting the encoder": _("exporting the encoder"),
        "encoding phrasings": _("encoding phrasings"),
        "indexing": _("indexing"),
        "weighing": _("comparing the models"),
        "asking the live model": _("asking the live model"),
        "asking the candidate": _("asking the candidate"),
        "fitting the confidence": _("fitting the confidence"),
    }
    return base + colon + words.get(step, step)


def _words(line: Mapping[str, object]) -> str:
    event, detail = str(TrainingJob.Event(str(line["event"])).label), str(line["detail"])
    told = f"{event} {detail}" if detail else event
    return _("Attempt %(attempt)s: %(told)s") % {"attempt": line["attempt"], "told": told}
