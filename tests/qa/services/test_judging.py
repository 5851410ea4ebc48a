"""The judge: sabotage is rejected each time, an honest improvement and an equal are blessed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from qa.evaluating.verdicts import Code, Verdict
from qa.models import Entry, Judgement, KnowledgeBase, Label, LiveRelease, MustAnswer, Release, ReviewItem, Trial
from qa.services import judging
from qa.services.judging import judge, judge_candidate
from qa.services.releases import release_calibrations, release_model
from qa.services.reports import report_folder
from qa.services.snapshots.rows import Split
from qa.services.snapshots.trained import trained_texts
from qa.services.snapshots.workflow import make_snapshot
from tests.qa.evaluating.word_world import (
    SPEED_S,
    Row,
    WordEncoder,
    World,
    contender,
    is_chinese,
    make_world,
    poisoned,
)

pytestmark = pytest.mark.django_db

LIVE, CANDIDATE = "live", "candidate"


def silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def trial(world: World, rows: list[Row] | tuple[Row, ...], *, live_rows: tuple[Row, ...] | None = None) -> Verdict:
    return trial_of(world, WordEncoder(rows), live_rows=live_rows)


def trial_of(world: World, candidate: WordEncoder, *, live_rows: tuple[Row, ...] | None = None) -> Verdict:
    """Judge an encoder against one that learned the world's rows, both calibrated in the same way."""
    from qa.evaluating.contenders import build_contender
    from qa.services.judging import _calibrations

    release = release_model(model_fingerprint=LIVE)
    live = contender(WordEncoder(live_rows or world.rows), LIVE)
    calibrations = _calibrations(build_contender(live, release, progress=silent))
    release = release_calibrations(calibrations=calibrations)
    return judge(
        replace(live, release=release),
        contender(candidate, CANDIDATE),
        release,
        question_set=world.questions,
        file_base=world.base,
        progress=silent,
    )


def codes(verdict: Verdict) -> set[Code]:
    return {reason.code for reason in verdict.reasons}


def test_an_equal_candidate_is_blessed(world: World) -> None:
    verdict = trial(world, world.rows)
    assert verdict.reasons == ()
    assert verdict.is_blessed
    (base,) = verdict.bases
    assert base.overall is not None
    assert (base.overall.gained, base.overall.lost, base.overall.p) == (0, 0, 1.0)
    assert base.num_by_origin["file"] == len(world.questions.questions)
    assert base.num_by_origin["held-out"] >= 80
    assert base.num_by_origin["stranger"] > 0
    assert base.live is not None
    assert base.live.top1 is not None
    assert base.live.top1 > 0.9


def test_an_honest_improvement_is_blessed(world: World) -> None:
    fewer = tuple(row for place, row in enumerate(world.rows) if place % 8)
    verdict = trial(world, world.rows, live_rows=fewer)
    assert verdict.reasons == ()
    (base,) = verdict.bases
    assert base.overall is not None
    assert base.overall.gained > 20 > base.overall.lost


def test_shuffled_labels_of_one_entry(world: World) -> None:
    rng = np.random.default_rng(0)
    entries = [f"e{number}" for number in range(24)]
    rows = [replace(row, entry=str(rng.choice(entries))) if row.entry == "e5" else row for row in world.rows]
    verdict = trial(world, rows)
    assert not verdict.is_blessed
    assert "words, entry e5" in {reason.subject for reason in verdict.reasons if reason.code == Code.SLICE_LOSS}


def test_a_broken_tokenizer(world: World) -> None:
    def pairs(text: str) -> list[str]:
        return [text[start : start + 2] for start in range(0, len(text), 2)]

    assert Code.LOSS in codes(trial_of(world, WordEncoder(world.rows, words=pairs)))


@pytest.mark.parametrize("num_visitors", [1, 50])
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_poisoned_rows(world: World, share: float, num_visitors: int) -> None:
    verdict = trial(world, poisoned(world.rows, share, num_visitors=num_visitors))
    assert Code.LOSS in codes(verdict)
    assert not verdict.is_blessed


