"""Releases: numbered in the order of their commits, each with what it changed and the rest kept."""

import threading

import pytest
from django.db import connection, connections

from qa.models import KnowledgeBase, LiveRelease, Release
from qa.services.releases import changing_knowledge, changing_lexicon, release_calibrations, release_model


def live() -> Release:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release


def test_each_change_is_one_release_that_keeps_the_rest(db: None) -> None:
    first = release_model(model_fingerprint="m1", calibrations={"a": 1})
    with changing_knowledge() as revision:
        assert revision == 1
    with changing_lexicon() as revision:
        assert revision == 1
    last = release_calibrations(calibrations={"b": 2})
    assert [last.model_fingerprint, last.knowledge_revision, last.lexicon_revision] == ["m1", 1, 1]
    assert last.calibrations == {"a": 1, "b": 2}
    assert last.number == first.number + 3
    assert live() == last
    assert [r.reason for r in Release.objects.order_by("number")] == ["model", "knowledge", "lexicon", "calibration"]


def test_release_model_without_calibrations_keeps_them(db: None) -> None:
    release_model(model_fingerprint="m1", calibrations={"a": 1})
    assert release_model(model_fingerprint="m2").calibrations == {"a": 1}
    assert release_model(model_fingerprint="m3", calibrations={}).calibrations == {}


def test_calibration_of_nothing_forgets_the_one_before(db: None) -> None:
    release_calibrations(calibrations={"a": 1, "b": 2})
    assert release_calibrations(calibrations={"a": None, "c": None}).calibrations == {"b": 2}


def test_change_that_fails_makes_no_release(db: None) -> None:
    before = release_model(model_fingerprint="m1")

    def change() -> None:
        with changing_knowledge():
            KnowledgeBase.objects.create(slug="gone", name="gone")
            raise ValueError("not this time")

    with pytest.raises(ValueError, match="not this time"):
        change()
    assert live() == before
    assert not KnowledgeBase.objects.exists()
    assert Release.objects.count() == 1


def test_changes_inside_one_another_are_told_apart(db: None) -> None:
    with changing_knowledge() as outer, changing_lexicon() as inner:
        pass
    assert (outer, inner) == (1, 1)
    assert [live().knowledge_revision, live().lexicon_revision] == [1, 1]


@pytest.mark.parametrize("num_threads", [2, 8])
def test_publishers_at_once_take_turns(transactional_db: None, num_threads: int) -> None:
    seen: list[int] = []
    errors: list[BaseException] = []
    ready = threading.Barrier(num_threads)

    def publish() -> None:
        try:
            ready.wait(10)
            with changing_knowledge() as revision:
                # Under the lock: nobody else can be between the two lines.
                seen.append(revision)
        except BaseException as error:  # noqa: BLE001  # shown by the assertion below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=publish) for _ in range(num_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert seen == list(range(1, num_threads + 1))
    revisions = Release.objects.order_by("number").values_list("knowledge_revision", flat=True)
    assert list(revisions) == seen
    assert live().knowledge_revision == num_threads


def test_database_is_the_one_that_was_asked_for(db: None, settings: object) -> None:
    # A run under `tests.with_postgresql` that fell back to SQLite would prove nothing.
    wanted = "postgresql" if getattr(settings, "DATABASE_URL", "").startswith("postgres") else "sqlite"
    assert connection.vendor == wanted
