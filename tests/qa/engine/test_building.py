"""Reading what is live: each knowledge base's calibration, with the threshold that its promise needs."""

import json
from dataclasses import replace

import pytest

from nlp.calibration import NEVER, Calibration
from nlp.promises import Promise
from qa.engine.building import read_calibrations
from qa.engine.bundle import DEFAULT_CALIBRATION
from qa.models import KnowledgeBase, Release

FITTED = Calibration(
    ("score",), (0.8,), (0.1,), (1.0,), 0.0, 0.4, 0.2, (Promise(0.9, 0.7, 0.6), Promise(0.95, 0.1, 0.3))
)


def base_of(slug: str, target: float | None) -> KnowledgeBase:
    return KnowledgeBase.objects.create(slug=slug, name=slug, promise_target=target)


def read(target: float | None, **stored: object) -> Calibration:
    """Read the calibration of the knowledge base `a` from a release, as it comes from the database."""
    base = base_of("a", target)
    release = Release.objects.create(
        reason=Release.Reason.CALIBRATION, knowledge_revision=0, lexicon_revision=0, calibrations=stored
    )
    release.refresh_from_db()
    return read_calibrations(release, [base])[base.pk]


@pytest.mark.parametrize(
    ("target", "answer", "clarify"),
    [
        (None, 0.4, 0.2),
        (0.5, 0.7, 0.2),
        (0.9, 0.7, 0.2),
        (0.93, 0.1, 0.1),  # never offered later than answered
        (0.96, NEVER, 0.2),
    ],
)
def test_threshold_comes_from_the_promise(db: None, target: float | None, answer: float, clarify: float) -> None:
    calibration = read(target, a=json.loads(json.dumps(FITTED.to_json())))
    assert (calibration.answer_threshold, calibration.clarify_threshold) == (answer, clarify)
    assert calibration.promises == FITTED.promises


@pytest.mark.parametrize(
    ("target", "answer"), [(None, DEFAULT_CALIBRATION.answer_threshold), (0.9, NEVER), (0.999, NEVER)]
)
def test_default_calibration_can_promise_nothing(db: None, target: float | None, answer: float) -> None:
    calibration = read(target)
    assert calibration == replace(DEFAULT_CALIBRATION, answer_threshold=answer)
    (of_another,) = read_calibrations(Release(calibrations={"a": FITTED.to_json()}), [base_of("b", target)]).values()
    assert of_another == calibration


def test_promise_rests_on_the_surer_calibration_where_there_is_one(db: None) -> None:
    surer = replace(FITTED, features=("margin",), bias=0.5, promises=(Promise(0.9, 0.6, 0.5),))
    stored = json.loads(json.dumps(replace(FITTED, sure=surer).to_json()))
    assert read(0.9, a=stored) == replace(surer, answer_threshold=0.6)
    KnowledgeBase.objects.all().delete()
    assert read(None, a=stored) == replace(FITTED, sure=surer)


def test_each_knowledge_base_has_its_own_promise(db: None) -> None:
    bases = [base_of("a", 0.9), base_of("b", 0.99), base_of("c", 0.9)]
    stored = {"a": FITTED.to_json(), "b": FITTED.to_json()}
    calibrations = read_calibrations(Release(calibrations=stored), bases)
    assert [calibrations[b.pk].answer_threshold for b in bases] == [0.7, NEVER, NEVER]


@pytest.mark.parametrize(("target", "answer"), [(None, DEFAULT_CALIBRATION.answer_threshold), (0.9, NEVER)])
def test_calibration_that_cannot_be_read_gives_way_to_the_default_one(
    db: None, caplog: pytest.LogCaptureFixture, target: float | None, answer: float
) -> None:
    calibration = read(target, a={"promises": [1]})
    assert (calibration.weights, calibration.answer_threshold) == (DEFAULT_CALIBRATION.weights, answer)
    (record,) = caplog.records
    assert (record.levelname, record.args[0]) == ("ERROR", "a")
    assert "stored calibration" in record.getMessage()
