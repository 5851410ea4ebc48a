"""Training on a snapshot: on exactly its rows, to the same weights, whatever the database says meanwhile."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from nlp.artifacts import MANIFEST
from nlp.exceptions import TrainingCancelled, TrainingDiverged
from qa.exceptions import NothingToTrainOn, SnapshotWithdrawn
from qa.models import Entry, KnowledgeBase, Label, ReviewItem, Snapshot, Term
from qa.services.reviewing import NewJudgement, review_item
from qa.services.snapshots.material import material_of
from qa.services.snapshots.reading import read_dataset
from qa.services.snapshots.workflow import make_snapshot
from qa.services.training import TrainingWatch, train_encoder
from tests.factories import make_entry
from tests.qa.conftest import Prepare
from tests.qa.services.test_training import QUICK, Stages, live, make_base


@pytest.fixture
def reviewed(db: None, prepare: Prepare) -> Snapshot:
    """Give an installation with two reviewed utterances, one of an entry and one to be declined, and its snapshot."""
    base = make_base("small", 3, 4)
    entry = Entry.objects.get(external_id="small-0")
    reviewer = User.objects.create(username="reviewer")
    for text, label in (("ours", Label.ENTRY), ("theirs", Label.OUT_OF_SCOPE)):
        item = ReviewItem.objects.create(
            knowledge_base=base,
            text=f"{text} at <phone>",
            key=text,
            proposal=label,
            refreshed_at=timezone.now(),
            proposed_entry=entry if label == Label.ENTRY else None,
        )
        item.occurrences.create(conversation_digest="a", text=item.text, key=text, asked_at=timezone.now())
        review_item(item_id=item.pk, reviewer=reviewer, judgement=NewJudgement(ReviewItem.State.CONFIRMED))
    prepare("small")
    return make_snapshot()[0]


def test_reviewed_rows_of_entries_are_examples_and_what_is_declined_is_none(reviewed: Snapshot) -> None:
    dataset = read_dataset()
    material = material_of(dataset)
    entry = Entry.objects.get(external_id="small-0")
    by_text = {example.text: example.label for example in material.examples}
    assert by_text["ours at"] == entry.pk
    assert "theirs at" not in by_text
    assert len(material.examples) == len(dataset.rows) - 1 == len(material.shown_texts)
    assert {"ours at", "theirs at"} < set(material.texts)


def test_a_text_is_varied_by_the_jargon_of_its_own_knowledge_base(db: None) -> None:
    for slug, alias in (("pumps", "compressor"), ("cars", "fuel pump")):
        base = KnowledgeBase.objects.create(slug=slug, name=slug, default_language="en")
        make_entry(base, f"{slug}-1", "pump hums", "Answer.", f"the pump of {slug}")
        term = Term.objects.create(knowledge_base=base, text="pump", status=Term.Status.APPROVED)
        term.aliases.create(text=alias)
    lexicons = material_of(read_dataset()).lexicon_by_text
    assert lexicons.keys() == {"the pump of pumps", "the pump of cars"}  # both say that a pump hums
    assert "compressor" in lexicons["the pump of pumps"].surfaces
    assert "fuel pump" in lexicons["the pump of cars"].surfaces


def test_a_snapshot_is_trained_on_as_it_was(reviewed: Snapshot, tiny_installation: Path) -> None:
    chosen: list[Snapshot] = []
    candidates: list[str] = []
    watch = TrainingWatch(snapshot_chosen=chosen.append, candidate_ready=candidates.append)
    first = train_encoder(training=QUICK, progress=Stages(), watch=watch)
    assert (chosen, candidates) == ([reviewed], [first.model_fingerprint])
    manifest = json.loads((tiny_installation / "models" / first.model_fingerprint / MANIFEST).read_text())
    assert manifest["training"]["snapshot"] == reviewed.sha256

    base = Entry.objects.get(external_id="small-0").knowledge_base
    make_entry(base, "new", "where is the moon", "Up.", "moon where", "the moon please", "how high is the moon")
    Term.objects.create(knowledge_base=base, text="moon")
    again = train_encoder(training=QUICK, progress=Stages(), snapshot=reviewed.sha256)
    assert again.model_fingerprint == first.model_fingerprint
    other = train_encoder(training=QUICK, progress=Stages())
    assert other.model_fingerprint != first.model_fingerprint
    assert train_encoder(
        training=replace(QUICK, seed=1), progress=Stages(), snapshot=reviewed.sha256
    ).model_fingerprint not in {first.model_fingerprint, other.model_fingerprint}


def test_a_withdrawn_snapshot_is_not_trained_on(reviewed: Snapshot) -> None:
    Snapshot.objects.update(withdrawn_at=timezone.now())
    with pytest.raises(SnapshotWithdrawn, match="Make a new one"):
        train_encoder(training=QUICK, progress=Stages(), snapshot=reviewed.sha256)


def test_one_entry_with_examples_is_nothing_to_train_on(reviewed: Snapshot) -> None:
    Entry.objects.exclude(external_id="small-0").update(is_out_of_scope=True)
    with pytest.raises(NothingToTrainOn):
        train_encoder(training=QUICK, progress=Stages())


def test_a_training_cancelled_at_its_end_is_not_released(reviewed: Snapshot) -> None:
    before, steps = live(), []
    watch = TrainingWatch(step_done=lambda done: steps.append(done.step), is_cancelled=lambda: bool(steps))
    with pytest.raises(TrainingCancelled, match="not released"):
        train_encoder(training=replace(QUICK, max_steps=1), progress=Stages(), watch=watch)
    assert (live(), steps) == (before, [1])


def test_an_operation_that_gives_infinity_is_named(reviewed: Snapshot) -> None:
    with pytest.raises(TrainingDiverged, match=r"Training diverged: \S+ gave \S*(Inf|NaN)"):
        train_encoder(
            training=replace(QUICK, learning_rate=1e38, epochs=5),
            progress=Stages(),
            debug_numerics=True,
        )
    assert train_encoder(training=QUICK, progress=Stages()).num_steps > 0  # the check is off again
