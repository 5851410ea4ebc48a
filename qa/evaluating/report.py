"""The report of one evaluation: a page that opens anywhere, without a network, and the figures as JSON beside it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from nlp.evaluation import Confusion, Difference, Share, Slice
from qa.benchmarking.files import OUT_OF_SCOPE
from qa.evaluating.figures import AblationRow, Figures, Promise
from qa.evaluating.pictures import ablation_picture, confidence_picture, reliability_picture, risk_coverage_picture
from qa.evaluating.running import Evaluation
from qa.exceptions import QAError

PAGE, JSON_FILE = "report.html", "report.json"
NOTHING = "–"


class ReportUnwritable(QAError):
    """Raised when a report can't be written: no space, no permission, a file where the folder should be."""


@dataclass(frozen=True)
class Card:
    """One figure at the top of the page; `note` says what it is, or how sure."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Picture:
    """One picture with the words that say what it shows."""

    title: str
    svg: str
    caption: str


@dataclass(frozen=True)
class Part:
    """One part of all decisions; `kind` names its colour, `share` is its width in per cent."""

    kind: str
    label: str
    num: int
    share: str
    note: str = ""


@dataclass(frozen=True)
class SliceGroup:
    """The slices of one dimension under its heading; each row is a name and its cells: a figure and its notes."""

    title: str
    rows: Sequence[tuple[str, Sequence[tuple[str, Sequence[str]]]]]


@dataclass(frozen=True)
class Mistake:
    """The right entry (empty: there is none), the one that came first, how often, and what was asked."""

    expected: str
    given: str
    num: int
    examples: Sequence[tuple[str, str]]


def write_report(folder: Path, evaluation: Evaluation, *, language: str) -> Path:
    """Write the page and the JSON; what lay there under these names is replaced.

    Args:
        folder: Is made when it is missing. The page quotes what customers wrote: keep it where customers' words may be.
        evaluation: What was found.
        language: `zh-hans` or `en`.

    Returns:
        Path of the page.

    Raises:
        ReportUnwritable: In words.
    """
    with translation.override(language):
        page = render_to_string("qa/evaluation/report.html", {"language": language, **_context(evaluation)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_text(page, encoding="utf-8")
        figures = json.dumps(evaluation.to_json(), indent=2, ensure_ascii=False)
        (folder / JSON_FILE).write_text(figures + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportUnwritable(
            f"The report can't be written to {folder}: {error.strerror}. Name a folder that may be written to."
        ) from error
    return folder / PAGE


def percent(share: float | None) -> str:
    """Return a share as per cent with one decimal; a dash where there is none."""
    return NOTHING if share is None else f"{100 * share:.1f}"


def _context(evaluation: Evaluation) -> dict[str, object]:
    figures, details = evaluation.figures, evaluation.details
    return {
        "subject": evaluation.subject,
        "evaluated_at": date_format(localtime(evaluation.subject.evaluated_at), "Y-m-d H:i"),
        "num_in_scope": figures.n - figures.n_oos,
        "figures": figures,
        "cards": _cards(figures),
        "verdict": _verdict(figures.promise),
        "verdict_kind": {True: "kept", False: "broken", None: "open"}[figures.promise.kept],
        "parts": _parts(figures),
        "pictures": pictures_of(evaluation),
        "ablation_svg": ablation_picture(evaluation.ablations) if len(evaluation.ablations) > 1 else "",
        "ablations": [_ablation(row) for row in evaluation.ablations],
        "slice_groups": list(slice_groups(details.slices)),
        "confused": mistakes_of(details.confused, evaluation),
        "answered_out_of_scope": mistakes_of(details.answered_out_of_scope, evaluation),
    }


def _cards(figures: Figures) -> list[Card]:
    live, oracle = figures.live, figures.oracle
    at_live = _("at the live threshold %(threshold)s") % {"threshold": f"{live.threshold:.2f}"}
    at_best = _("at the best threshold %(threshold)s") % {"threshold": f"{oracle.threshold:.2f}"}
    return [
        Card(_("Top-1"), percent(figures.top1.value), _interval(figures.top1)),
        Card("MRR@10", percent(figures.mrr10), _("mean reciprocal rank")),
        Card("Recall@5", percent(figures.recall5), _("right entry among five")),
        Card("AUROC", percent(figures.auroc), _("in scope against out of scope")),
        Card(_("Joint"), percent(live.measured.joint if live.measured else None), at_live),
        Card(_("Joint"), percent(oracle.measured.joint if oracle.measured else None), at_best),
        Card(_("Joint, natural mix"), percent(live.measured.natural if live.measured else None), at_live),
        Card(_("Calibration error"), percent(figures.ece), _("expected, of P(correct)")),
    ]


def _verdict(promise: Promise) -> str:
    words = {
        "target": percent(promise.target),
        "right": percent(promise.right.value),
        "interval": _interval(promise.right),
        "coverage": percent(promise.coverage),
        "reachable": percent(promise.reachable_coverage),
    }
    if promise.right.value is None:
        return _("No question was answered automatically, so there is no promise to keep.")
    sentences = {
        True: _(
            "The promise of %(target)s %% is kept: %(right)s %% of the automatic answers are right (%(interval)s)."
        ),
        False: _(
            "The promise of %(target)s %% is broken: %(right)s %% of the automatic answers are right (%(interval)s)."
        ),
        None: _(
            "These questions don't tell whether the promise of %(target)s %% is kept: %(right)s %% of the automatic "
            "answers are right (%(interval)s)."
        ),
    }
    covered = _("%(coverage)s %% of the in-scope questions are answered automatically.")
    reachable = (
        _("No threshold would show on these questions that the promise holds.")
        if promise.reachable_coverage is None
        else _("Answering no more than %(reachable)s %% would show on these questions that the promise holds.")
    )
    return " ".join(sentence % words for sentence in (sentences[promise.kept], covered, reachable))


def _parts(figures: Figures) -> list[Part]:
    decisions = figures.decisions
    offered = _("the right entry was offered %(num)d times") % {"num": decisions.right_offered}
    counted = [
        ("right", _("Answered right"), decisions.answered_right, ""),
        ("wrong", _("Answered wrong"), decisions.answered_wrong, ""),
        ("asked", _("Asked back"), decisions.asked_back, offered if decisions.asked_back else ""),
        ("handed", _("Handed off"), decisions.handed_off, ""),
    ]
    return [Part(kind, label, num, f"{100 * num / figures.n:.2f}", note) for kind, label, num, note in counted]


def pictures_of(evaluation: Evaluation) -> list[Picture]:
    """Draw how sure a system is, in three pictures."""
    details, promise = evaluation.details, evaluation.figures.promise
    return [
        Picture(
            _("Reliability"),
            reliability_picture(details.reliability),
            _("P(correct) as stated, against the share that was right. On the dashed line, it is what it says."),
        ),
        Picture(
            _("Risk and coverage"),
            risk_coverage_picture(details.risk_coverage, promise),
            _("Answering more means more wrong answers. The dashed line is the promise, the dot is today."),
        ),
        Picture(
            _("Confidence"),
            confidence_picture(evaluation.asked.outcomes),
            _("What is right should lie to the right of the dashed threshold, everything else to its left."),
        ),
    ]


def _ablation(row: AblationRow) -> tuple[str, list[tuple[str, str]]]:
    cells = [
        (percent(row.top1), _change(row.top1_change)),
        (percent(row.top1_terms), _change(row.top1_terms_change)),
        (percent(row.auroc), _change(row.auroc_change)),
        (percent(row.joint), _change(row.joint_change)),
        (percent(row.ece), ""),
    ]
    return _system_names().get(row.name, row.name), cells


def _system_names() -> dict[str, str]:
    return {
        "full system": _("full system"),
        "no jargon": _("no jargon"),
        "no textual evidence": _("no textual evidence"),
        "no class scores": _("no class scores"),
        "no declining evidence": _("no declining evidence"),
        "no rewriter": _("no rewriter"),
    }


def slice_groups(slices: Sequence[Slice]) -> Iterator[SliceGroup]:
    """Yield the slices, those of a dimension together."""
    titles = {"language": _("Language"), "length": _("Length in characters"), "jargon": _("Jargon")}
    values = {
        "zh": _("Chinese"),
        "en": _("English"),
        "mixed": _("mixed"),
        "other": _("neither"),
        "with": _("with a term of the lexicon"),
        "without": _("without"),
    }
    for dimension, title in titles.items():
        rows = [
            (values.get(one.value, one.value), [_cell(s) for s in (one.top1, one.answered_right, one.declined)])
            for one in slices
            if one.dimension == dimension
        ]
        yield SliceGroup(title, rows)


def mistakes_of(confusions: Sequence[Confusion], evaluation: Evaluation) -> list[Mistake]:
    """Show confusions with a few of their questions."""
    replies = evaluation.asked.replies
    return [
        Mistake(
            "" if one.expected == OUT_OF_SCOPE else one.expected,
            one.given or NOTHING,
            one.num,
            [(replies[row].question.text, percent(replies[row].probability)) for row in one.rows],
        )
        for one in confusions
    ]


def _cell(share: Share) -> tuple[str, Sequence[str]]:
    """Return a share, and what stands below it: how many it was counted on and how sure it is."""
    if share.value is None:
        return NOTHING, ()
    return percent(share.value), (f"{share.num}/{share.of}", _interval(share))


def _interval(interval: Share) -> str:
    return f"{percent(interval.low)}–{percent(interval.high)}"


def _change(difference: Difference | None) -> str:
    if difference is None:
        return ""
    if not (difference.value or difference.low or difference.high):
        return "±0"
    value, low, high = (
        f"{100 * x + 0.0:+.1f}".replace("-", "−") for x in (difference.value, difference.low, difference.high)
    )
    return f"{value} ({low} … {high})"
