"""Figures of eight made-up replies, worked out by hand."""

import json

import pytest

from nlp.evaluation import Confusion, Difference, Share
from qa.decision import HandOff
from qa.evaluating.asking import Asked
from qa.evaluating.figures import Decisions, compare, detail, measure
from qa.evaluating.running import FULL
from tests.qa.evaluating.replies import make_asked, make_evaluation

pytestmark = pytest.mark.unit


def test_ranking_is_of_in_scope_questions() -> None:
    figures = measure(make_asked(), target=0.9)
    assert (figures.n, figures.n_oos) == (8, 2)
    assert (figures.top1.num, figures.top1.of) == (3, 6)
    assert figures.mrr10 == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 2 + 0) / 6)
    assert figures.recall5 == 5 / 6
    assert figures.auroc == pytest.approx((2 + 2 + 1 + 1 + 1 + 0) / 12)


def test_decisions_are_counted() -> None:
    joint = pytest.approx(0.8 * 3 / 6 + 0.2 * 1 / 2)
    assert measure(make_asked(), target=0.9).decisions == Decisions(3, 2, 1, 2, 1, joint)


def test_thresholds() -> None:
    figures = measure(make_asked(), target=0.9)
    assert figures.live.threshold == 0.6
    assert figures.live.measured is not None
    assert figures.oracle.measured is not None
    assert figures.live.measured.joint == pytest.approx(0.8 * 3 / 6 + 0.2 * 1 / 2)
    assert figures.oracle.measured.joint >= figures.live.measured.joint


def test_promise_is_open_where_questions_are_few() -> None:
    promise = measure(make_asked(), target=0.9).promise
    assert (promise.right.num, promise.right.of) == (3, 5)
    assert promise.right.low < 0.9 < promise.right.high
    assert (promise.coverage, promise.reachable_coverage, promise.kept) == (4 / 6, None, None)


def test_promise_is_kept_or_broken_where_the_interval_tells() -> None:
    right = list(make_asked().replies[:2]) * 40
    wrong = [make_asked().replies[3]] * 40
    kept, broken = (measure(Asked(tuple(replies), 0.6), target=0.9).promise for replies in (right, wrong))
    assert (kept.kept, kept.reachable_coverage) == (True, 1.0)
    assert (broken.kept, broken.reachable_coverage) == (False, None)


def test_nothing_answered_is_no_promise_broken() -> None:
    promise = measure(make_asked(shift=-0.9), target=0.9).promise
    assert (promise.right, promise.coverage, promise.kept) == (Share(0, 0, None, 0.0, 1.0), 0.0, None)


def test_only_questions_to_be_declined() -> None:
    asked = Asked(make_asked().replies[6:], 0.6)
    figures = measure(asked, target=0.9)
    assert (figures.top1.value, figures.mrr10, figures.recall5, figures.auroc) == (None,) * 4
    assert (figures.live.measured, figures.decisions.joint, figures.promise.coverage) == (None, None, None)


def test_confusions_tell_wrong_entries_from_needless_answers() -> None:
    details = detail(make_asked())
    assert details.confused == (
        Confusion("b", "a", 1, (3,)),
        Confusion("c", "", 1, (5,)),
        Confusion("c", "a", 1, (4,)),
    )
    assert details.answered_out_of_scope == (Confusion("__oos__", "c", 1, (6,)),)


def test_slices_cover_every_question() -> None:
    found = detail(make_asked()).slices
    assert [(s.dimension, s.value, s.top1.num, s.top1.of, s.declined.of) for s in found] == [
        ("language", "en", 2, 3, 1),
        ("language", "other", 0, 1, 0),
        ("language", "zh", 1, 2, 1),
        ("length", "1-10", 2, 4, 1),
        ("length", "11-20", 0, 1, 1),
        ("length", "81+", 1, 1, 0),
        ("jargon", "with", 2, 2, 0),
        ("jargon", "without", 1, 4, 2),
    ]


def test_comparison() -> None:
    full, timid = make_asked(), make_asked(shift=-0.25)
    assert compare(FULL, full, full, seed=0).top1_change is None
    row = compare("timid", timid, full, seed=0)
    assert (row.top1, row.top1_terms, row.top1_change) == (0.5, 1.0, Difference(0.0, 0.0, 0.0))
    assert row.joint_change is not None
    assert row.joint_change.value == pytest.approx(0.8 * -2 / 6 + 0.2 * 1 / 2)
    assert row == compare("timid", timid, full, seed=0)


def test_json_holds_figures_and_no_questions() -> None:
    evaluation = make_evaluation()
    text = json.dumps(evaluation.to_json(), allow_nan=False)
    figures = json.loads(text)
    assert figures["top1"] == 0.5
    assert figures["decisions"]["answered_right"] == 3
    assert figures["promise"]["target"] == 0.9
    assert figures["confused"][0] == {"expected": "b", "given": "a", "num": 1}
    assert [row["name"] for row in figures["ablations"]] == ["full system", "no jargon"]
    assert not any(reply.text in text for reply in evaluation.asked.replies if len(reply.text) > 1)


def test_replies_are_decided_as_for_customers() -> None:
    kinds = [type(reply.decision).__name__ for reply in make_asked().replies]
    assert kinds == ["Answer"] * 4 + ["Clarify", "HandOff", "Answer", "HandOff"]
    assert make_asked().replies[5].decision == HandOff(0.0)
