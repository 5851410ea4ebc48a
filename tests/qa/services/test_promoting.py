"""Promoting what was judged, and going back: model and thresholds return, knowledge stays."""

from pathlib import Path

import pytest
from django.conf import settings

from nlp.exceptions import ModelNotFound
from qa.exceptions import Conflict, NotFound
from qa.models import LiveRelease, Release, Trial
from qa.services.judging import judge_candidate
from qa.services.promoting import live_release, promote_candidate, restore_release
from qa.services.releases import changing_knowledge, release_calibrations, release_model

pytestmark = pytest.mark.django_db


def silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


def test_rollback_restores_model_and_thresholds_and_leaves_knowledge(two_entries: Release) -> None:
    with changing_knowledge():
        pass
    before = release_calibrations(calibrations={"small": {"bias": 1}})
    release_model(model_fingerprint="newer", calibrations={"small": {"bias": 2}})
    with changing_knowledge() as revision:
        pass
    restored = restore_release(number=None)
    assert restored.source == before
    release = LiveRelease.objects.select_related("release").get().release
    assert release == restored.release
    assert (release.model_fingerprint, release.calibrations) == (two_entries.model_fingerprint, {"small": {"bias": 1}})
    assert (release.knowledge_revision, release.lexicon_revision) == (revision, before.lexicon_revision)
    assert (release.reason, release.restores) == (Release.Reason.ROLLBACK, before.number)


def test_rollback_after_a_rollback_goes_further_back(two_entries: Release) -> None:
    second = release_calibrations(calibrations={"small": {"bias": 1}})
    release_calibrations(calibrations={"small": {"bias": 2}})
    assert restore_release(number=None).source == second
    assert restore_release(number=None).source == two_entries
    with pytest.raises(NotFound, match="No earlier release had another model or other thresholds"):
        restore_release(number=None)


def test_rollback_to_a_number(two_entries: Release) -> None:
    last = release_calibrations(calibrations={"small": {"bias": 2}})
    restore_release(number=two_entries.number)
    assert live_release().calibrations == two_entries.calibrations
    assert restore_release(number=last.number).release.calibrations == last.calibrations


def test_what_can_not_be_restored(two_entries: Release) -> None:
    with pytest.raises(NotFound, match="There is no release 999"):
        restore_release(number=999)
    with pytest.raises(Conflict, match="had no model"):
        restore_release(number=Release.objects.earliest("number").number)
    with pytest.raises(Conflict, match="has the model and thresholds of"):
        restore_release(number=two_entries.number)
    gone = release_model(model_fingerprint="gone")
    release_model(model_fingerprint=two_entries.model_fingerprint)
    live = live_release()
    with pytest.raises(ModelNotFound):
        restore_release(number=gone.number)
    assert live_release() == live


def test_nothing_is_live(db: None) -> None:
    with pytest.raises(NotFound, match="Nothing is live yet"):
        restore_release(number=None)


def test_only_what_was_blessed_against_what_is_live_is_promoted(two_entries: Release) -> None:
    fingerprint = two_entries.model_fingerprint
    with pytest.raises(Conflict, match="has not been judged against what is live"):
        promote_candidate(fingerprint=fingerprint, is_forced=False, progress=silent)
    trial = judge_candidate(candidate_fingerprint=fingerprint, progress=silent).trial
    release = promote_candidate(fingerprint=fingerprint[:5], is_forced=False, progress=silent)
    assert live_release() == release
    assert (release.model_fingerprint, release.reason) == (fingerprint, Release.Reason.PROMOTION)
    Trial.objects.update(is_blessed=False)
    with pytest.raises(Conflict, match=rf"rejected model {fingerprint} \(trial {trial}\)"):
        promote_candidate(fingerprint=fingerprint, is_forced=False, progress=silent)
    assert promote_candidate(fingerprint=fingerprint, is_forced=True, progress=silent) == live_release()


@pytest.mark.parametrize(("given", "words"), [("zz", "There is no model 'zz'"), ("", "Several models begin with ''")])
def test_models_that_are_not_there(two_entries: Release, given: str, words: str) -> None:
    (Path(settings.MODELS_DIR) / "another").mkdir()
    with pytest.raises(NotFound, match=words):
        promote_candidate(fingerprint=given, is_forced=True, progress=silent)
