"""Going live with a judged model, and taking up the model and thresholds of an earlier release again."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound, Unavailable
from qa.models import LiveRelease, Release, Trial
from qa.progress import Progress
from qa.services.learning import index_and_release
from qa.services.releases import release_model


@dataclass(frozen=True)
class Restored:
    """What is live after a rollback, and what it was before.

    Attributes:
        release: The new one, which answers from now on.
        source: The release whose model and thresholds it has.
    """

    release: Release
    source: Release


def promote_candidate(*, fingerprint: str, is_forced: bool, progress: Progress) -> Release:
    """Go live with a model that the judge has blessed, its confidence fitted to the knowledge as it is now.

    Args:
        fingerprint: A model directory of this installation; its first characters will do.
        is_forced: Whether it may go live without a blessing.
        progress: Called with a stage, what is done of it, and how much it is.

    Raises:
        NotFound: There is no such model, or several.
        Conflict: It has not been judged against what is live, or was rejected, and nobody forces it.
        NLPError: It is damaged; what is live stays.
    """
    fingerprint = whole_fingerprint(fingerprint)
    if not is_forced:
        check_blessing(fingerprint)
    return index_and_release(model_fingerprint=fingerprint, reason=Release.Reason.PROMOTION, progress=progress)


def restore_release(*, number: int | None, reason: Release.Reason = Release.Reason.ROLLBACK) -> Restored:
    """Make a release with an earlier one's model and thresholds; knowledge and terms stay as they are now.

    Args:
        number: Of the earlier release; None for the newest before the live one that differs in model or thresholds.
        reason: What the new release says of itself.

    Raises:
        NotFound: There is no such release, or none to go back to.
        Conflict: It never had a model, or is what is live already.
        NLPError: Its model is missing or damaged; what is live stays.
    """
    from qa.engine.installed import open_installed  # numpy and more: `manage.py releases` stays fast

    live = live_release()
    source = _earlier(live) if number is None else Release.objects.filter(pk=number).first()
    if source is None:
        raise NotFound(
            "No earlier release had another model or other thresholds."
            if number is None
            else f"There is no release {number}. `manage.py releases` lists them."
        )
    if not source.model_fingerprint:
        raise Conflict(f"Release {source.number} had no model. Choose one that had; `manage.py releases` lists them.")
    if _answers_alike(source, live):
        raise Conflict(
            f"Release {live.number}, which is live, has the model and thresholds of {source.number} already."
        )
    open_installed(source.model_fingerprint)
    release = release_model(
        model_fingerprint=source.model_fingerprint,
        calibrations=source.calibrations,
        reason=reason,
        restores=source.number,
    )
    return Restored(release, source)


def take_up_release(*, number: int) -> Release:
    """Roll back to a release from a page, where errors are shown in the reader's language; see `restore_release`.

    Raises:
        NotFound: There is no such release.
        Conflict: It never had a model, or what it had is live already.
        Unavailable: Its model is missing or damaged; what is live stays.
    """
    from nlp.exceptions import NLPError  # numpy: the web process starts without it

    source = Release.objects.filter(pk=number).first()
    if source is None:
        raise NotFound(_("There is no release %(number)d.") % {"number": number})
    if not source.model_fingerprint:
        raise Conflict(_("Release %(number)d had no model.") % {"number": number})
    if _answers_alike(source, live_release()):
        raise Conflict(_("What release %(number)d had is live already.") % {"number": number})
    try:
        return restore_release(number=number).release
    except NLPError as error:
        raise Unavailable(
            _("The model of release %(number)d is missing or damaged; what is live stays.") % {"number": number}
        ) from error


def live_release() -> Release:
    """Return the live release.

    Raises:
        NotFound: There is none.
    """
    live = LiveRelease.objects.select_related("release").first()
    if live is None or live.release is None:
        raise NotFound("Nothing is live yet. Run `manage.py prepare_model` first.")
    return live.release


def _answers_alike(one: Release, other: Release) -> bool:
    return one.model_fingerprint == other.model_fingerprint and one.calibrations == other.calibrations


def _earlier(live: Release) -> Release | None:
    """Find what to go back to; after a rollback, that is what came before the release that it restored."""
    before = Release.objects.filter(number__lt=live.restores or live.number).exclude(model_fingerprint="")
    return next((one for one in before.order_by("-number").iterator() if not _answers_alike(one, live)), None)


def whole_fingerprint(start: str) -> str:
    """Return the name of the one model of this installation that begins like this.

    Raises:
        NotFound: There is none, or several.
    """
    folders = sorted(path.name for path in Path(settings.MODELS_DIR).glob("*") if path.is_dir())
    found = [name for name in folders if name == start] or [
        name for name in folders if name.startswith(start) and not name.startswith(".")
    ]
    if len(found) == 1 and start:
        return found[0]
    given = f"Several models begin with {start!r}" if found else f"There is no model {start!r}"
    known = ", ".join(name for name in folders if not name.startswith(".")) or "none"
    raise NotFound(f"{given}; expected one of {known}.")


def check_blessing(fingerprint: str) -> None:
    """Make sure that the judge has blessed a model against what is live.

    Raises:
        Conflict: It has not been judged against that, or was rejected.
    """
    live = LiveRelease.objects.select_related("release").first()
    model = live.release.model_fingerprint if live and live.release else ""
    trial = Trial.objects.against(model).filter(candidate_fingerprint=fingerprint).first()
    advice = f"Run `manage.py evaluate --gate --candidate {fingerprint}`, or give --unjudged."
    if trial is None:
        raise Conflict(f"Model {fingerprint} has not been judged against what is live. {advice}")
    if not trial.is_blessed:
        raise Conflict(f"The judge rejected model {fingerprint} (trial {trial.pk}). {advice}")
