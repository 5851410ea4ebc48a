"""The follower: an edit answers at once, and gets its class scores within the same second."""

import time
from collections.abc import Callable

import pytest

from qa import engine
from qa.engine.bundle import Bundle, Question
from qa.models import KnowledgeBase, LiveRelease, Release
from qa.selectors.training import show_models
from qa.services.releases import release_calibrations, release_model
from tests.factories import make_entry

EFFECTIVE_S = 1.0
ZEPPELIN = "Which zeppelin mooring mast fits the quokka sanctuary?"


@pytest.fixture
def following(engine_loaded: Release) -> Release:
    """Keep up with the live release, as a web process does; `engine_loaded` closes the engine."""
    engine.load(follow=True)
    return engine_loaded


def live_number() -> int | None:
    return LiveRelease.objects.values_list("release_id", flat=True).get()


def wait_until(is_so: Callable[[Bundle], bool], seconds: float = EFFECTIVE_S) -> Bundle:
    """Look at the bundle in use until it is as expected; fail after so many seconds."""
    started = time.monotonic()
    while not is_so(engine.current()):
        assert time.monotonic() - started < seconds, engine.readiness()
        time.sleep(0.02)
    return engine.current()


def has_class_scores(base: KnowledgeBase, entry_id: int) -> Callable[[Bundle], bool]:
    def is_fitted(bundle: Bundle) -> bool:
        classes = bundle.searcher.partition(base.pk).snapshot.classes
        return classes is not None and entry_id in classes.entry_ids

    return is_fitted


def test_edit_gets_class_scores_within_a_second_under_its_own_release(
    following: Release, knowledge_base: KnowledgeBase
) -> None:
    entry = make_entry(knowledge_base, "zeppelin", ZEPPELIN, "The tall one.")
    renewed = wait_until(has_class_scores(knowledge_base, entry.pk))
    assert renewed.release == live_number() == following.number + 1
    assert renewed.searcher.partition(knowledge_base.pk).delta_size == 0
    assert engine.readiness().detail == "ok"
    (finding,) = renewed.consider([Question(knowledge_base.pk, ZEPPELIN)])
    assert (finding.ranked[0].entry_id, finding.release) == (entry.pk, renewed.release)


def test_edit_answers_before_it_has_class_scores(engine_loaded: Release, knowledge_base: KnowledgeBase) -> None:
    # Without the thread, a load is one step of it: first the edit, then its class scores.
    entry = make_entry(knowledge_base, "zeppelin", ZEPPELIN, "The tall one.")
    engine.load(follow=False)
    first = engine.current()
    assert first.release == live_number()
    assert first.searcher.partition(knowledge_base.pk).delta_size == 1
    assert not has_class_scores(knowledge_base, entry.pk)(first)
    assert first.consider([Question(knowledge_base.pk, ZEPPELIN)])[0].ranked[0].entry_id == entry.pk
    engine.load(follow=False)
    second = engine.current()
    assert second.release == first.release
    assert has_class_scores(knowledge_base, entry.pk)(second)
    engine.load(follow=False)
    assert engine.current() is second


def test_nothing_is_renewed_without_an_edit(following: Release) -> None:
    before = engine.current()
    time.sleep(EFFECTIVE_S)
    assert engine.current() is before
    release = release_calibrations(calibrations={})
    after = wait_until(lambda bundle: bundle.release == release.number)
    assert after.searcher is before.searcher


def test_what_cannot_be_loaded_is_said_on_the_models_page_until_another_release_is_live(following: Release) -> None:
    assert show_models().trouble == ""
    release_model(model_fingerprint="nowhere")
    started = time.monotonic()
    while "nowhere" not in show_models().trouble:
        assert time.monotonic() - started < EFFECTIVE_S
        time.sleep(0.02)
    assert engine.current().release == following.number
    restored = release_model(model_fingerprint=following.model_fingerprint)
    wait_until(lambda bundle: bundle.release == restored.number)
    assert show_models().trouble == ""


def test_promise_takes_effect_within_a_second(following: Release, knowledge_base: KnowledgeBase) -> None:
    from nlp.calibration import NEVER, Calibration
    from nlp.promises import Promise

    fitted = Calibration(("score",), (0.8,), (0.1,), (1.0,), 0.0, 0.4, 0.2, (Promise(0.9, 0.7, 0.6),))
    release_calibrations(calibrations={knowledge_base.slug: fitted.to_json()})

    def answers_from(threshold: float) -> Callable[[Bundle], bool]:
        return lambda bundle: bundle.calibrations[knowledge_base.pk].answer_threshold == threshold

    wait_until(answers_from(0.4))
    for target, threshold in ((0.9, 0.7), (0.95, NEVER), (None, 0.4)):
        KnowledgeBase.objects.update(promise_target=target)
        release_calibrations(calibrations={})
        wait_until(answers_from(threshold))
