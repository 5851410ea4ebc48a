"""Shadows started and stopped, and the worker told of new questions for them; light, the request line imports it."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound, Unavailable
from qa.models import Shadow, Trial, Turn
from qa.selectors.shadow import blessed_trials
from qa.services.jobs import ASK_SHADOW, ask_worker_once

ASK_EVERY_S = 20
"""Questions of so many seconds are asked together: loading nothing, and far from the customer's answer."""


def note_question_for_shadow() -> None:
    """Ask the worker to ask the shadow soon, if one runs."""
    if Shadow.objects.running().exists():
        ask_worker_once(ASK_SHADOW, every_s=ASK_EVERY_S, delay_s=ASK_EVERY_S)


def start_shadow(*, fingerprint: str, is_forced: bool) -> Shadow:
    """Let a blessed model run beside the live one, in place of the one that does.

    Args:
        fingerprint: A model directory of this installation; its first characters will do.
        is_forced: Whether it may run without a blessing.

    Raises:
        NotFound: There is no such model, or several.
        Conflict: It has not been judged against what is live, or was rejected, and nobody forces it.
        NLPError: It is damaged.
    """
    from qa.engine.installed import open_installed  # numpy and more: not on the request line
    from qa.services.promoting import check_blessing, whole_fingerprint

    fingerprint = whole_fingerprint(fingerprint)
    if not is_forced:
        check_blessing(fingerprint)
    open_installed(fingerprint)
    trial = Trial.objects.filter(candidate_fingerprint=fingerprint, kind=Trial.Kind.MODEL).first()
    with transaction.atomic():
        Shadow.objects.select_for_update().running().update(is_running=False)
        return Shadow.objects.create(
            model_fingerprint=fingerprint,
            calibrations=trial.calibrations if trial else {},
            last_turn=Turn.objects.aggregate(newest=Max("pk"))["newest"] or 0,
        )


def run_beside(*, trial_id: int) -> Shadow:
    """Start a shadow from a page, where errors are shown in the reader's language; see `start_shadow`.

    Args:
        trial_id: The trial in which the judge blessed the model.

    Raises:
        NotFound: There is no such trial.
        Conflict: The model was not blessed in it, is not here, is live, or was tried again or against another since.
        Unavailable: It is damaged.
    """
    from nlp.exceptions import NLPError  # numpy: the web process starts without it

    trial = Trial.objects.filter(pk=trial_id).first()
    if trial is None:
        raise NotFound(_("There is no trial %(number)d.") % {"number": trial_id})
    if trial not in blessed_trials():
        raise Conflict(_("The judge has not blessed this model against what is live now."))
    try:
        return start_shadow(fingerprint=trial.candidate_fingerprint, is_forced=False)
    except NLPError as error:
        raise Unavailable(_("The model is damaged; nothing was started.")) from error


def stop_beside() -> Shadow:
    """Stop a shadow from a page, where errors are shown in the reader's language; see `stop_shadow`.

    Raises:
        NotFound: Nothing runs.
    """
    try:
        return stop_shadow()
    except NotFound as error:
        raise NotFound(_("No model runs beside the live one.")) from error


def stop_shadow() -> Shadow:
    """Stop what runs beside the live model; what was compared stays.

    Raises:
        NotFound: Nothing runs.
    """
    with transaction.atomic():
        shadow = Shadow.objects.select_for_update().running().first()
        if shadow is None:
            raise NotFound("No model runs as a shadow. Start one with `manage.py promote --shadow FINGERPRINT`.")
        shadow.is_running = False
        shadow.save(update_fields=["is_running"])
    return shadow
