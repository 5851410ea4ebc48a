"""Snapshots: the same state, the same hash; every row traceable; damaged, withdrawn and unknown ones refused."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from qa.exceptions import BadMessage, NotFound, SnapshotDamaged, SnapshotWithdrawn
from qa.models import Entry, KnowledgeBase, Occurrence, Phrasing, ReviewItem, Snapshot, Term
from qa.services.forgetting import Forgotten, forget_conversation
from qa.services.reviewing import NewJudgement, add_phrasing, review_item, undo_review
from qa.services.snapshots.reading import Dataset, read_dataset
from qa.services.snapshots.rows import Row, Source, Split
from qa.services.snapshots.schema import to_table
from qa.services.snapshots.storage import MANIFEST, ROWS, folder_of, read_manifest, read_snapshot, write_snapshot
from qa.services.snapshots.workflow import export_snapshot, make_snapshot, open_snapshot
from tests.qa.services.review_fakes import proposed_item

CONFIRM = NewJudgement(ReviewItem.State.CONFIRMED)
OUTSIDE = NewJudgement(ReviewItem.State.CORRECTED, "out_of_scope")


@pytest.fixture(autouse=True)
def var(settings: Settings, tmp_path: Path) -> Path:
    """Keep snapshots of each test apart."""
    settings.VAR_DIR = tmp_path / "var"
    return tmp_path


@pytest.fixture
def reviewer(db: None) -> User:
    """Give somebody who reviews."""
    return User.objects.create(username="reviewer")


@pytest.fixture
def reviewed(knowledge_base: KnowledgeBase, reviewer: User) -> ReviewItem:
    """Give an utterance with a telephone number that was confirmed to belong to `filter`, in train."""
    item = proposed_item(knowledge_base, "it is dusty, call 13812345678")
    item.occurrences.update(conversation_digest="a")  # the hash of "a" is not held out
    return review_item(item_id=item.pk, reviewer=reviewer, judgement=CONFIRM)


def rows_of(sha256: str) -> dict[str, Row]:
    return {row.row: row for row in read_snapshot(sha256).rows}


def test_every_row_can_be_traced(knowledge_base: KnowledgeBase, reviewed: ReviewItem, reviewer: User) -> None:
    outside = proposed_item(knowledge_base, "do you sell bicycles")
    review_item(item_id=outside.pk, reviewer=reviewer, judgement=OUTSIDE)
    snapshot, _dataset = make_snapshot()
    rows = rows_of(snapshot.sha256)
    assert len(rows) == Phrasing.objects.count() + 2
    found = rows[f"review-{reviewed.pk}"]
    assert (found.source, found.split, found.text) == (Source.REVIEWED, Split.TRAIN, "it is dusty, call")
    assert (found.entry, found.entry_id, found.knowledge_base) == (
        "filter",
        Entry.objects.get(external_id="filter").pk,
        "small",
    )
    assert (found.review_item_id, found.phrasing_id) == (reviewed.pk, None)
    assert found.judgement_ids == tuple(reviewed.judgements.values_list("pk", flat=True))
    assert (found.reviewer_ids, found.conversations) == ((reviewer.pk,), ("a",))
    declined = rows[f"review-{outside.pk}"]
    assert (declined.source, declined.entry, declined.entry_id) == (Source.OUT_OF_SCOPE, "", None)
    assert declined.conversations == (outside.occurrences.get().conversation_digest,)
    phrasing = Phrasing.objects.filter(text="washing the air filter").get()
    known = rows[f"phrasing-{phrasing.pk}"]
    assert (known.source, known.phrasing_id, known.judgement_ids) == (Source.PHRASING, phrasing.pk, ())

    manifest = read_manifest(snapshot.sha256)
    assert manifest["counts"] == snapshot.counts
    assert snapshot.counts["source"] == {"out_of_scope": 1, "phrasing": Phrasing.objects.count(), "reviewed": 1}
    assert snapshot.num_train + snapshot.num_dev + snapshot.num_left_out == len(rows) == manifest["num_rows"]
    assert snapshot.counts["entry"]["filter"] == 7 + 1
    assert "two different agents who agree" in str(manifest["consent"])
    assert "never trained on again" in str(manifest["retention"])
    assert not list(folder_of(snapshot.sha256).parent.glob(".*"))


def test_the_same_state_gives_the_same_hash(reviewed: ReviewItem, reviewer: User) -> None:
    first, _dataset = make_snapshot()
    again, _dataset = make_snapshot()
    assert (first, Snapshot.objects.count()) == (again, 1)
    undo_review(item_id=reviewed.pk, reviewer=reviewer)
    without, _dataset = make_snapshot()
    assert without != first
    Term.objects.create(knowledge_base=reviewed.knowledge_base, text="四通阀")
    assert make_snapshot()[0] not in {first, without}


def test_what_is_no_longer_published_is_left_out(reviewed: ReviewItem) -> None:
    Entry.objects.filter(external_id="filter").update(status=Entry.Status.ARCHIVED)
    assert {row.entry for row in read_dataset().rows} == {
        *Entry.objects.published().values_list("external_id", flat=True)
    }


def test_topics_to_decline_are_out_of_scope(reviewed: ReviewItem) -> None:
    Entry.objects.filter(external_id="filter").update(is_out_of_scope=True)
    found = {row.source for row in read_dataset().rows if row.entry == "filter"}
    assert found == {Source.OUT_OF_SCOPE}


def test_a_review_that_became_a_phrasing_is_one_row(reviewed: ReviewItem) -> None:
    phrasing = add_phrasing(item_id=reviewed.pk)
    rows = {row.row: row for row in read_dataset().rows}
    found = rows[f"phrasing-{phrasing.pk}"]
    assert (found.review_item_id, found.conversations, len(found.judgement_ids)) == (reviewed.pk, ("a",), 1)
    assert f"review-{reviewed.pk}" not in rows


def test_a_review_that_says_the_same_as_a_phrasing_is_one_row(reviewed: ReviewItem) -> None:
    Phrasing.objects.create(entry=reviewed.entry, language="en", text="It is DUSTY, call")
    rows = [row for row in read_dataset().rows if row.text == "it is dusty, call"]
    assert [(row.source, row.review_item_id) for row in rows] == [(Source.PHRASING, reviewed.pk)]


def test_an_empty_installation_has_an_empty_snapshot(db: None) -> None:
    snapshot, dataset = make_snapshot()
    assert (dataset, snapshot.num_train) == (Dataset((), {}), 0)
    assert read_snapshot(snapshot.sha256) == dataset


@pytest.mark.parametrize("file", ["rows.parquet", "lexicon.json", "manifest.json"])
def test_a_changed_file_is_refused_and_made_anew(reviewed: ReviewItem, file: str) -> None:
    snapshot, dataset = make_snapshot()
    path = folder_of(snapshot.sha256) / file
    path.write_bytes(path.read_bytes().replace(b"filter", b"felter", 1) + b" ")
    with pytest.raises(SnapshotDamaged, match=f"Snapshot {snapshot} can't be used"):
        open_snapshot(sha256=snapshot.sha256)
    assert make_snapshot() == (snapshot, dataset)
    assert open_snapshot(sha256=snapshot.sha256[:8])[1] == dataset


def test_a_folder_under_another_name_is_refused(reviewed: ReviewItem) -> None:
    snapshot, _dataset = make_snapshot()
    other = "0" * 64
    folder_of(snapshot.sha256).rename(folder_of(other))
    with pytest.raises(SnapshotDamaged, match=r"manifest\.json was changed"):
        read_snapshot(other)


@pytest.mark.parametrize("name", ["", "abc", "g" * 64])
def test_unknown_hashes_are_refused(reviewed: ReviewItem, name: str) -> None:
    make_snapshot()
    with pytest.raises(NotFound, match="names no snapshot"):
        open_snapshot(sha256=name)


def test_rows_that_break_the_schema_are_never_written(reviewed: ReviewItem, var: Path) -> None:
    dataset = read_dataset()
    place = next(n for n, row in enumerate(dataset.rows) if row.review_item_id == reviewed.pk)
    broken = {
        "placeholder": {"text": "call <phone>"},
        "rows may not|duplicate|unique": {"row": dataset.rows[0].row},
        "lacks the phrasing": {"judgement_ids": ()},
        "only that, says why": {"left_out": "near_duplicate"},
        "str_matches": {"language": "EN"},
    }
    for complaint, change in broken.items():
        rows = [*dataset.rows]
        rows[place] = replace(rows[place], **change)  # type: ignore[arg-type]
        with pytest.raises(SnapshotDamaged, match=complaint) as refused:
            write_snapshot(Dataset(tuple(rows), dataset.terms))
        assert "dusty" not in str(refused.value)
    assert not (var / "var" / "snapshots").exists()


def test_a_conversation_on_two_sides_breaks_the_schema(reviewed: ReviewItem) -> None:
    (row,) = [row for row in read_dataset().rows if row.review_item_id == reviewed.pk]
    other = replace(row, row="review-999", review_item_id=999, split=Split.DEV)
    assert len(to_table([row])) == 1
    with pytest.raises(SnapshotDamaged, match="stands in train and in dev"):
        to_table([row, other])


def test_deleting_a_conversation_withdraws_the_snapshots_that_hold_it(
    knowledge_base: KnowledgeBase, reviewer: User, django_capture_on_commit_callbacks: object
) -> None:
    without, _dataset = make_snapshot()
    item = proposed_item(knowledge_base)
    turn = item.occurrences.get().turn
    assert turn is not None
    review_item(item_id=item.pk, reviewer=reviewer, judgement=CONFIRM)
    held, _dataset = make_snapshot()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        forgotten = forget_conversation(public_id=turn.conversation.public_id)
    assert forgotten == Forgotten(1, 1, 0, num_snapshots=1)
    with pytest.raises(SnapshotWithdrawn, match="conversation that was deleted"):
        open_snapshot(sha256=held.sha256)
    assert not (folder_of(held.sha256) / ROWS).exists()
    assert (folder_of(held.sha256) / MANIFEST).exists()
    assert open_snapshot(sha256=without.sha256)[0] == without
    assert make_snapshot()[0] == without


def test_a_snapshot_that_cannot_be_read_is_withdrawn_until_it_is_made_anew(
    knowledge_base: KnowledgeBase, reviewed: ReviewItem
) -> None:
    snapshot, _dataset = make_snapshot()
    (folder_of(snapshot.sha256) / ROWS).write_bytes(b"no table")
    other = proposed_item(knowledge_base, "where are the bicycles")
    turn = other.occurrences.get().turn
    assert turn is not None
    assert forget_conversation(public_id=turn.conversation.public_id).num_snapshots == 1
    assert make_snapshot()[0] == snapshot
    assert open_snapshot(sha256=snapshot.sha256)[0].withdrawn_at is None


def test_what_is_forgotten_while_it_is_written_is_not_used(
    reviewed: ReviewItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa.services.snapshots import workflow

    def write_slowly(dataset: Dataset) -> str:
        sha256 = write_snapshot(dataset)
        with transaction.atomic():
            Occurrence.objects.all().delete()
            ReviewItem.objects.all().delete()
        return sha256

    monkeypatch.setattr(workflow, "write_snapshot", write_slowly)
    snapshot, dataset = make_snapshot()
    assert all(row.review_item_id is None for row in dataset.rows)
    assert [s.withdrawn_at is None for s in Snapshot.objects.order_by("pk")] == [False, True]
    assert snapshot == Snapshot.objects.get(withdrawn_at=None)


def test_export(reviewed: ReviewItem, tmp_path: Path) -> None:
    snapshot, dataset = make_snapshot()
    lines, table = tmp_path / "rows.jsonl", tmp_path / "rows.parquet"
    for file in (lines, table):
        assert export_snapshot(sha256=snapshot.sha256[:8], file=file) == len(dataset.rows)
    exported = [json.loads(line) for line in lines.read_text().splitlines()]
    assert exported == pq.read_table(table).to_pylist()
    assert [row["row"] for row in exported] == [row.row for row in dataset.rows]
    with pytest.raises(BadMessage, match=r"expected \.parquet or \.jsonl"):
        export_snapshot(sha256=snapshot.sha256, file=tmp_path / "rows.csv")
    with pytest.raises(BadMessage, match="can't be written"):
        export_snapshot(sha256=snapshot.sha256, file=tmp_path / "gone" / "rows.jsonl")