def test_a_forgotten_language(world: World) -> None:
    verdict = trial(world, [row for row in world.rows if not is_chinese(row)])
    assert "words, language zh" in {reason.subject for reason in verdict.reasons if reason.code == Code.SLICE_LOSS}


def test_doubled_latency(world: World) -> None:
    verdict = trial_of(world, WordEncoder(world.rows, seconds=4 * SPEED_S))
    assert codes(verdict) == {Code.LATENCY}
    assert verdict.latency_ratio is not None
    assert verdict.latency_ratio > 1.25


def test_a_question_that_must_be_answered_is_lost(world: World) -> None:
    # One word is forgotten: nothing that a test over a thousand questions sees.
    question = world.questions.questions[3]
    entry = Entry.objects.get(external_id=question.label)
    MustAnswer.objects.create(knowledge_base=world.base, entry=entry, text=question.text)
    rows = [row for row in world.rows if row.word != question.text]
    verdict = trial(world, rows)
    assert codes(verdict) == {Code.MUST}
    assert [reason.subject for reason in verdict.reasons] == [f"words, {question.label}"]


def test_a_question_that_was_not_answered_before_is_noted(world: World) -> None:
    MustAnswer.objects.create(knowledge_base=world.base, entry=Entry.objects.get(external_id="e1"), text="zzzzzzzzz")
    verdict = trial(world, world.rows)
    assert verdict.is_blessed
    assert [(note.code, note.subject) for note in verdict.notes] == [(Code.MUST_BEFORE, "words, e1")]


def test_what_was_reviewed_is_asked_but_for_what_the_index_holds(world: World) -> None:
    known, unknown = world.rows[0].word, world.questions.questions[5]
    for text, label in ((known, "e0"), (unknown.text, unknown.label), ("zzzzzzzzz", "")):
        ReviewItem.objects.create(
            knowledge_base=world.base,
            text=text,
            key=text,
            proposal=Label.UNKNOWN,
            state=ReviewItem.State.CORRECTED,
            label=Label.ENTRY if label else Label.OUT_OF_SCOPE,
            entry=Entry.objects.filter(external_id=label).first(),
            refreshed_at="2026-01-01T00:00:00Z",
        )
    verdict = trial(replace(world, questions=replace(world.questions, questions=())), world.rows)
    (base,) = verdict.bases
    assert base.num_by_origin["reviewed"] == 2
    newest = next(one for one in base.slices if (one.dimension, one.value) == ("reviewed", "newest"))
    assert (newest.num, newest.is_judged) == (2, False)
    few = next(note for note in verdict.notes if note.code == Code.FEW)
    assert few.numbers["points"] == pytest.approx(500 / base.num_questions)


def reviewed_as_labelled(world: World, num: int) -> None:
    reviewer = User.objects.create(username="r")
    for question in world.questions.questions[:num]:
        item = ReviewItem.objects.create(
            knowledge_base=world.base,
            text=question.text,
            key=question.text,
            proposal=Label.UNKNOWN,
            state=ReviewItem.State.CORRECTED,
            label=Label.ENTRY,
            entry=Entry.objects.get(external_id=question.label),
            refreshed_at="2026-01-01T00:00:00Z",
        )
        Judgement.objects.create(item=item, by=reviewer, verdict=item.state, label=item.label, entry=item.entry)


@pytest.mark.parametrize("side", ["live", "candidate"])
def test_what_a_model_was_trained_on_is_not_asked(world: World, side: str) -> None:
    reviewed_as_labelled(world, 120)
    snapshot, dataset = make_snapshot()
    held_out = {row.text for row in dataset.rows if row.review_item_id and row.split == Split.DEV}
    assert 0 < len(held_out) < 60
    release = release_model(model_fingerprint=LIVE)
    sides = {name: contender(WordEncoder(world.rows), name) for name in (LIVE, CANDIDATE)}
    sides[side] = replace(sides[side], snapshot=snapshot.sha256)
    judged = judge(
        replace(sides[LIVE], release=release),
        sides[CANDIDATE],
        release,
        question_set=None,
        file_base=None,
        progress=silent,
    )
    assert judged.bases[0].num_by_origin["reviewed"] == len(held_out)


