"""What an owner is told of the promise: it is kept, it can't be but a lower one can, or none can."""

from dataclasses import replace

import pytest
from django.utils import translation

from nlp.calibration import Calibration
from nlp.promises import Promise
from qa.promising import describe_promise

KEPT = (Promise(0.9, 0.6, 0.81234), Promise(0.925, 0.7, 0.75), Promise(0.95, 0.8, 0.005))


def calibration(*promises: Promise) -> Calibration:
    return Calibration(("score",), (0.0,), (1.0,), (1.0,), 0.0, 0.5, 0.25, promises)


@pytest.mark.parametrize(
    ("target", "promises", "words"),
    [
        (None, (), "No promise is stated: answering and declining are balanced."),
        (None, KEPT, "No promise is stated: answering and declining are balanced."),
        (0.9, KEPT, "At least 90 % of automatic answers are right: kept, answering 81.2 % of the questions."),
        (0.8, KEPT, "At least 80 % of automatic answers are right: kept, answering 81.2 % of the questions."),
        (0.925, KEPT, "At least 92.5 % of automatic answers are right: kept, answering 75 % of the questions."),
        (0.93, KEPT, "At least 93 % of automatic answers are right: kept, answering 0.5 % of the questions."),
        (
            0.96,
            KEPT,
            (
                "This promise (96 %) can't be kept with this knowledge: nothing is answered automatically. "
                "At 95 % it can, answering 0.5 % of the questions."
            ),
        ),
        (
            0.999,
            KEPT[:1],
            (
                "This promise (99.9 %) can't be kept with this knowledge: nothing is answered automatically. "
                "At 90 % it can, answering 81.2 % of the questions."
            ),
        ),
        (
            0.5,
            (),
            (
                "This promise can't be kept with this knowledge, and no lower one either: nothing is answered "
                "automatically. Give the entries more phrasings, or state no promise."
            ),
        ),
    ],
)
def test_promise_in_words(target: float | None, promises: tuple[Promise, ...], words: str) -> None:
    with translation.override("en"):
        assert describe_promise(calibration(*promises), target) == words


def test_words_are_of_the_calibration_that_promises_rest_on() -> None:
    both = replace(calibration(*KEPT), sure=calibration(Promise(0.9, 0.6, 0.4)))
    with translation.override("en"):
        assert "kept, answering 40 % of the questions" in describe_promise(both, 0.9)
        assert "(95 %) can't be kept" in describe_promise(both, 0.95)


@pytest.mark.parametrize("target", [None, 0.5, 0.9, 0.91, 0.95, 0.951, 0.999])
def test_words_and_threshold_agree(target: float | None) -> None:
    made = calibration(*KEPT)
    answers = made.keeping(target).answer_threshold <= 1
    with translation.override("en"):
        assert ("can't be kept" in describe_promise(made, target)) is not answers
