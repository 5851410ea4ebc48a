"""A benchmark run on a tiny encoder: what is reported, with and without training, of phrasings and of answers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.pretrained import PretrainedWeights
from nlp.universal import UniversalWeights, read_universal
from qa.benchmarking import contenders
from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.benchmarking.running import run_benchmark
from qa.benchmarking.throw_away import BASE_ID, Outcome, ThrowAwayBase
from qa.engine.bundle import DEFAULT_CALIBRATION
from qa.engine.calibrating import held_out_rows
from tests.nlp.small_training import tiny_start
from tests.nlp.universal_samples import calmed, write_universal

SUBJECTS = ("water leak", "loud noise", "tax invoice", "free warranty", "remote control", "dusty filter")
WAYS = ("{}", "my {} please", "about the {}", "{} what now", "help with {}", "a {} again", "{} in the room", "is it {}")


def quiet(stage: str, done: int, of: int) -> None: ...


@pytest.fixture(scope="module")
def weights() -> PretrainedWeights:
    return tiny_start()


@pytest.fixture(scope="module")
def tiny_universal(tmp_path_factory: pytest.TempPathFactory, weights: PretrainedWeights) -> UniversalWeights:
    folder = tmp_path_factory.mktemp("site-packages")
    return calmed(read_universal(folder, sha256=write_universal(folder, weights)))


KB = [LabelledText(s.replace(" ", "-"), way.format(s)) for s in SUBJECTS for way in WAYS]
STRANGE = ("zeppelin mast", "quokka food", "jazz at dawn", "chess", "9 8 7")


def questions(*ways: str) -> list[LabelledText]:
    known = [LabelledText(s.replace(" ", "-"), way.format(s)) for s in SUBJECTS for way in ways]
    return [*known, *(LabelledText(OUT_OF_SCOPE, ways[0].format(text)) for text in STRANGE)]


TEST = questions("{} today", "why {}", "{} once more")
DEV = questions("{} now", "why {} now", "{} tomorrow")
ANSWERS = [LabelledText(s.replace(" ", "-"), f"The {s} is seen to by our service within a day.") for s in SUBJECTS]


def run(weights: PretrainedWeights, models: Path, **arguments: object) -> dict[str, object]:
    given = {"kb": KB, "test": TEST, "dev": DEV, "target": 0.8, "seed": 0, "progress": quiet, **arguments}
    return run_benchmark(weights=weights, models=models, **given)  # type: ignore[arg-type]


def untimed(report: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in report.items() if k not in {"p50_ms", "p95_ms", "qps", "peak_rss_mb", "train_s"}}


def test_report_holds_what_the_protocol_says(weights: PretrainedWeights, tmp_path: Path) -> None:
    report = run(weights, tmp_path)
    assert json.loads(json.dumps(report)) == report
    assert report.keys() == {
        *("n", "n_oos", "top1", "top1_ci95", "mrr10", "recall5", "auroc", "joint", "joint_natural", "promise"),
        *("p50_ms", "p95_ms", "qps", "train_s", "peak_rss_mb", "model_mb", "seed", "baselines"),
    }
    assert (report["n"], report["n_oos"], report["train_s"]) == (23, 5, None)
    baselines = report["baselines"]
    assert isinstance(baselines, dict)
    assert list(baselines) == ["bm25", "tfidf", "svm", "encoder", "stack"]
    assert {frozenset(b) for b in baselines.values()} == {frozenset(("top1", "mrr10", "recall5", "auroc", "joint"))}
    # The words alone tell these entries apart.
    assert baselines["bm25"]["top1"] == baselines["svm"]["top1"] == 1.0
    assert isinstance(report["top1"], float)
    assert 0.5 < report["top1"] < 1.0  # an encoder that knows nothing is no help
    assert untimed(run(weights, tmp_path)) == untimed(report)


def test_questions_that_must_all_be_declined_rank_nothing(weights: PretrainedWeights, tmp_path: Path) -> None:
    report = run(weights, tmp_path, test=[row for row in TEST if row.label == OUT_OF_SCOPE])
    assert [report[name] for name in ("top1", "top1_ci95", "mrr10", "recall5", "auroc", "joint")] == [None] * 6
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_too_many_entries_are_not_classified(
    weights: PretrainedWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contenders, "MAX_CLASSES", len(SUBJECTS) - 1)
    baselines = run(weights, tmp_path)["baselines"]
    assert isinstance(baselines, dict)
    assert list(baselines) == ["bm25", "tfidf", "svm", "encoder", "stack"]
    assert set(baselines["svm"].values()) == set(baselines["stack"].values()) == {None}
    assert baselines["bm25"]["top1"] == 1.0


def test_promise_without_dev_rests_on_the_knowledge_base_itself(weights: PretrainedWeights, tmp_path: Path) -> None:
    # Its own phrasings, under an encoder that knows nothing, show no 80 %: nothing is answered.
    report = run(weights, tmp_path, dev=None)
    assert report["promise"] == {"target": 0.8, "kept": None, "coverage": 0.0, "right": None}
    lower = run(weights, tmp_path, dev=None, target=0.5)["promise"]
    assert isinstance(lower, dict)
    assert lower["target"] == 0.5


def test_training_is_timed_and_leaves_the_baselines_alone(weights: PretrainedWeights, tmp_path: Path) -> None:
    plain, trained = run(weights, tmp_path), run(weights, tmp_path, train=True)
    assert isinstance(trained["train_s"], float)
    assert trained["train_s"] > 0
    assert trained["baselines"] == plain["baselines"]
    assert len(list(tmp_path.iterdir())) == 2


def base(weights: PretrainedWeights, models: Path, rows: list[LabelledText], **options: bool) -> ThrowAwayBase:
    return ThrowAwayBase(rows, weights, models, seed=0, progress=quiet, **options)


def test_trained_base_answers_with_a_trained_encoder(weights: PretrainedWeights, tmp_path: Path) -> None:
    made = base(weights, tmp_path, KB, train=True)
    assert made.model.is_trained
    assert made.encoder is not made.untrained
    texts = [d.text for d in made.documents]
    assert made.vectors == pytest.approx(made.encoder.encode(texts), abs=1e-6)
    assert not np.allclose(made.vectors, made.untrained.encode(texts), atol=1e-3)
    assert made.bundle.model_fingerprint == made.model.fingerprint
    assert base(weights, tmp_path, KB, train=True).model == made.model


def test_a_quick_training_is_one_of_the_companion(
    weights: PretrainedWeights, tiny_universal: UniversalWeights, tmp_path: Path
) -> None:
    plain = ThrowAwayBase(KB, weights, tmp_path, companion=tiny_universal, seed=0, progress=quiet)
    made = ThrowAwayBase(
        KB, weights, tmp_path, companion=tiny_universal, train=True, quick=True, seed=0, progress=quiet
    )
    texts = [d.text for d in made.documents]
    assert made.model.is_trained
    assert np.array_equal(made.encoder.transformer.encode(texts), plain.encoder.transformer.encode(texts))
    assert not np.allclose(made.vectors, plain.vectors, atol=1e-3)
    assert not base(weights, tmp_path, KB, train=True, quick=True).model.is_trained  # there is no companion


def test_labelled_questions_stop_the_training_and_nothing_is_held_out(
    weights: PretrainedWeights, tmp_path: Path
) -> None:
    many = [LabelledText(row.label, f"{row.text} {n}") for row in KB for n in range(18)]
    made = ThrowAwayBase(many, weights, tmp_path, train=True, dev=[*DEV, *DECLINED], seed=0, progress=quiet)
    assert len(held_out_rows(made.documents)) >= 80
    assert made.model.source.endswith(f"trained on {len(many)} phrasings of {len(SUBJECTS)} entries")
    training = json.loads((made.model.folder / "manifest.json").read_text())["training"]
    assert training["report"]["dev_accuracies"]


def test_untrained_base_has_one_encoder(weights: PretrainedWeights, tmp_path: Path) -> None:
    made = base(weights, tmp_path, KB)
    assert not made.model.is_trained
    assert made.train_s is None
    assert made.encoder is made.untrained


@pytest.mark.parametrize(
    "rows",
    [KB[::8], KB[:8]],
    ids=["one phrasing each", "one entry"],
)
def test_nothing_to_bring_together_is_not_trained(
    weights: PretrainedWeights, tmp_path: Path, rows: list[LabelledText]
) -> None:
    made = base(weights, tmp_path, rows, train=True)
    assert not made.model.is_trained
    assert made.ask(["water leak"])[0].ranked[0].entry_id == 1


def test_held_out_phrasings_are_not_trained_on(weights: PretrainedWeights, tmp_path: Path) -> None:
    many = [LabelledText(row.label, f"{row.text} {n}") for row in KB for n in range(18)]
    few = [row for row in many if row.label in {"water-leak", "loud-noise"}]
    stages: list[str] = []
    made = ThrowAwayBase(
        [*many, *few], weights, tmp_path, train=True, seed=0, progress=lambda stage, _done, _of: stages.append(stage)
    )
    held_out = held_out_rows(made.documents)
    assert len(held_out) >= 80
    training = json.loads((made.model.folder / "manifest.json").read_text())["training"]
    assert training["report"]["dev_accuracies"]  # they were asked after each epoch
    num_seen = len({(d.text, d.entry_id) for row, d in enumerate(made.documents) if row not in set(held_out.tolist())})
    assert made.model.source.endswith(f"trained on {num_seen} phrasings of 6 entries")
    assert "training the encoder" in stages


def test_topics_to_decline_are_questions_also_beside_answers(weights: PretrainedWeights, tmp_path: Path) -> None:
    strange = [LabelledText(OUT_OF_SCOPE, text) for text in STRANGE]
    made = base(weights, tmp_path, [*strange, *ANSWERS], holds_answers=True)
    texts, num = [d.text for d in made.documents], len(strange)
    assert made.vectors[:num] == pytest.approx(made.encoder.encode(texts[:num]), abs=1e-6)
    assert made.vectors[num:] == pytest.approx(made.encoder.encode(texts[num:], passages=True), abs=1e-6)


def test_answers_are_found_by_questions(weights: PretrainedWeights, tmp_path: Path) -> None:
    made = base(weights, tmp_path, ANSWERS, holds_answers=True, train=True)
    assert all(d.is_answer for d in made.documents)
    assert not made.model.is_trained  # there is no question to learn from
    assert made.bundle.calibrations[BASE_ID] == DEFAULT_CALIBRATION
    for number, subject in enumerate(SUBJECTS, start=1):
        (finding,) = made.ask([f"{subject} {subject}"])
        assert finding.ranked[0].entry_id == number
        assert finding.ranked[0].evidence["lexical"] > 0


def test_answers_are_encoded_as_passages(weights: PretrainedWeights, tmp_path: Path) -> None:
    prefixed = replace(weights, prefix="query: ", passage_prefix="passage: ")
    made = base(prefixed, tmp_path, ANSWERS, holds_answers=True)
    texts = [d.text for d in made.documents]
    assert made.vectors == pytest.approx(made.encoder.encode(texts, passages=True), abs=1e-6)
    assert not np.allclose(made.vectors, made.encoder.encode(texts), atol=1e-4)


def test_report_of_a_base_of_answers(weights: PretrainedWeights, tmp_path: Path) -> None:
    report = run(weights, tmp_path, kb=ANSWERS, holds_answers=True)
    assert report["top1"] == 1.0
    assert report["train_s"] is None


DECLINED = [LabelledText(OUT_OF_SCOPE, text) for text in ("a zeppelin mast", "what do quokkas eat", "play some jazz")]


def test_questions_to_decline_of_the_base_are_never_an_answer(weights: PretrainedWeights, tmp_path: Path) -> None:
    made = base(weights, tmp_path, [*KB, *DECLINED])
    topic = made.entry_ids[OUT_OF_SCOPE]
    assert [d.text for d in made.documents if d.is_out_of_scope] == [row.text for row in DECLINED]
    assert {d.entry_id for d in made.documents if d.is_out_of_scope} == {topic}
    findings = made.ask([row.text for row in [*TEST, *DECLINED]])
    assert topic not in {entry.entry_id for finding in findings for entry in finding.ranked}
    # What the base was told to decline scores lower than without.
    without = base(weights, tmp_path, KB).ask([row.text for row in DECLINED])
    told, untold = (
        [finding.ranked[0].evidence["score"] for finding in found] for found in (findings[-len(DECLINED) :], without)
    )
    assert all(lower < higher for lower, higher in zip(told, untold, strict=True))


def test_report_of_a_base_with_questions_to_decline(weights: PretrainedWeights, tmp_path: Path) -> None:
    plain, told = run(weights, tmp_path), run(weights, tmp_path, kb=[*KB, *DECLINED])
    assert (told["n"], told["n_oos"]) == (plain["n"], plain["n_oos"])
    words = ("bm25", "tfidf", "svm")  # the others see through an encoder whose vocabulary has more words now
    baselines = [report["baselines"] for report in (told, plain)]
    assert isinstance(baselines[0], dict)
    assert isinstance(baselines[1], dict)
    assert [baselines[0][name] for name in words] == [baselines[1][name] for name in words]


def test_questions_to_decline_are_not_trained_on(weights: PretrainedWeights, tmp_path: Path) -> None:
    made = base(weights, tmp_path, [*KB, *DECLINED], train=True)
    assert made.model.source.endswith(f"trained on {len(KB)} phrasings of {len(SUBJECTS)} entries")


def test_one_entry_beside_questions_to_decline_is_not_trained(weights: PretrainedWeights, tmp_path: Path) -> None:
    assert not base(weights, tmp_path, [*KB[:8], *DECLINED], train=True).model.is_trained


def test_questions_to_decline_beside_answers_are_questions(weights: PretrainedWeights, tmp_path: Path) -> None:
    made = base(weights, tmp_path, [*ANSWERS, *DECLINED], holds_answers=True)
    assert [(d.is_answer, d.is_out_of_scope) for d in made.documents] == [
        *[(True, False)] * len(ANSWERS),
        *[(False, True)] * len(DECLINED),
    ]


def test_outcome_by_hand() -> None:
    outcome = Outcome(np.array([1, 2, 0, 0]), np.array([0.9, 0.8, 0.1, 0.2]), np.array([True, True, True, False]))
    assert outcome.right.tolist() == [True, False, False, False]
    measured = outcome.measure(0.5)
    assert (measured.top1, measured.mrr10, measured.recall5) == (1 / 3, 0.5, 2 / 3)
    assert measured.auroc == 2 / 3
