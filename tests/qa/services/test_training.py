"""Training: a model of one's own goes live when held-out phrasings don't suffer, and never otherwise."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.artifacts import MANIFEST
from nlp.exceptions import TrainingDiverged, TrainingImpossible
from nlp.hashing import fingerprint
from nlp.training.datasets import BatchPlan
from nlp.training.settings import TrainingSettings
from qa.engine.building import read_documents
from qa.engine.bundle import DEFAULT_CALIBRATION
from qa.engine.calibrating import held_out_rows
from qa.evaluating.verdicts import Code
from qa.exceptions import NothingToTrainOn
from qa.models import Entry, KnowledgeBase, LiveRelease, Phrasing, PhrasingVector, Release, Trial
from qa.services import judging
from qa.services.learning import live_model, prepare_live_model
from qa.services.releases import release_calibrations
from qa.services.training import train_encoder
from tests.factories import make_entry
from tests.qa.conftest import Prepare

QUICK = TrainingSettings(
    plan=BatchPlan(batch_size=64),
    epochs=1,
    learning_rate=1e-3,
    precision="float32",
    deterministic=False,
    max_tokens=16,
)
FILLERS = ("how", "do i", "the", "my", "please", "why is")


class Stages:
    """Notes what progress is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def __call__(self, stage: str, done: int, of: int) -> None:
        self.told.append((stage, done, of))

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(stage for stage, _, _ in self.told))


def make_base(slug: str, num_entries: int, num_phrasings: int) -> KnowledgeBase:
    """Write entries that have three words of their own each, said in changing ways."""
    base = KnowledgeBase.objects.create(slug=slug, name=slug, default_language="en")
    rng = np.random.default_rng(num_entries)
    for entry in range(num_entries):
        words = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 5)) for _ in range(3)]
        phrasings = [
            f"{rng.choice(FILLERS)} {' '.join(rng.permutation(words)[:2])} {rng.choice(FILLERS)} {number}"
            for number in range(num_phrasings)
        ]
        make_entry(base, f"{slug}-{entry}", f"question {words[0]} {words[1]}", "Answer.", *phrasings)
    return base


def live() -> Release:
    release = LiveRelease.objects.select_related("release").get().release
    assert release is not None
    return release


@pytest.fixture
def installed(db: None, companion: None, prepare: Prepare) -> Release:
    """Give a prepared installation with a knowledge base that is large enough to be compared on."""
    make_base("large", 45, 20)
    return prepare("large")


@pytest.fixture
def small_installed(db: None, prepare: Prepare) -> Release:
    """Give a prepared installation that is too small to hold phrasings out."""
    make_base("small", 3, 4)
    return prepare("small")


def test_trained_model_goes_live(installed: Release, tiny_installation: Path) -> None:
    stages = Stages()
    logs = tiny_installation / "logs"
    outcome = train_encoder(training=QUICK, progress=stages, log_folder=logs)
    documents = read_documents(Entry.objects.values_list("pk", flat=True))
    held_out = set(held_out_rows(documents).tolist())
    assert len(held_out) >= 80

    assert outcome.is_live
    assert outcome.release == live()
    assert outcome.release.model_fingerprint == outcome.model_fingerprint != installed.model_fingerprint
    assert outcome.release.calibrations["large"] != installed.calibrations["large"]
    model = live_model()
    assert model is not None
    assert model.is_trained
    (comparison,) = outcome.comparisons
    assert comparison.knowledge_base == "large"
    assert comparison.num_questions > len(held_out)  # those, and phrasings of entries that are taken out
    assert 0 < comparison.live_top1 < 1
    assert outcome.reasons == ()
    assert live().calibrations == Trial.objects.get(pk=outcome.trial).calibrations
    assert outcome.release.number == installed.number + 1

    record = json.loads((model.folder / MANIFEST).read_text())["training"]
    seen = [[d.text, d.entry_id] for row, d in enumerate(documents) if row not in held_out]
    assert record["data_sha256"] == fingerprint(seen)
    assert record["settings"]["learning_rate"] == QUICK.learning_rate
    assert sum(report["num_steps"] for report in (record["report"], record["companion"]["report"])) == outcome.num_steps
    before, after = (
        json.loads((folder / MANIFEST).read_text())["companion_sha256"]
        for folder in (model.folder.parent / installed.model_fingerprint, model.folder)
    )
    assert before != after
    assert len(record["report"]["dev_accuracies"]) == 1  # what was held out stopped the training, never fed it

    assert stages.names[:2] == ["training the encoder", "exporting the encoder"]
    (all_work,) = {of for stage, _, of in stages.told if stage == "training the encoder"}
    assert ("training the encoder", all_work, all_work) in stages.told
    assert {p.name.split(".")[0] for p in logs.iterdir()} >= {"events", "projector_config"}
    assert len((logs / "metadata.tsv").read_text().splitlines()) == len(documents) + 1
    assert not list((tiny_installation / "checkpoints").glob("*"))


