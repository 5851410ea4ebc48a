"""The report of a trial: what the judge found, with pictures, and every question that was gained or lost."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from qa.evaluating.asking import Asked, Reply
from qa.evaluating.figures import detail, measure
from qa.evaluating.report import JSON_FILE, NOTHING, PAGE, Mistake, Picture, ReportUnwritable, mistakes_of, percent
from qa.evaluating.report import pictures_of as pictures_of_evaluation
from qa.evaluating.running import Evaluation, Subject
from qa.evaluating.verdicts import BaseVerdict, Comparison, Standing, Verdict, describe
from qa.evaluating.weighing import Hearing, is_right

DEFAULT_PROMISE = 0.95
"""What the curve of risk is held against where nothing is promised."""
MOST_SHOWN = 200
"""Most gains, and most losses, that are quoted."""


@dataclass(frozen=True)
class Turned:
    """A question that one system has right and the other wrong; empty names where nothing was answered."""

    text: str
    label: str
    live: str
    candidate: str


@dataclass(frozen=True)
class BasePage:
    """What the page shows of one knowledge base.

    Attributes:
        name: Its slug, which names its headings too.
        asked: How many questions from where.
        figures: Rows of a name, the live figure and the candidate's.
        slices: Rows of a kind and its cells.
        pictures: Of the candidate.
        losses, gains: Question by question.
        confused: Entries that the candidate takes for others.
    """

    name: str
    asked: Sequence[tuple[str, int]]
    figures: Sequence[tuple[str, str, str]]
    slices: Sequence[tuple[str, Sequence[str], bool]]
    pictures: Sequence[Picture]
    losses: Sequence[Turned]
    gains: Sequence[Turned]
    confused: Sequence[Mistake]


def write_trial_report(folder: Path, verdict: Verdict, hearings: Sequence[Hearing], *, language: str) -> Path:
    """Write the page and the JSON of a trial.

    Args:
        folder: Is made when it is missing. The page quotes what customers wrote.
        verdict: What was found.
        hearings: Both systems' replies, in the order of the verdict's knowledge bases.
        language: `zh-hans` or `en`.

    Raises:
        ReportUnwritable: In words.
    """
    with translation.override(language):
        context = {
            "language": language,
            "verdict": verdict,
            "judged_at": date_format(timezone.localtime(), "Y-m-d H:i"),
            "reasons": [describe(reason) for reason in verdict.reasons],
            "notes": [describe(note) for note in verdict.notes],
            "latency": NOTHING if verdict.latency_ratio is None else f"{verdict.latency_ratio:.2f}",
            "bases": [_page(*pair, verdict) for pair in zip(verdict.bases, hearings, strict=True)],
        }
        page = render_to_string("qa/evaluation/trial.html", context)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_text(page, encoding="utf-8")
        (folder / JSON_FILE).write_text(json.dumps(verdict.to_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise ReportUnwritable(
            f"The report can't be written to {folder}: {error.strerror}. Make it a folder that may be written to."
        ) from error
    return folder / PAGE


def _page(base: BaseVerdict, hearing: Hearing, verdict: Verdict) -> BasePage:
    asked = [(_kinds()[origin], num) for origin, num in base.num_by_origin.items()]
    if not hearing.docket.questions:
        return BasePage(base.knowledge_base, asked, (), (), (), (), (), ())
    evaluation = _evaluation(hearing, verdict)
    return BasePage(
        base.knowledge_base,
        asked,
        list(_figures(base.live, base.candidate)) if base.live and base.candidate else (),
        [_slice(one) for one in ((base.overall,) if base.overall else ()) + base.slices if _is_told(one)],
        [
            Picture(picture.title, _renamed(picture.svg, base.knowledge_base), picture.caption)
            for picture in pictures_of_evaluation(evaluation)
        ],
        list(_turned(hearing.live, hearing.candidate))[:MOST_SHOWN],
        [
            Turned(one.text, one.label, one.candidate, one.live)
            for one in list(_turned(hearing.candidate, hearing.live))[:MOST_SHOWN]
        ],
        mistakes_of(evaluation.details.confused, evaluation),
    )


def _evaluation(hearing: Hearing, verdict: Verdict) -> Evaluation:
    subject = Subject(
        knowledge_base=hearing.knowledge_base,
        release=verdict.trial,
        model=verdict.candidate_fingerprint,
        knowledge_revision=0,
        lexicon_revision=0,
        file_name="",
        file_sha256=hearing.docket.sha256,
        seed=hearing.seed,
        evaluated_at=timezone.now(),
    )
    asked = hearing.candidate
    figures = measure(asked, target=hearing.promise or DEFAULT_PROMISE)
    return Evaluation(subject, figures, detail(asked), (), asked)


def _figures(live: Standing, candidate: Standing) -> Iterator[tuple[str, str, str]]:
    yield _("Right entry first"), percent(live.top1), percent(candidate.top1)
    yield _("Joint, as decided"), percent(live.joint), percent(candidate.joint)
    yield _("Answers that are right"), percent(live.right_of_answers), percent(candidate.right_of_answers)
    yield _("In-scope questions answered"), percent(live.coverage), percent(candidate.coverage)
    yield _("Calibration error"), percent(live.ece), percent(candidate.ece)
    yield _("Answered wrong"), str(live.answered_wrong), str(candidate.answered_wrong)


def _is_told(one: Comparison) -> bool:
    """Tell whether a slice is worth a row: of entries, only those that are judged or changed."""
    return one.dimension != "entry" or one.is_judged or one.gained + one.lost > 0


def _slice(one: Comparison) -> tuple[str, Sequence[str], bool]:
    cells = (
        str(one.num),
        percent(one.live_right),
        percent(one.candidate_right),
        f"−{one.lost} +{one.gained}",
        f"{one.p:.3f}" if one.is_judged else _("too few"),
        f"{percent(one.live_mrr)} → {percent(one.candidate_mrr)}",
    )
    return _name(one), cells, one.is_worse or one.is_ranked_worse


def _name(one: Comparison) -> str:
    dimensions = {
        "product": _("product line"),
        "language": _("Language"),
        "jargon": _("Jargon"),
        "origin": _("Origin"),
        "entry": _("entry"),
    }
    values = {
        "zh": _("Chinese"),
        "en": _("English"),
        "mixed": _("mixed"),
        "other": _("neither"),
        "with": _("with a term of the lexicon"),
        "without": _("without"),
        "typo": _("with a typo"),
        "very short": _("very short"),
        "out of scope": _("Out of scope"),
        "newest": _("newest reviewed"),
        "all": _("all"),
        **_kinds(),
    }
    value = one.value if one.dimension in {"product", "entry"} else values.get(one.value, one.value)
    return f"{dimensions[one.dimension]}: {value}" if one.dimension in dimensions else value


def _kinds() -> dict[str, str]:
    """Name the origins of questions."""
    return {
        "must": _("must be answered"),
        "file": _("from the operator's file"),
        "reviewed": _("reviewed"),
        "held-out": _("held-out phrasings"),
        "stranger": _("phrasings of entries taken out"),
    }


def _turned(better: Asked, worse: Asked) -> Iterator[Turned]:
    """Yield the questions that only the first one has right."""
    for first, second in zip(better.replies, worse.replies, strict=True):
        if is_right(first) and not is_right(second):
            yield Turned(first.question.text, first.question.label, _given(first), _given(second))


def _given(reply: Reply) -> str:
    if reply.is_answered:
        return reply.given
    return _("asked back") if reply.offered else _("handed off")


def _renamed(svg: str, prefix: str) -> str:
    """Give a picture's ids a prefix of its own: several of its kind stand on one page."""
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
