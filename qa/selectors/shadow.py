"""What runs beside the live model, where they disagree, and what could run, as `/learning/models/` shows it."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from qa.models import Decision, Disagreement, Entry, LiveRelease, Shadow, Trial
from qa.privacy import deidentify, parse_templates

NUM_SHOWN = 20
NUM_CANDIDATES = 5


@dataclass(frozen=True)
class ShownDisagreement:
    """One question; what the customer got, and what the shadow would have said. The question is de-identified."""

    id: int
    text: str
    live: str
    shadow: str
    asked_at: str


@dataclass(frozen=True)
class ShownShadow:
    """The newest shadow, running or not."""

    model: str
    is_running: bool
    started_at: str
    num_compared: int
    num_skipped: int
    num_disagreed: int
    disagreements: tuple[ShownDisagreement, ...]


@dataclass(frozen=True)
class ShownCandidate:
    """A model that could run beside the live one; `trial` is where the judge blessed it."""

    trial: int
    model: str
    judged_at: str


def show_candidates() -> tuple[ShownCandidate, ...]:
    """Read the models that the judge blessed against what is live, that are here and that don't run, newest first."""
    running = set(Shadow.objects.running().values_list("model_fingerprint", flat=True))
    trials = [trial for trial in blessed_trials() if trial.candidate_fingerprint not in running]
    return tuple(
        ShownCandidate(trial.pk, trial.candidate_fingerprint, trial.created_at.isoformat(timespec="seconds"))
        for trial in trials[:NUM_CANDIDATES]
    )


def blessed_trials() -> list[Trial]:
    """Return for each model of this installation its last trial against what is live, if it was blessed in it."""
    live = LiveRelease.objects.select_related("release").first()
    model = live.release.model_fingerprint if live and live.release else ""
    last: dict[str, Trial] = {}
    for trial in Trial.objects.against(model).exclude(candidate_fingerprint=model):
        last.setdefault(trial.candidate_fingerprint, trial)
    here = Path(settings.MODELS_DIR)
    return [one for one in last.values() if one.is_blessed and (here / one.candidate_fingerprint).is_dir()]


def show_shadow() -> ShownShadow | None:
    """Read the newest shadow with its latest disagreements; None where there never was one."""
    shadow = Shadow.objects.first()
    if shadow is None:
        return None
    differing = shadow.disagreements.select_related(
        "entry", "reply__entry", "reply__reply_to", "reply__conversation__knowledge_base"
    )
    return ShownShadow(
        model=shadow.model_fingerprint,
        is_running=shadow.is_running,
        started_at=shadow.started_at.isoformat(timespec="seconds"),
        num_compared=shadow.num_compared,
        num_skipped=shadow.num_skipped,
        num_disagreed=differing.count(),
        disagreements=tuple(_show(one) for one in differing[:NUM_SHOWN]),
    )


def _show(one: Disagreement) -> ShownDisagreement:
    reply = one.reply
    templates = parse_templates(reply.conversation.knowledge_base.number_templates)
    return ShownDisagreement(
        id=one.pk,
        text=deidentify(reply.reply_to.text, templates).text if reply.reply_to else "",
        live=_in_words(reply.decision, reply.entry, reply.confidence),
        shadow=_in_words(one.decision, one.entry, one.confidence),
        asked_at=reply.at.isoformat(timespec="seconds"),
    )


def _in_words(decision: str, entry: Entry | None, confidence: float | None) -> str:
    words = {
        Decision.ANSWER: _("answers %(entry)s") % {"entry": entry.external_id if entry else "–"},
        Decision.CLARIFY: _("asks back"),
        Decision.HAND_OFF: _("hands over"),
    }[Decision(decision)]
    return _("%(words)s (%(percent)d %%)") % {"words": words, "percent": round(100 * (confidence or 0.0))}