def test_a_snapshot_that_is_gone_is_stood_for_by_what_is_held_out_now(world: World) -> None:
    reviewed_as_labelled(world, 120)
    _snapshot, dataset = make_snapshot()
    held_out = {row.text for row in dataset.rows if row.split == Split.DEV}
    assert trained_texts(["0" * 64, ""]) == {row.text for row in dataset.rows} - held_out
    assert trained_texts([""]) == frozenset()


def test_promise_kept_at_less_coverage(world: World) -> None:
    KnowledgeBase.objects.update(promise_target=0.95)
    rows = poisoned(world.rows, 0.15, num_visitors=50)
    # Its confidence is fitted on what it is worse at, so it answers less, and what it answers is right.
    assert codes(trial(world, rows)) >= {Code.COVERAGE, Code.LOSS}


def test_verdict_is_stored_with_its_report_and_no_text(world: World) -> None:
    rng = np.random.default_rng(0)
    rows = [replace(row, entry=f"e{rng.integers(24)}") if row.entry == "e5" else row for row in world.rows]
    verdict = trial(world, rows)
    row = Trial.objects.get(pk=verdict.trial)
    assert (row.candidate_fingerprint, row.is_blessed) == (CANDIDATE, False)
    assert row.live_release is not None
    assert row.live_release.model_fingerprint == LIVE
    assert row.reasons == row.report["reasons"] == [reason.to_json() for reason in verdict.reasons]
    assert row.calibrations.keys() == {"words"}
    assert verdict.page == report_folder(row.pk) / "report.html"
    page = verdict.page.read_text("utf-8")
    lost = [q.text for q in world.questions.questions if q.label == "e5" and q.text in page]
    assert len(lost) > 5
    stored = json.dumps(row.report) + (report_folder(row.pk) / "report.json").read_text("utf-8")
    assert not any(q.text in stored for q in world.questions.questions)


@pytest.fixture
def installed(two_entries: Release) -> str:
    """Give the fingerprint of a model that is live, with too few phrasings to hold any out."""
    return two_entries.model_fingerprint


def test_model_directory_with_a_missing_file(installed: str) -> None:
    folder = Path(settings.MODELS_DIR)
    shutil.copytree(folder / installed, folder / "damaged")
    (folder / "damaged" / "canaries.json").unlink()
    verdict = judge_candidate(candidate_fingerprint="damaged", progress=silent)
    assert codes(verdict) == {Code.UNLOADABLE}
    assert "missing or added files: canaries.json" in str(verdict.reasons[0].to_json()["words"])
    assert not Trial.objects.get(pk=verdict.trial).is_blessed


def test_model_that_is_not_there(installed: str) -> None:
    verdict = judge_candidate(candidate_fingerprint="nowhere", progress=silent)
    assert codes(verdict) == {Code.UNLOADABLE}


def test_nothing_to_judge_by_is_said(installed: str) -> None:
    verdict = judge_candidate(candidate_fingerprint=installed, progress=silent)
    assert verdict.is_blessed
    assert [note.code for note in verdict.notes] == [Code.NONE]
    assert verdict.latency_ratio is None


@pytest.mark.parametrize(("limit", "code"), [("MAX_SIZE_MB", Code.SIZE), ("MAX_GROWTH", Code.GROWTH)])
def test_size_is_limited(installed: str, monkeypatch: pytest.MonkeyPatch, limit: str, code: Code) -> None:
    monkeypatch.setattr(judging, limit, 0.001)
    assert codes(judge_candidate(candidate_fingerprint=installed, progress=silent)) == {code}


def test_first_model_has_nothing_to_be_worse_than(installed: str) -> None:
    LiveRelease.objects.update(release=None)
    verdict = judge_candidate(candidate_fingerprint=installed, progress=silent)
    assert verdict.is_blessed
    assert [note.code for note in verdict.notes] == [Code.FIRST]