def test_rejected_model_does_not_go_live(installed: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MAX_SIZE_MB", 0.0)  # what else the judge rejects stands in test_judging
    outcome = train_encoder(training=QUICK, progress=Stages())
    assert {reason.code for reason in outcome.reasons} == {Code.SIZE}
    assert not outcome.is_live
    assert outcome.release == live() == installed
    assert not Trial.objects.get(pk=outcome.trial).is_blessed


def test_model_that_is_as_good_goes_live(installed: Release) -> None:
    # Trained by next to nothing, a model scores as the live one does.
    unmoved = replace(QUICK, learning_rate=1e-12, proxy_learning_rate=1e-12, max_steps=1)
    assert train_encoder(training=unmoved, progress=Stages()).is_live
    outcome = train_encoder(training=unmoved, progress=Stages())
    (comparison,) = outcome.comparisons
    assert comparison.candidate_joint == comparison.live_joint
    assert outcome.is_live


def test_small_knowledge_goes_live_without_a_comparison(small_installed: Release) -> None:
    outcome = train_encoder(training=QUICK, progress=Stages())
    assert outcome.comparisons == ()
    assert outcome.is_live
    assert live().model_fingerprint == outcome.model_fingerprint


def test_training_is_reproducible(small_installed: Release) -> None:
    first = train_encoder(training=QUICK, progress=Stages())
    again = train_encoder(training=QUICK, progress=Stages())
    assert again.model_fingerprint == first.model_fingerprint


def test_first_model_of_an_installation_may_be_a_trained_one(db: None, tiny_installation: Path) -> None:
    make_base("small", 3, 4)
    assert not live().model_fingerprint
    outcome = train_encoder(training=QUICK, progress=Stages())
    assert outcome.is_live
    assert live().model_fingerprint == outcome.model_fingerprint


def test_preparing_again_gives_the_pretrained_model_back(small_installed: Release) -> None:
    train_encoder(training=QUICK, progress=Stages())
    assert prepare_live_model(progress=Stages()).model_fingerprint == small_installed.model_fingerprint


def test_knowledge_base_made_while_preparing_waits_for_the_next_release(
    small_installed: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa.engine import building

    build = building.build_bundle

    def build_then_another(*arguments: object, **options: object) -> object:
        bundle = build(*arguments, **options)  # type: ignore[arg-type]
        KnowledgeBase.objects.create(slug="late", name="late", default_language="en")
        return bundle

    monkeypatch.setattr(building, "build_bundle", build_then_another)
    release = prepare_live_model(progress=Stages())
    assert set(release.calibrations) == {"small"}


@pytest.mark.parametrize("num_entries", [0, 1])
def test_nothing_to_train_on_is_said(db: None, tiny_installation: Path, num_entries: int) -> None:
    make_base("small", num_entries, 4)
    with pytest.raises(NothingToTrainOn, match="at least two published entries"):
        train_encoder(training=QUICK, progress=Stages())
    assert not (tiny_installation / "models").exists()


def test_topics_to_decline_are_nothing_to_train_on(small_installed: Release) -> None:
    Entry.objects.exclude(external_id="small-0").update(is_out_of_scope=True)
    with pytest.raises(NothingToTrainOn, match="at least two published entries"):
        train_encoder(training=QUICK, progress=Stages())


def test_topics_to_decline_are_not_trained_on(small_installed: Release) -> None:
    Entry.objects.filter(external_id="small-1").update(is_out_of_scope=True)
    topic = Entry.objects.get(external_id="small-1")
    train_encoder(training=QUICK, progress=Stages())
    model = live_model()
    assert model is not None
    documents = read_documents(Entry.objects.values_list("pk", flat=True))
    seen = [[d.text, d.entry_id] for d in documents if d.entry_id != topic.pk]
    assert len(seen) < len(documents)
    record = json.loads((model.folder / MANIFEST).read_text())["training"]
    assert record["data_sha256"] == fingerprint(seen)
    assert model.source.endswith(f"trained on {len(seen)} phrasings of 2 entries")


def test_archived_entries_are_nothing_to_train_on(small_installed: Release) -> None:
    Entry.objects.update(status=Entry.Status.ARCHIVED)
    with pytest.raises(NothingToTrainOn):
        train_encoder(training=QUICK, progress=Stages())


def test_training_that_diverges_leaves_the_live_model(small_installed: Release, tiny_installation: Path) -> None:
    models = sorted((tiny_installation / "models").iterdir())
    with pytest.raises(TrainingDiverged, match="Lower the learning rate"):
        train_encoder(training=replace(QUICK, learning_rate=1e38, epochs=5), progress=Stages())
    assert live() == small_installed
    assert sorted((tiny_installation / "models").iterdir()) == models


def test_contradictory_settings_are_refused(small_installed: Release) -> None:
    with pytest.raises(TrainingImpossible, match="Expected above 0: epochs"):
        train_encoder(training=replace(QUICK, epochs=0), progress=Stages())
    assert live() == small_installed


def test_several_knowledge_bases_are_compared_each(installed: Release) -> None:
    make_base("small", 3, 4)
    outcome = train_encoder(training=QUICK, progress=Stages())
    assert [c.knowledge_base for c in outcome.comparisons] == ["large"]
    if outcome.is_live:
        fingerprints = PhrasingVector.objects.filter(fingerprint=outcome.model_fingerprint)
        assert fingerprints.count() == Phrasing.objects.count()


def test_confidence_of_another_model_is_forgotten_where_none_can_be_fitted(
    small_installed: Release, caplog: pytest.LogCaptureFixture
) -> None:
    Entry.objects.exclude(external_id__in=["small-0", "small-1"]).update(status=Entry.Status.ARCHIVED)
    # Three phrasings are left of each entry: six questions, where eight right answers are needed.
    Phrasing.objects.filter(source=Phrasing.Source.EDITOR, text__iregex=" [01]$").delete()
    release_calibrations(calibrations={"small": DEFAULT_CALIBRATION.to_json()})
    with caplog.at_level(logging.WARNING):
        outcome = train_encoder(training=QUICK, progress=Stages())
    assert "knowledge base small has the default confidence" in caplog.text
    assert outcome.release.calibrations == {}
