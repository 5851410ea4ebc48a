"""A promise in words: whether it can be kept with what is known, and what could be promised instead."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from nlp.calibration import Calibration


def describe_promise(calibration: "Calibration", target: float | None) -> str:
    """Say what a knowledge base's calibration means for its owner's promise.

    Args:
        calibration: Of the knowledge base.
        target: Share of automatic answers that must be right, 0..1; None where nothing is promised.
    """
    if target is None:
        return _("No promise is stated: answering and declining are balanced.")
    promises = (calibration.sure or calibration).promises
    kept = next((p for p in promises if p.target >= target - 1e-9), None)
    if kept is not None:
        return _(
            "At least %(target)s of automatic answers are right: kept, answering %(coverage)s of the questions."
        ) % {
            "target": _percent(target),
            "coverage": _percent(kept.coverage),
        }
    if not promises:
        return _(
            "This promise can't be kept with this knowledge, and no lower one either: nothing is answered "
            "automatically. Give the entries more phrasings, or state no promise."
        )
    best = promises[-1]
    return _(
        "This promise (%(target)s) can't be kept with this knowledge: nothing is answered automatically. "
        "At %(possible)s it can, answering %(coverage)s of the questions."
    ) % {"target": _percent(target), "possible": _percent(best.target), "coverage": _percent(best.coverage)}


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
